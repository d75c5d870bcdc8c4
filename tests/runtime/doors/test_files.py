import builtins
import bz2
import errno
import glob
import gzip
import inspect
import io
import json
import logging
import lzma
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors import files as file_doors
from pytest_lambda_env.runtime.doors.door import Doors
from pytest_lambda_env.runtime.files import EnvironmentFiles


class Killed(BaseException):
    """What a dead life raises."""


class Life:
    """A life that a test can end."""

    over = False

    def check(self) -> None:
        """Raise once the life is over."""
        if self.over:
            raise Killed


@pytest.fixture
def doors() -> Iterator[None]:
    """The doors are open."""
    doors = Doors(file_doors.doors())
    doors.open()
    yield
    doors.close()


@pytest.fixture
def new_files(tmp_path: Path) -> Iterator[Callable[[], EnvironmentFiles]]:
    """Makes the files of one environment after another."""
    made: list[EnvironmentFiles] = []

    def new_files() -> EnvironmentFiles:
        places = [tmp_path, Path(sys.prefix), Path(sys.base_prefix), *map(Path, filter(os.path.isabs, sys.path))]
        made.append(EnvironmentFiles(task_root=tmp_path / "task", visible=places, scratch=[tmp_path]))
        return made[-1]

    yield new_files
    for files in made:
        files.discard()


@pytest.fixture
def files(doors: None, new_files: Callable[[], EnvironmentFiles]) -> EnvironmentFiles:
    """The files of an environment, with the doors open."""
    return new_files()


@contextmanager
def inside(files: EnvironmentFiles, life: Life | None = None) -> Iterator[None]:
    """What runs here is handler code of the environment with these files."""
    outer = current.files, current.life
    current.files, current.life = files, life or Life()
    try:
        yield
    finally:
        current.files, current.life = outer


