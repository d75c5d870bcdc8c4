import os
import posixpath
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.runtime.files import EnvironmentFiles

SPELLINGS_OF_X = ["/tmp/x", "//tmp/x", "/tmp//x", "/tmp/./x", "/./tmp/x", "/tmp/../tmp/x", "/var/../tmp/x"]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[EnvironmentFiles]:
    """The files of an environment, with no door open."""
    files = EnvironmentFiles(task_root=tmp_path / "task", visible=[tmp_path])
    yield files
    files.discard()


@pytest.mark.parametrize("spelling", SPELLINGS_OF_X)
def test_every_absolute_spelling_of_tmp_leads_to_the_same_place(files: EnvironmentFiles, spelling: str) -> None:
    """However ``/tmp/x`` is spelled, it is the ``x`` of the environment's own directory."""
    assert os.path.normpath(files.real(spelling)) == str(files.tmp / "x")


@pytest.mark.parametrize("spelling", ["/tmp", "/tmp/", "//tmp"])
def test_tmp_itself_leads_to_the_directory(files: EnvironmentFiles, spelling: str) -> None:
    """``/tmp`` and ``/tmp/`` are the environment's own directory."""
    assert Path(files.real(spelling)) == files.tmp


def test_the_kind_of_path_is_kept(files: EnvironmentFiles) -> None:
    """Bytes stay bytes; a path object becomes the string it stands for."""
    place = str(files.tmp / "x")
    assert files.real(b"/tmp/x") == os.fsencode(place)
    assert files.real(Path("/tmp/x")) == place