@pytest.fixture
def handler(files: EnvironmentFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[EnvironmentFiles]:
    """The test's body is handler code; the working directory is given back."""
    monkeypatch.chdir(tmp_path)
    with inside(files):
        yield files


@contextmanager
def outside() -> Iterator[None]:
    """What runs here is the test's own code."""
    outer = current.files, current.life
    current.files = current.life = None
    try:
        yield
    finally:
        current.files, current.life = outer


def real_content(files: EnvironmentFiles, name: str) -> str:
    """What a file really contains, seen from outside."""
    with outside():
        return (files.tmp / name).read_text()


# ------------------------------------------------------------------------------------------------- open and pathlib


@pytest.mark.fidelity("V40")
def test_a_file_in_tmp_persists_and_the_real_tmp_is_untouched(files: EnvironmentFiles, tmp_path: Path) -> None:
    """What one invocation writes to ``/tmp``, the next one reads; the machine's own ``/tmp`` never sees it."""
    path = f"/tmp/proof-{tmp_path.name}"
    with inside(files), open(path, "w") as file:
        file.write("warm")
    with inside(files), open(path) as file:
        assert file.read() == "warm"
    assert not os.path.exists(path)


@pytest.mark.fidelity("V40")
def test_two_environments_do_not_see_each_other(
    files: EnvironmentFiles, new_files: Callable[[], EnvironmentFiles]
) -> None:
    """A second environment's ``/tmp`` is empty."""
    with inside(files):
        Path("/tmp/x").write_text("mine")
    with inside(new_files()):
        assert os.listdir("/tmp") == []
        assert not Path("/tmp/x").exists()


@pytest.mark.parametrize("path", ["/tmp/x", b"/tmp/x", Path("/tmp/x")], ids=["str", "bytes", "Path"])
def test_an_open_file_has_the_name_its_opener_gave(handler: EnvironmentFiles, path: Any) -> None:
    """``f.name`` is the caller's own path and not the real place."""
    with open(path, "w") as file:
        assert file.name == os.fspath(path)
    with io.open(path, "rb") as file:  # noqa: UP020 - the other name is what is under test
        assert file.name == os.fspath(path)


@pytest.mark.parametrize(("mode", "content"), [("w", "new"), ("a", "oldnew"), ("r+", "new")])
def test_open_keeps_its_modes(handler: EnvironmentFiles, mode: str, content: str) -> None:
    """Every way of opening does to an existing file what it always does."""
    Path("/tmp/x").write_text("old")
    with open("/tmp/x", mode) as file:
        file.write("new")
    assert Path("/tmp/x").read_text() == content
    with pytest.raises(FileExistsError, match="'/tmp/x'"), open("/tmp/x", "x"):
        pass


def test_a_new_file_has_the_usual_mode(handler: EnvironmentFiles) -> None:
    """A file made by ``open`` has mode 666 less the umask."""
    umask = os.umask(0o027)
    try:
        with open("/tmp/x", "w"):
            pass
    finally:
        os.umask(umask)
    assert os.stat("/tmp/x").st_mode & 0o777 == 0o640


def test_open_accepts_every_argument_by_name_and_position(handler: EnvironmentFiles) -> None:
    """The replacement has the signature of ``open``; an opener of the caller's is used, and leads through the doors."""
    asked: list[tuple[str, int]] = []

    def opener(path: str, flags: int) -> int:
        asked.append((path, flags))
        return os.open(path, flags, 0o600)

    with open("/tmp/x", "w", -1, "utf-16", None, "\n", True, opener) as file:
        file.write("ä")
    with open(file="/tmp/x", encoding="utf-16", newline="", opener=opener) as file:
        assert file.read() == "ä"
    assert [path for path, _ in asked] == ["/tmp/x", "/tmp/x"]
    assert os.stat("/tmp/x").st_mode & 0o777 == 0o600


def test_open_accepts_a_descriptor(handler: EnvironmentFiles) -> None:
    """A descriptor is wrapped as it is."""
    descriptor = os.open("/tmp/x", os.O_CREAT | os.O_RDWR)
    with os.fdopen(descriptor, "w") as file:
        assert file.name == descriptor
        file.write("x")
    assert real_content(handler, "x") == "x"


@pytest.mark.parametrize(
    "call",
    [
        lambda: open("/tmp/none/x"),  # noqa: SIM115
        lambda: open("/tmp/none/x", "w"),  # noqa: SIM115
        lambda: os.stat("/tmp/none/x"),
        lambda: os.open("/tmp/none/x", os.O_RDONLY),
        lambda: os.listdir("/tmp/none/x"),
        lambda: os.scandir("/tmp/none/x"),
        lambda: os.mkdir("/tmp/none/x"),
        lambda: os.readlink("/tmp/none/x"),
        lambda: os.unlink(path="/tmp/none/x"),
        lambda: Path("/tmp/none/x").read_text(),
        lambda: Path("/tmp/none/x").resolve(strict=True),
        lambda: shutil.rmtree("/tmp/none/x"),
        lambda: shutil.disk_usage("/tmp/none/x"),
    ],
)
def test_errors_name_the_path_that_was_asked_for(handler: EnvironmentFiles, call: Callable[[], object]) -> None:
    """An ``OSError`` shows ``/tmp/...``, whichever function raises it."""
    with pytest.raises(FileNotFoundError) as caught:
        call()
    assert caught.value.filename in ("/tmp/none/x", "/tmp/none")
    assert str(handler.tmp) not in str(caught.value)


def test_an_error_with_two_paths_names_both(handler: EnvironmentFiles) -> None:
    """A failed ``rename`` shows the source and the target as they were given."""
    with pytest.raises(FileNotFoundError) as caught:
        os.rename("/tmp/from", "/tmp/to")
    assert (caught.value.filename, caught.value.filename2) == ("/tmp/from", "/tmp/to")


def test_pathlib(handler: EnvironmentFiles) -> None:
    """``Path`` methods work on the environment's directory and answer with ``/tmp`` paths."""
    directory = Path("/tmp/a/b")
    directory.mkdir(parents=True)
    file = directory / "x.txt"
    file.touch()
    file.write_text("x")
    file.chmod(0o600)
    assert (file.exists(), file.is_file(), directory.is_dir(), file.is_symlink()) == (True, True, True, False)
    assert file.stat().st_size == 1
    assert list(directory.iterdir()) == [file]
    assert list(Path("/tmp").glob("a/*/x.*")) == [file]
    assert list(Path("/tmp").rglob("*.txt")) == [file]
    assert file.resolve() == file
    assert Path("/tmp/a/../a/b/x.txt").resolve() == file
    moved = file.rename("/tmp/y.txt")
    assert moved.samefile("/tmp/y.txt")
    link = Path("/tmp/link")
    link.symlink_to("/tmp/y.txt")
    assert link.read_text() == "x"
    assert link.resolve() == moved
    assert os.readlink(link) == "/tmp/y.txt"
    link.unlink()
    directory.rmdir()
    assert sorted(os.listdir("/tmp")) == ["a", "y.txt"]
    assert real_content(handler, "y.txt") == "x"


# ---------------------------------------------------------------------------------------------------------- os


def test_os_functions(handler: EnvironmentFiles) -> None:
    """The functions of ``os`` work on the environment's directory."""
    os.makedirs("/tmp/a/b", exist_ok=True)
    os.makedirs("/tmp/a/b", exist_ok=True)
    descriptor = os.open("/tmp/a/x", os.O_CREAT | os.O_WRONLY, 0o640)
    os.write(descriptor, b"12345")
    os.close(descriptor)
    os.truncate("/tmp/a/x", 3)
    os.utime("/tmp/a/x", (1, 2))
    os.chmod("/tmp/a/x", 0o600)
    os.chown("/tmp/a/x", -1, -1)
    assert os.access("/tmp/a/x", os.R_OK)
    assert os.stat(path="/tmp/a/x").st_mtime == 2
    assert os.lstat(b"/tmp/a/x").st_size == 3
    assert os.statvfs("/tmp/a/x").f_bsize > 0
    os.link("/tmp/a/x", "/tmp/a/hard")
    os.replace("/tmp/a/hard", "/tmp/a/y")
    os.mkfifo("/tmp/a/pipe")
    assert sorted(os.listdir("/tmp/a")) == ["b", "pipe", "x", "y"]
    assert sorted(os.listdir(b"/tmp/a")) == [b"b", b"pipe", b"x", b"y"]
    os.remove("/tmp/a/pipe")
    os.unlink("/tmp/a/y")
    os.renames("/tmp/a/x", "/tmp/c/x")
    os.removedirs("/tmp/a/b")
    with outside():
        assert [path.name for path in handler.tmp.iterdir()] == ["c"]


def test_scandir_shows_the_callers_path(handler: EnvironmentFiles) -> None:
    """Entries have paths below the one that was asked for, and otherwise behave like ``os.DirEntry``."""
    os.mkdir("/tmp/d")
    Path("/tmp/d/x").write_text("12")
    with os.scandir("/tmp/d") as entries:
        [entry] = entries
    assert (entry.path, os.fspath(entry), entry.name) == ("/tmp/d/x", "/tmp/d/x", "x")
    assert (entry.is_file(), entry.is_dir(follow_symlinks=False), entry.is_symlink()) == (True, False, False)
    assert entry.stat().st_size == 2
    assert entry.inode() == os.stat("/tmp/d/x").st_ino
    assert repr(entry) == "<DirEntry 'x'>"
    assert [entry.path for entry in os.scandir(b"/tmp/d")] == [b"/tmp/d/x"]


def test_walk_and_glob_show_tmp(handler: EnvironmentFiles) -> None:
    """``os.walk``, ``os.fwalk`` and ``glob`` answer with ``/tmp`` paths."""
    os.makedirs("/tmp/a/b")
    Path("/tmp/a/b/x").touch()
    assert [top for top, _, _ in os.walk("/tmp")] == ["/tmp", "/tmp/a", "/tmp/a/b"]
    assert [top for top, _, _ in os.walk("/tmp", topdown=False)] == ["/tmp/a/b", "/tmp/a", "/tmp"]
    assert [(top, names) for top, _, names, _ in os.fwalk("/tmp/a/b")] == [("/tmp/a/b", ["x"])]
    assert glob.glob("/tmp/*/b/*") == ["/tmp/a/b/x"]
    assert glob.glob("/tmp/**/x", recursive=True) == ["/tmp/a/b/x"]


@pytest.mark.parametrize("target", ["/tmp", "/tmp/sub"])
def test_the_working_directory_shows_tmp(handler: EnvironmentFiles, target: str) -> None:
    """After ``chdir`` to ``/tmp`` it is the working directory by name, and relative paths lead into it."""
    os.makedirs("/tmp/sub")
    os.chdir(target)
    assert os.getcwd() == target
    assert os.getcwdb() == os.fsencode(target)
    assert Path.cwd() == Path(target)
    assert os.path.abspath("x") == f"{target}/x"
    assert os.path.realpath("x") == f"{target}/x"
    Path("x").write_text("relative")
    assert Path(f"{target}/x").read_text() == "relative"
    assert os.path.exists("../etc") == (target == "/tmp")
    assert real_content(handler, f"{target}/x".removeprefix("/tmp/")) == "relative"


def test_links_lead_where_handler_code_says(handler: EnvironmentFiles) -> None:
    """An absolute link inside ``/tmp`` works and reads back as it was written; a relative one stays relative."""
    Path("/tmp/x").write_text("x")
    os.mkdir("/tmp/d")
    os.symlink("/tmp/x", "/tmp/d/absolute")
    os.symlink("../x", "/tmp/d/relative")
    assert os.readlink("/tmp/d/absolute") == "/tmp/x"
    assert os.readlink(b"/tmp/d/absolute") == b"/tmp/x"
    assert os.readlink("/tmp/d/relative") == "../x"
    assert Path("/tmp/d/absolute").read_text() == Path("/tmp/d/relative").read_text() == "x"
    assert os.path.realpath("/tmp/d/absolute") == os.path.realpath("/tmp/d/relative") == "/tmp/x"


def test_directory_descriptors(handler: EnvironmentFiles) -> None:
    """A relative path with ``dir_fd`` begins at that directory and nowhere else."""
    os.mkdir("/tmp/tmp")
    Path("/tmp/tmp/tmp").touch()
    directory = os.open("/tmp/tmp", os.O_RDONLY)
    try:
        assert os.stat("tmp", dir_fd=directory).st_ino == os.stat("/tmp/tmp/tmp").st_ino
        os.rename("tmp", "y", src_dir_fd=directory, dst_dir_fd=directory)
        assert os.listdir(directory) == ["y"]
        os.unlink("y", dir_fd=directory)
        assert os.listdir("/tmp/tmp") == []
    finally:
        os.close(directory)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="needs extended attributes")
def test_extended_attributes(handler: EnvironmentFiles) -> None:
    """Extended attributes are those of the environment's file."""
    Path("/tmp/x").touch()
    try:
        os.setxattr("/tmp/x", "user.colour", b"red")
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        pytest.skip("the file system has no extended attributes")
    assert os.getxattr("/tmp/x", "user.colour") == b"red"
    os.removexattr("/tmp/x", "user.colour")
    assert "user.colour" not in os.listxattr("/tmp/x")


# ------------------------------------------------------------------------------------------------------- tempfile


def test_tempfile_uses_tmp(handler: EnvironmentFiles) -> None:
    """Every function of ``tempfile`` makes its file in ``/tmp`` and says so."""
    assert (tempfile.gettempdir(), tempfile.gettempdirb()) == ("/tmp", b"/tmp")
    descriptor, path = tempfile.mkstemp()
    os.write(descriptor, b"x")
    os.close(descriptor)
    assert os.path.dirname(path) == "/tmp"
    assert real_content(handler, os.path.basename(path)) == "x"
    assert os.path.dirname(tempfile.mkdtemp(dir="/tmp/")) == "/tmp"
    with tempfile.TemporaryFile() as anonymous:
        anonymous.write(b"x")
    with tempfile.SpooledTemporaryFile(max_size=1) as spooled:
        spooled.write(b"more than one")
        spooled.seek(0)
        assert spooled.read() == b"more than one"
    assert len(os.listdir("/tmp")) == 2