@pytest.mark.parametrize(
    "path",
    ["/", "/etc/hosts", "/tmpfile", "/var/tmp/x", "/home/tmp/x", "/tmp/../etc", "relative/tmp/x", "", b"/etc", 3, None],
)
def test_other_paths_are_returned_untouched(
    files: EnvironmentFiles, path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not lie under ``/tmp`` is the very same object afterwards."""
    monkeypatch.chdir("/")  # the tests may be run from below the real /tmp
    assert files.real(path) is path


def test_what_is_no_path_is_left_for_the_function_to_refuse(files: EnvironmentFiles) -> None:
    """Translation raises nothing of its own for an argument that is no path."""
    nonsense = object()
    assert files.real(nonsense) is nonsense


def test_visible_directories_stay_where_they_are(tmp_path: Path) -> None:
    """A visible directory under ``/tmp`` is not translated, a neighbour with a similar name is."""
    files = EnvironmentFiles(task_root=tmp_path, visible=[Path("/tmp/project")])
    inside = "/tmp/project/app.py"
    assert files.real(inside) is inside
    assert files.real("/tmp/project") == "/tmp/project"
    assert files.real("/tmp/project-2") == f"{files.tmp}/project-2"
    assert files.real("/tmp/x/../project/app.py") == "/tmp/x/../project/app.py"
    files.discard()


def test_tmp_as_a_visible_directory_is_ignored(tmp_path: Path) -> None:
    """A project that lies directly in ``/tmp`` does not make the real ``/tmp`` visible."""
    files = EnvironmentFiles(task_root=Path("/tmp"), visible=[Path("/tmp"), Path("/")])
    assert files.real("/tmp/x") == f"{files.tmp}/x"
    files.discard()


def test_the_real_directory_is_not_translated_again(files: EnvironmentFiles) -> None:
    """A path that has been translated stays as it is."""
    once = files.real("/tmp/x")
    assert files.real(once) is once


def test_virtual_is_the_inverse_of_real(files: EnvironmentFiles) -> None:
    """A real path below the directory is shown as handler code knows it; others are shown as they are."""
    assert files.virtual(files.real("/tmp/a/b")) == "/tmp/a/b"
    assert files.virtual(str(files.tmp)) == "/tmp"
    assert files.virtual(f"{files.tmp}-other") == f"{files.tmp}-other"


@given(st.lists(st.sampled_from(["", ".", "..", "tmp", "var", "task", "x"]), max_size=8))
def test_translation_agrees_with_normalising_the_path(parts: list[str]) -> None:
    """An absolute path is translated exactly if its normal form lies under ``/tmp`` or ``/var/task``."""
    files = EnvironmentFiles(task_root=Path("/root-of-task"))
    path = "/" + "/".join(parts)
    normal = "/" + posixpath.normpath(path).strip("/.")
    try:
        if normal == "/tmp" or normal.startswith("/tmp/"):
            assert os.path.normpath(files.real(path)) == f"{files.tmp}{normal[4:]}"
        elif (normal == "/var/task" or normal.startswith("/var/task/")) and not os.path.isdir("/var/task"):
            assert os.path.normpath(files.real(path)) == f"/root-of-task{normal[9:]}"
        else:
            assert files.real(path) is path
    finally:
        files.discard()


@pytest.mark.skipif(os.path.isdir("/var/task"), reason="the machine has a task root of its own")
def test_var_task_leads_to_the_task_root(files: EnvironmentFiles, tmp_path: Path) -> None:
    """``/var/task`` is the task root on machines that have none."""
    assert files.real("/var/task/data.json") == str(tmp_path / "task/data.json")
    assert files.real("/var/tasks") == "/var/tasks"


def test_a_relative_path_that_lands_in_tmp_is_translated(
    files: EnvironmentFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path that climbs to ``/tmp`` leads to the environment's own directory."""
    monkeypatch.chdir("/usr")
    assert files.real("../tmp/x") == f"{files.tmp}/x"
    assert files.real("../etc") == "../etc"


def test_climbing_out_of_tmp_leads_to_the_root(files: EnvironmentFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``/tmp`` as working directory, ``..`` is ``/`` and not the parent of the real directory."""
    monkeypatch.chdir(files.tmp)
    assert files.real("../etc/hosts") == "/etc/hosts"
    assert files.real("x") == "x"


def test_without_a_working_directory_relative_paths_are_left_alone(
    files: EnvironmentFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """When the working directory has been removed, the operating system says so and not the translation."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert files.real("../tmp/x") == "../tmp/x"


def test_a_relative_path_with_a_directory_descriptor_is_left_alone(
    files: EnvironmentFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ``dir_fd`` a relative path does not begin at the working directory; an absolute one ignores it."""
    monkeypatch.chdir("/")
    assert files.real("tmp/x", 7) == "tmp/x"
    assert files.real("/tmp/x", 7) == f"{files.tmp}/x"


@pytest.mark.fidelity("V42")
def test_tmp_may_be_written_by_everybody(files: EnvironmentFiles) -> None:
    """The mode of ``/tmp`` is ``drwxrwxrwt``, whatever the umask."""
    umask = os.umask(0o077)
    try:
        assert oct(os.stat(files.tmp).st_mode) == "0o41777"
    finally:
        os.umask(umask)


@pytest.mark.fidelity("V40")
def test_two_environments_have_different_directories(files: EnvironmentFiles, tmp_path: Path) -> None:
    """A new environment starts empty, whatever another has written."""
    (files.tmp / "x").write_text("mine")
    other = EnvironmentFiles(task_root=tmp_path)
    assert list(other.tmp.iterdir()) == []
    other.discard()


def test_threads_that_need_the_directory_at_once_share_it(files: EnvironmentFiles) -> None:
    """The directory is made once, however many threads are the first to need it."""
    barrier = threading.Barrier(8)
    found: list[Path] = []

    def touch() -> None:
        barrier.wait()
        found.append(files.tmp)

    threads = [threading.Thread(target=touch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {files.tmp}


def test_nothing_is_left_after_discard(files: EnvironmentFiles) -> None:
    """Discarding removes the directory, its private parent and read-only content; doing it again is harmless."""
    (files.tmp / "locked/deep").mkdir(parents=True)
    (files.tmp / "locked/deep/file").write_text("x")
    (files.tmp / "dangling").symlink_to("/nowhere")
    for path in ("locked/deep/file", "locked/deep", "locked"):
        (files.tmp / path).chmod(0)
    private = files.tmp.parent
    files.discard()
    files.discard()
    assert not private.exists()


def test_discard_does_not_follow_links(files: EnvironmentFiles, tmp_path: Path) -> None:
    """A link out of the directory is removed; what it points to keeps its content and its mode."""
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o750)
    (outside / "kept").write_text("x")
    (files.tmp / "locked").mkdir()
    (files.tmp / "locked/link").symlink_to(outside)
    (files.tmp / "locked").chmod(0)
    files.discard()
    assert (outside / "kept").read_text() == "x"
    assert outside.stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize("used_before", [True, False])
def test_discarded_files_do_not_come_back(files: EnvironmentFiles, used_before: bool) -> None:
    """After ``discard`` nothing can be written to ``/tmp``, whether or not it had been used."""
    if used_before:
        assert files.tmp.is_dir()
    files.discard()
    with pytest.raises(FileNotFoundError, match="/tmp"):
        os.close(files.open("/tmp/x", os.O_CREAT | os.O_WRONLY))


def test_opening_a_descriptor_names_the_path_that_was_asked_for(files: EnvironmentFiles) -> None:
    """The error of a failed open shows the caller's path and never the real place."""
    with pytest.raises(FileNotFoundError) as caught:
        files.open("/tmp/missing", os.O_RDONLY)
    assert caught.value.filename == "/tmp/missing"


def test_a_process_that_forgets_to_discard_leaves_nothing() -> None:
    """At the end of the test process every directory that is left is removed."""
    program = (
        "from pathlib import Path\n"
        "from pytest_lambda_env.runtime.files import EnvironmentFiles\n"
        "files = EnvironmentFiles(task_root=Path('/'))\n"
        "print(files.tmp.parent, files.tmp.is_dir())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    private, existed = answer.stdout.split()
    assert existed == "True"
    assert not os.path.exists(private)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_leaves_the_files_to_its_parent() -> None:
    """A child process that ends regularly does not remove the directory that its parent still uses."""
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from pytest_lambda_env.runtime.files import EnvironmentFiles\n"
        "files = EnvironmentFiles(task_root=Path('/'))\n"
        "files.tmp\n"
        "child = os.fork()\n"
        "if not child: sys.exit()\n"
        "os.waitpid(child, 0)\n"
        "print(files.tmp.is_dir())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    assert answer.stdout.strip() == "True"


def test_the_machine_s_aws_files_are_not_there(tmp_path: Path) -> None:
    """Profiles and credentials of whoever runs the tests lead nowhere; other dot files are left alone."""
    files = EnvironmentFiles(task_root=tmp_path)
    home = Path("~").expanduser()
    assert not Path(files.real(str(home / ".aws" / "credentials"))).exists()
    assert files.real(str(home / ".aws-sam")) == str(home / ".aws-sam")
    assert files.real(str(home / ".netrc")) == str(home / ".netrc")


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("/tmp", "T"),
        ("/tmp/x", "T/x"),
        ("--out=/tmp/x", "--out=T/x"),
        ("-o/tmp/x", "-oT/x"),
        ("cat /tmp/x >/tmp/y;ls '/tmp/z'", "cat T/x >T/y;ls 'T/z'"),
        ("/tmp/a:/tmp/b", "T/a:T/b"),
        ("file:///tmp/x", "file://T/x"),
        ("open('/tmp/x')", "open('T/x')"),
        ("/var/tmp/x", "/var/tmp/x"),
        ("/tmpfile /home/tmp ./tmp", "/tmpfile /home/tmp ./tmp"),
        ("https://example.com/tmp/x", "https://example.com/tmp/x"),
        ("/tmp/project/x /tmp/project-2/x /tmp/project", "/tmp/project/x T/project-2/x /tmp/project"),
    ],
)
def test_words_of_a_command_line(text: str, translated: str) -> None:
    """Every word below ``/tmp`` is translated, wherever a path may begin; visible directories stay as they are."""
    files = EnvironmentFiles(task_root=Path("/code"), visible=[Path("/tmp/project")])
    try:
        assert files.in_words(text).replace(str(files.tmp), "T") == translated
    finally:
        files.discard()