def test_a_named_temporary_file_is_removed_when_closed(handler: EnvironmentFiles) -> None:
    """``NamedTemporaryFile`` has a ``/tmp`` name that can be opened again, and is gone after its block."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"a": 1}, file)
        file.flush()
        assert os.path.dirname(file.name) == "/tmp"
        with open(file.name) as again:
            assert json.load(again) == {"a": 1}
    assert os.listdir("/tmp") == []


def test_a_named_temporary_file_is_kept_on_demand(handler: EnvironmentFiles) -> None:
    """Closed without a block it is gone as well; with ``delete=False`` it stays."""
    file = tempfile.NamedTemporaryFile()  # noqa: SIM115
    file.close()
    assert os.listdir("/tmp") == []
    kept = tempfile.NamedTemporaryFile(delete=False)  # noqa: SIM115
    kept.close()
    assert os.listdir("/tmp") == [os.path.basename(kept.name)]


def test_a_temporary_directory_is_removed_with_its_content(handler: EnvironmentFiles) -> None:
    """``TemporaryDirectory`` is made in ``/tmp`` and gone after its block."""
    with tempfile.TemporaryDirectory() as directory:
        assert os.path.dirname(directory) == "/tmp"
        os.makedirs(f"{directory}/a/b")
        Path(f"{directory}/a/b/x").touch()
    assert os.listdir("/tmp") == []


def test_the_temporary_directory_of_the_test_is_not_the_handlers(
    files: EnvironmentFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside an environment ``gettempdir`` is what it was; inside, a directory that the handler has set holds."""
    before = tempfile.gettempdir()
    with inside(files):
        assert tempfile.gettempdir() == "/tmp"
        monkeypatch.setattr(tempfile, "tempdir", None)
        assert tempfile.gettempdir() == "/tmp"
        monkeypatch.setattr(tempfile, "tempdir", "/tmp/own")
        assert tempfile.gettempdir() == "/tmp/own"
    monkeypatch.undo()
    assert tempfile.gettempdir() == before


# ------------------------------------------------------------------------------------- what is built on these


def test_shutil(handler: EnvironmentFiles) -> None:
    """Copying, moving and removing keep contents, times and modes."""
    Path("/tmp/x").write_text("x")
    os.utime("/tmp/x", (1, 2))
    os.chmod("/tmp/x", 0o640)
    assert shutil.copy("/tmp/x", "/tmp/copy") == "/tmp/copy"
    shutil.copy2("/tmp/x", "/tmp/copy2")
    assert (os.stat("/tmp/copy2").st_mtime, os.stat("/tmp/copy").st_mode & 0o777) == (2, 0o640)
    os.makedirs("/tmp/tree/deep")
    shutil.move("/tmp/copy2", "/tmp/tree/deep")
    shutil.copytree("/tmp/tree", "/tmp/second")
    assert Path("/tmp/second/deep/copy2").read_text() == "x"
    assert os.stat("/tmp/second/deep/copy2").st_mtime == 2
    shutil.rmtree("/tmp/tree")
    shutil.move("/tmp/second", "/tmp/third")
    assert sorted(os.listdir("/tmp")) == ["copy", "third", "x"]
    assert shutil.disk_usage("/tmp").total > 0
    assert real_content(handler, "third/deep/copy2") == "x"


@pytest.mark.filterwarnings("ignore:Python 3.14 will, by default, filter extracted tar archives:DeprecationWarning")
@pytest.mark.parametrize("kind", ["zip", "tar", "gztar", "bztar"])
def test_archives(handler: EnvironmentFiles, kind: str) -> None:
    """An archive is packed from ``/tmp`` and unpacked into ``/tmp``."""
    os.mkdir("/tmp/tree")
    Path("/tmp/tree/x").write_text("x")
    archive = shutil.make_archive("/tmp/packed", kind, "/tmp/tree")
    assert os.path.dirname(archive) == "/tmp"
    shutil.unpack_archive(archive, "/tmp/unpacked")
    assert real_content(handler, "unpacked/x") == "x"
    with outside():
        assert (handler.tmp / os.path.basename(archive)).stat().st_size > 0


def test_a_tar_file_by_name(handler: EnvironmentFiles) -> None:
    """``tarfile``, which keeps an ``open`` of its own, opens ``/tmp`` paths by name."""
    Path("/tmp/x").write_text("x")
    with tarfile.open("/tmp/x.tar", "w") as archive:
        archive.add("/tmp/x")
    with tarfile.open("/tmp/x.tar") as archive:
        assert archive.getnames() == ["tmp/x"]
    assert sorted(os.listdir("/tmp")) == ["x", "x.tar"]


@pytest.mark.parametrize("module", [gzip, bz2, lzma], ids=["gzip", "bz2", "lzma"])
def test_compressed_files(handler: EnvironmentFiles, module: Any) -> None:
    """The compressing modules open ``/tmp`` paths by name."""
    with module.open("/tmp/x.compressed", "wt") as file:
        file.write("x")
    with module.open("/tmp/x.compressed", "rt") as file:
        assert file.read() == "x"
    assert os.listdir("/tmp") == ["x.compressed"]


def test_zip_files(handler: EnvironmentFiles) -> None:
    """``zipfile`` opens ``/tmp`` paths by name and extracts to them."""
    with zipfile.ZipFile("/tmp/x.zip", "w") as archive:
        archive.writestr("inner", "x")
    with zipfile.ZipFile("/tmp/x.zip") as archive:
        archive.extractall("/tmp/out")
    assert real_content(handler, "out/inner") == "x"


def test_a_log_file(handler: EnvironmentFiles) -> None:
    """``logging.FileHandler`` writes to the environment's directory."""
    log = logging.FileHandler("/tmp/app.log")
    log.emit(logging.makeLogRecord({"msg": "written"}))
    log.close()
    assert log.baseFilename == "/tmp/app.log"
    assert real_content(handler, "app.log") == "written\n"


@pytest.mark.parametrize(
    ("database", "options"),
    [
        ("/tmp/x.db", {}),
        (b"/tmp/x.db", {}),
        (Path("/tmp/x.db"), {}),
        ("file:/tmp/x.db", {"uri": True}),
        ("file:///tmp/x.db?mode=rwc", {"uri": True}),
        ("file://localhost/tmp/%78.db?mode=rwc#part", {"uri": True}),
    ],
)
def test_a_database_persists_in_tmp(handler: EnvironmentFiles, database: Any, options: dict[str, Any]) -> None:
    """``sqlite3.connect`` opens the environment's file, by name or by URI."""
    import sqlite3

    connection = sqlite3.connect(database, **options)
    connection.execute("create table t (x)")
    connection.close()
    again = sqlite3.connect("/tmp/x.db")
    assert again.execute("select name from sqlite_master").fetchall() == [("t",)]
    again.close()
    assert os.listdir("/tmp") == ["x.db"]


def test_other_databases_are_as_ever(handler: EnvironmentFiles, tmp_path: Path) -> None:
    """A database in memory or elsewhere is not redirected, whatever its arguments."""
    import sqlite3

    sqlite3.connect(":memory:").close()
    sqlite3.connect("file::memory:?cache=shared", uri=True).close()
    os.chdir(tmp_path)
    sqlite3.connect("file:here.db", uri=True).execute("create table t (x)").connection.close()
    assert (tmp_path / "here.db").exists()


def test_sqlite_is_redirected_when_it_is_imported_later(tmp_path: Path) -> None:
    """The doors don't import ``sqlite3``; imported while they are open it is redirected, and given back after."""
    program = (
        "import importlib.util, os, sys\n"
        "from pathlib import Path\n"
        "from pytest_lambda_env.runtime.doors.files import doors\n"
        "from pytest_lambda_env.runtime.doors.door import Doors\n"
        "from pytest_lambda_env.runtime.current import current\n"
        "from pytest_lambda_env.runtime.files import EnvironmentFiles\n"
        "finders = list(sys.meta_path)\n"
        "doors = Doors(doors())\n"
        "doors.open(); doors.close(); doors.open()\n"
        "assert importlib.util.find_spec('_sqlite3') and '_sqlite3' not in sys.modules\n"
        "current.files = files = EnvironmentFiles(task_root=Path('/'), visible=[Path(sys.prefix)])\n"
        "import sqlite3, sqlite3.dbapi2\n"
        "for connect in (sqlite3.connect, sqlite3.dbapi2.connect):\n"
        "    connect('/tmp/x.db').execute('create table if not exists t (x)').connection.close()\n"
        "assert os.listdir('/tmp') == ['x.db']\n"
        "current.files = None\n"
        "assert (files.tmp / 'x.db').exists()\n"
        "doors.close()\n"
        "assert sys.meta_path == finders\n"
        "assert not hasattr(sqlite3.connect, '__wrapped__') and not hasattr(sqlite3.dbapi2.connect, '__wrapped__')\n"
        "doors.open()\n"
        "assert hasattr(sqlite3.connect, '__wrapped__')\n"
        "doors.close()\n"
        "print('done')\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=False, capture_output=True, text=True, cwd="/"
    )
    assert (answer.stdout, answer.stderr) == ("done\n", "")


# ---------------------------------------------------------------------------------------- what stays as it is


def test_the_tests_own_directory_is_reachable(handler: EnvironmentFiles, tmp_path: Path) -> None:
    """Pytest's ``tmp_path`` is the same directory for the handler and for the test, though it may lie in ``/tmp``."""
    (tmp_path / "x").write_text("handler")
    assert [entry.path for entry in os.scandir(tmp_path)] == [str(tmp_path / "x")]
    with outside():
        assert (tmp_path / "x").read_text() == "handler"


@pytest.mark.skipif(os.path.isdir("/var/task"), reason="the machine has a task root of its own")
@pytest.mark.fidelity("V42")
def test_the_task_root_is_readable_as_var_task(handler: EnvironmentFiles, tmp_path: Path) -> None:
    """Files beside the handler are found under ``/var/task``, and errors say so."""
    with outside():
        (tmp_path / "task").mkdir()
        (tmp_path / "task/data.json").write_text("{}")
    assert json.loads(Path("/var/task/data.json").read_text()) == {}
    assert os.listdir("/var/task") == ["data.json"]
    with pytest.raises(FileNotFoundError, match="'/var/task/none'"):
        os.stat("/var/task/none")


def test_outside_an_environment_everything_is_the_original(files: EnvironmentFiles, tmp_path: Path) -> None:
    """While the doors are open, the test's own code sees the real ``/tmp`` and the real answers."""
    real = os.path.realpath("/tmp")
    assert os.path.samestat(os.stat("/tmp"), os.stat(real))
    assert not os.path.samestat(os.stat("/tmp"), os.stat(files.tmp))
    file = tmp_path / "x"
    file.write_text("x")
    with os.scandir(tmp_path) as entries:
        assert isinstance(next(entries), os.DirEntry)
    with pytest.raises(FileNotFoundError, match="'/nowhere/x'"):
        os.stat("/nowhere/x")
    os.symlink(file, tmp_path / "link")
    assert os.readlink(tmp_path / "link") == str(file)
    os.rename(file, tmp_path / "y")
    with open(tmp_path / "y", opener=None) as again:
        assert again.read() == "x"


def test_a_thread_of_nobody_sees_the_real_files(handler: EnvironmentFiles) -> None:
    """A thread that belongs to no environment, a server in a fixture, is not affected by the handler's."""
    seen: list[bool] = []
    Path("/tmp/only-here").touch()
    thread = threading.Thread(target=lambda: seen.append(os.path.exists("/tmp/only-here")))
    thread.start()
    thread.join()
    assert seen == [False]


def test_every_original_comes_back() -> None:
    """Closing the doors restores every name, also those kept in classes and default arguments."""
    places: list[tuple[Any, str]] = [(door.owner, door.name) for door in file_doors.doors()]
    before = [getattr(owner, name) for owner, name in places]
    shared = [pathlib, shutil, tempfile, builtins, io, os]
    modules = [dict(vars(module)) for module in shared]
    doors = Doors(file_doors.doors())
    doors.open()
    assert os.stat is not modules[-1]["stat"]
    doors.close()
    assert [getattr(owner, name) for owner, name in places] == before
    assert [dict(vars(module)) for module in shared] == modules


@pytest.mark.usefixtures("doors")
def test_replacements_pass_for_the_originals() -> None:
    """A replacement has the name and the documentation of its original, and the same support for descriptors."""
    for name in ("stat", "open", "scandir", "rename", "getcwd", "symlink", "readlink"):
        function = getattr(os, name)
        assert (function.__name__, function.__doc__) == (name, inspect.unwrap(function).__doc__)
        assert (function in os.supports_dir_fd) == (inspect.unwrap(function) in os.supports_dir_fd)
    assert open.__name__ == "open"
    assert os.stat in os.supports_follow_symlinks
    assert os.scandir in os.supports_fd
    assert os.access in os.supports_effective_ids or os.name == "nt"


def test_wrong_arguments_are_refused_as_ever(handler: EnvironmentFiles) -> None:
    """A call that the original refuses is refused with ``TypeError``."""
    nonsense: Any = object()
    built_in: Any = open
    for call in (built_in, *(getattr(os, name) for name in ("stat", "rename", "open", "symlink"))):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError):
        os.stat(nonsense)


# ------------------------------------------------------------------------------------------------ after the kill


@pytest.mark.parametrize(
    "call",
    [
        lambda: open("/tmp/x", "w"),  # noqa: SIM115
        lambda: open("/tmp/old"),  # noqa: SIM115
        lambda: Path("/tmp/x").write_text("x"),
        lambda: os.open("/tmp/x", os.O_CREAT),
        lambda: os.mkdir("/tmp/x"),
        lambda: os.remove("/tmp/old"),
        lambda: os.rename("/tmp/old", "/tmp/x"),
        lambda: os.symlink("/tmp/old", "/tmp/x"),
        lambda: os.listdir(),  # noqa: PLW0108 - as above
        lambda: os.scandir("/tmp"),
        lambda: os.getcwd(),  # noqa: PLW0108 - looked up while the doors are open
        lambda: os.readlink("/tmp/old"),
        lambda: shutil.rmtree("/tmp", ignore_errors=True),
        tempfile.gettempdir,
        tempfile.mkdtemp,
        lambda: __import__("sqlite3").connect("/tmp/x"),
    ],
)
def test_a_killed_environment_can_do_nothing_any_more(files: EnvironmentFiles, call: Callable[[], object]) -> None:
    """From the instant of death every door raises what unwinds the code, and the files stay as they were."""
    life = Life()
    with inside(files, life):
        Path("/tmp/old").write_text("kept")
        life.over = True
        with pytest.raises(Killed):
            call()
    assert os.listdir(files.tmp) == ["old"]
    assert (files.tmp / "old").read_text() == "kept"


@pytest.mark.fidelity("V40")
def test_temporary_files_of_a_killed_handler_stay(files: EnvironmentFiles) -> None:
    """A kill runs no clean-up: the temporary file and directory of a handler that timed out are found by the next."""
    life = Life()
    with inside(files, life), pytest.raises(Killed), tempfile.NamedTemporaryFile(), tempfile.TemporaryDirectory():
        life.over = True
    with inside(files):
        assert len(os.listdir("/tmp")) == 2


def test_what_a_life_reads_while_it_unwinds_is_let_through(files: EnvironmentFiles) -> None:
    """A life that looks up the source of the code it unwinds does not meet the doors that it has shut."""

    class CuriousLife(Life):
        source = ""

        def check(self) -> None:
            self.source = Path(__file__).read_text()
            super().check()

    life = CuriousLife()
    life.over = True
    with inside(files, life), pytest.raises(Killed):
        os.stat("/tmp")
    assert "CuriousLife" in life.source


def test_the_doors_work_without_a_life(files: EnvironmentFiles) -> None:
    """Code that has files but no process behind it, an extension for example, is let through."""
    with inside(files):
        current.life = None
        Path("/tmp/x").write_text("x")
    assert (files.tmp / "x").read_text() == "x"
