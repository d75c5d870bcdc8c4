"""What a handler may write, where, and how much: its own ``/tmp``, in every spelling, and nothing else."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService

Deploy = Callable[..., LambdaFunction]
MB = 1024 * 1024

# -- /tmp in every spelling -------------------------------------------------------------------------------------------

PRELUDE = """
import os, pathlib, shutil, subprocess, sys, tempfile

"""

SPELLINGS = {
    "open": "open('/tmp/found', 'w').close()",
    "open bytes": "open(b'/tmp/found', 'w').close()",
    "open with dots": "open('/tmp/../tmp/./found', 'w').close()",
    "open with slashes": "open('//tmp//found', 'w').close()",
    "io.open": "import io; io.open('/tmp/found', 'x').close()",
    "io.FileIO": "import io; io.FileIO('/tmp/found', 'w').close()",
    "a class of io.FileIO's": "import io; type('Own', (io.FileIO,), {})('/tmp/found', 'w').close()",
    "codecs.open": "import codecs; codecs.open('/tmp/found', 'w', 'utf-8').close()",
    "_pyio.open": "import _pyio; _pyio.open('/tmp/found', 'w').close()",
    "fileinput": "import fileinput; open('/tmp/found', 'w').write('x'); [fileinput.input('/tmp/found', inplace=True)]",
    "pathlib": "pathlib.Path('/tmp/found').write_text('x')",
    "pathlib joined": "(pathlib.Path('/') / 'tmp' / 'found').touch()",
    "os.open": "os.close(os.open('/tmp/found', os.O_CREAT | os.O_WRONLY))",
    "os.open below a descriptor": (
        "top = os.open('/tmp', os.O_RDONLY); os.close(os.open('found', os.O_CREAT | os.O_WRONLY, dir_fd=top))"
    ),
    "os.mkdir": "os.mkdir('/tmp/found')",
    "os.makedirs": "os.makedirs('/tmp/found/deep')",
    "os.mkfifo": "os.mkfifo('/tmp/found')",
    "os.symlink": "os.symlink('/tmp/nowhere', '/tmp/found')",
    "os.rename": "open('/tmp/x', 'w').close(); os.rename('/tmp/x', '/tmp/found')",
    "os.link": "open('/tmp/x', 'w').close(); os.link('/tmp/x', '/tmp/found')",
    "a relative path": "os.chdir('/tmp'); open('found', 'w').close()",
    "a relative path upwards": "os.mkdir('/tmp/d'); os.chdir('/tmp/d'); open('../found', 'w').close()",
    "fchdir": "os.fchdir(os.open('/tmp', os.O_RDONLY)); open('found', 'w').close()",
    "mkstemp": "os.rename(tempfile.mkstemp()[1], '/tmp/found')",
    "mkdtemp": "os.rename(tempfile.mkdtemp(), '/tmp/found')",
    "NamedTemporaryFile": "f = tempfile.NamedTemporaryFile(); os.link(f.name, '/tmp/found')",
    "shutil.copy": "shutil.copy(__file__, '/tmp/found')",
    "shutil.copytree": "shutil.copytree(os.path.dirname(__file__), '/tmp/found')",
    "shutil.move": "open('/tmp/x', 'w').close(); shutil.move('/tmp/x', '/tmp/found')",
    "zipfile": "import zipfile; zipfile.ZipFile('/tmp/found', 'w').close()",
    "tarfile": "import tarfile; tarfile.open('/tmp/found', 'w').close()",
    "gzip": "import gzip; gzip.open('/tmp/found', 'w').close()",
    "bz2": "import bz2; bz2.open('/tmp/found', 'w').close()",
    "lzma": "import lzma; lzma.open('/tmp/found', 'w').close()",
    "logging.FileHandler": "import logging; logging.FileHandler('/tmp/found').close()",
    "RotatingFileHandler": """
        import logging.handlers
        log = logging.handlers.RotatingFileHandler('/tmp/found', maxBytes=1, backupCount=1)
        for _ in range(3): log.emit(logging.makeLogRecord({'msg': 'x'}))
        log.close()
        assert os.path.exists('/tmp/found.1')
    """,
    "sqlite3": "import sqlite3; sqlite3.connect('/tmp/found').execute('create table t (x)')",
    "sqlite3 by URI": "import sqlite3; sqlite3.connect('file:/tmp/found', uri=True).execute('create table t (x)')",
    "dbm.dumb": "import dbm.dumb; dbm.dumb.open('/tmp/f').close(); os.rename('/tmp/f.dat', '/tmp/found')",
    "shelve": """
        import shelve
        with shelve.open('/tmp/f') as shelf: shelf['x'] = 1
        with shelve.open('/tmp/f') as shelf: assert shelf['x'] == 1
        open('/tmp/found', 'w').close()
    """,
    "csv": "import csv\nwith open('/tmp/found', 'w', newline='') as f: csv.writer(f).writerow([1])",
    "pickle": """
        import pickle
        with open('/tmp/found', 'wb') as f: pickle.dump(1, f)
        with open('/tmp/found', 'rb') as f: assert pickle.load(f) == 1
    """,
    "mmap": """
        import mmap
        with open('/tmp/found', 'wb+') as f:
            f.truncate(10)
            with mmap.mmap(f.fileno(), 10) as memory: memory[:5] = b'hello'
            f.seek(0)
            assert f.read(5) == b'hello'
    """,
    "unbuffered": "f = open('/tmp/found', 'wb', buffering=0); f.write(memoryview(b'x')); f.close()",
    "a socket": """
        import socket
        with socket.socket(socket.AF_UNIX) as server:
            server.bind('/tmp/found')
            assert server.getsockname() == '/tmp/found'
    """,
    "an asyncio server": """
        import asyncio
        async def serve():
            server = await asyncio.start_unix_server(print, '/tmp/found')
            server.close()
            open('/tmp/found', 'w').close() if not os.path.exists('/tmp/found') else None
        asyncio.run(serve())
    """,
    "runpy": "import runpy; open('/tmp/m.py', 'w').write('open(\"/tmp/found\", \"w\")'); runpy.run_path('/tmp/m.py')",
    "a module by its location": """
        import importlib.util
        with open('/tmp/m.py', 'w') as f: f.write('open("/tmp/found", "w")')
        spec = importlib.util.spec_from_file_location('m', '/tmp/m.py')
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    """,
    "a module on sys.path": """
        with open('/tmp/lazy_module.py', 'w') as f: f.write('open("/tmp/found", "w")')
        sys.path.insert(0, '/tmp')
        import lazy_module
    """,
    "a child's arguments": "subprocess.check_call(['touch', '/tmp/found'])",
    "a child's short option": "subprocess.check_call(['sort', '-o/tmp/found', '/dev/null'])",
    "a child's long option": "subprocess.check_call(['sort', '--output=/tmp/found', '/dev/null'])",
    "a child's program": "subprocess.check_call([sys.executable, '-SEc', 'open(\"/tmp/found\", \"w\")'])",
    "a child's working directory": "subprocess.check_call(['touch', 'found'], cwd='/tmp')",
    "a child's inherited directory": "os.chdir('/tmp'); subprocess.check_call(['touch', 'found'])",
    "a child's temporary directory": "subprocess.check_call('mv $(mktemp) \"$TMPDIR/found\"', shell=True)",
    "a child's variable": "subprocess.check_call('touch $X', shell=True, env={**os.environ, 'X': '/tmp/found'})",
    "a shell": "subprocess.check_call('echo x > /tmp/x && mv \"/tmp/x\" /tmp/found', shell=True)",
    "os.system": "assert os.system('touch /tmp/found') == 0",
    "os.popen": "os.popen('touch /tmp/found').close()",
}  # fmt: skip
POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes, sockets and shells by these names")


def in_handler(statement: str) -> str:
    """A handler that runs a statement, of one or more lines."""
    lines = [line for line in statement.split("\n") if line.strip()]
    margin = len(lines[0]) - len(lines[0].lstrip())
    body = "\n".join("    " + line[margin:] for line in lines)
    return f"{PRELUDE}def handler(event, context):\n{body}\n"


@POSIX_ONLY
@pytest.mark.fidelity("V40", "V42")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("statement", [pytest.param(statement, id=name) for name, statement in SPELLINGS.items()])
def test_every_way_leads_to_the_environments_own_tmp(deploy: Deploy, statement: str) -> None:
    """However a handler says ``/tmp/found``, it is made in the directory of its environment and not on the machine."""
    response = deploy(in_handler(statement), timeout=60).invoke({})
    response.raise_for_error()
    assert os.path.lexists(response.environment.tmp / "found")
    assert not os.path.lexists("/tmp/found")


SHOWN = {
    "name": "open('/tmp/x', 'w').name",
    "raw name": "open('/tmp/x', 'wb', buffering=0).name",
    "FileIO": "repr(__import__('io').FileIO('/tmp/x', 'w'))",
    "repr": "repr(open('/tmp/x', 'w'))",
    "getcwd": "(os.chdir('/tmp'), os.getcwd())[1]",
    "abspath": "(os.chdir('/tmp'), os.path.abspath('x'))[1]",
    "realpath": "os.path.realpath('/tmp/x')",
    "resolve": "str(pathlib.Path('/tmp/../tmp/x').resolve())",
    "readlink": "(os.symlink('/tmp/x', '/tmp/link'), os.readlink('/tmp/link'))[1]",
    "realpath of a link": "(os.symlink('/tmp/x', '/tmp/link'), os.path.realpath('/tmp/link'))[1]",
    "own descriptor": "(f := open('/tmp/x', 'w'), os.readlink(f'/proc/self/fd/{f.fileno()}'))[1]",
    "scandir": "(open('/tmp/x', 'w'), [entry.path for entry in os.scandir('/tmp')])[1]",
    "walk": "[top for top, _, _ in os.walk('/tmp')]",
    "fwalk": "[top for top, _, _, _ in os.fwalk('/tmp')]",
    "glob": "(open('/tmp/x', 'w'), __import__('glob').glob('/tmp/*'))[1]",
    "iterdir": "(open('/tmp/x', 'w'), [str(each) for each in pathlib.Path('/tmp').iterdir()])[1]",
    "gettempdir": "tempfile.gettempdir()",
    "mkstemp": "tempfile.mkstemp()[1]",
    "NamedTemporaryFile": "tempfile.NamedTemporaryFile().name",
    "error of open": "error(open, '/tmp/none/x')",
    "error of FileIO": "error(__import__('io').FileIO, '/tmp/none/x')",
    "error of rename": "error(os.rename, '/tmp/none', '/tmp/x')",
    "error of link": "error(os.link, '/tmp/none', '/tmp/x')",
    "error of rmtree": "error(shutil.rmtree, '/tmp/none')",
    "error of a child": "error(subprocess.run, ['/tmp/none'])",
    "error of a child's directory": "error(subprocess.run, ['true'], cwd='/tmp/none')",
    "arguments of a child": "repr(subprocess.run(['test', '-d', '/tmp']))",
    "disk_usage": "error(shutil.disk_usage, '/tmp/none')",
}


@POSIX_ONLY
@pytest.mark.fidelity("V42")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("expression", [pytest.param(expression, id=name) for name, expression in SHOWN.items()])
def test_nothing_shows_the_real_place(deploy: Deploy, expression: str) -> None:
    """Names, listings, links and errors say ``/tmp``, as the handler does."""
    function = deploy(
        PRELUDE
        + f"""
def error(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except OSError as error:
        return str(error)

def handler(event, context):
    return {expression}
"""
    )
    payload = str(function.invoke({}).raise_for_error().payload)
    assert "/tmp" in payload
    assert "lambda-environment" not in payload


# -- outside /tmp all is read-only ------------------------------------------------------------------------------------

VAR_TASK = pytest.mark.skipif(os.path.isdir("/var/task"), reason="the machine has a task root of its own")
ATTEMPTS = {
    "open w": "open('/var/task/new', 'w')",
    "open a": "open('/var/task/app.py', 'a')",
    "open r+": "open('/var/task/app.py', 'r+')",
    "open wb unbuffered": "open('/var/task/app.py', 'wb', 0)",
    "FileIO": "__import__('io').FileIO('/var/task/new', 'w')",
    "os.open": "os.open('/var/task/new', os.O_CREAT)",
    "os.open truncating": "os.open('/var/task/app.py', os.O_TRUNC)",
    "write_text": "pathlib.Path('/var/task/new').write_text('x')",
    "mkdir": "os.mkdir('/var/task/new')",
    "makedirs": "os.makedirs('/var/task/new/deep')",
    "Path.mkdir": "pathlib.Path('/var/task/new').mkdir(exist_ok=True)",
    "mkfifo": "os.mkfifo('/var/task/new')",
    "remove": "os.remove('/var/task/app.py')",
    "unlink": "pathlib.Path('/var/task/app.py').unlink()",
    "rmdir": "os.rmdir('/var/task/package')",
    "chmod": "os.chmod('/var/task/app.py', 0o777)",
    "chown": "os.chown('/var/task/app.py', -1, -1)",
    "utime": "os.utime('/var/task/app.py')",
    "truncate": "os.truncate('/var/task/app.py', 0)",
    "symlink": "os.symlink('/tmp/x', '/var/task/new')",
    "rename": "os.rename('/var/task/app.py', '/var/task/other.py')",
    "touch": "pathlib.Path('/var/task/app.py').touch()",
    "copy": "shutil.copy('/var/task/app.py', '/var/task/new')",
    "rmtree": "shutil.rmtree('/var/task/package')",
    "mkstemp": "tempfile.mkstemp(dir='/var/task')",
    "zipfile": "__import__('zipfile').ZipFile('/var/task/new', 'w')",
    "log file": "__import__('logging').FileHandler('/var/task/new')",
}


@VAR_TASK
@POSIX_ONLY
@pytest.mark.fidelity("V42", "V43")
@pytest.mark.parametrize("statement", [pytest.param(statement, id=name) for name, statement in ATTEMPTS.items()])
def test_the_code_is_read_only(deploy: Deploy, tmp_path: Path, statement: str) -> None:
    """Whatever a handler tries on ``/var/task``, the error is Lambda's own and names the path as the handler did."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "data").write_text("x")
    function = deploy(in_handler(statement))
    before = {path: path.stat() for path in sorted(tmp_path.rglob("*")) if "__pycache__" not in path.parts}
    payload = function.invoke({}).payload
    assert payload["errorType"] == "OSError"
    assert payload["errorMessage"].startswith("[Errno 30] Read-only file system: '")
    assert "'/var/task/" in payload["errorMessage"] or "rmtree" in statement  # which works below a descriptor
    after = {path: path.stat() for path in sorted(tmp_path.rglob("*")) if "__pycache__" not in path.parts}
    assert {path: (s.st_mode, s.st_size, s.st_mtime_ns) for path, s in before.items()} == {
        path: (s.st_mode, s.st_size, s.st_mtime_ns) for path, s in after.items()
    }


ELSEWHERE = {
    "a relative path": ("open('new', 'w')", "'new'"),
    "an absolute path": ("open(event + '/new', 'w')", "{root}/new'"),
    "a neighbour of /tmp": ("open('/tmp/../etc/new', 'w')", "'/tmp/../etc/new'"),
    "a link in /tmp": ("os.symlink(event, '/tmp/way'); open('/tmp/way/new', 'w')", "'/tmp/way/new'"),
    "a link to a file": ("os.symlink(event + '/app.py', '/tmp/way'); open('/tmp/way', 'w')", "'/tmp/way'"),
    "a directory descriptor": ("os.open('new', os.O_CREAT, dir_fd=os.open(event, os.O_RDONLY))", "'new'"),
    "removal below a descriptor": ("os.unlink('app.py', dir_fd=os.open(event, os.O_RDONLY))", "'app.py'"),
    "a file's descriptor": ("os.chmod(os.open(event + '/app.py', os.O_RDONLY), 0o777)", ""),
    "fchmod": ("os.fchmod(os.open(event + '/app.py', os.O_RDONLY), 0o777)", ""),
    "the machine's shared memory": ("open('/dev/shm/new', 'w')", "'/dev/shm/new'"),
}


@POSIX_ONLY
@pytest.mark.fidelity("V43")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("statement", "shown"), [pytest.param(*each, id=name) for name, each in ELSEWHERE.items()])
def test_no_detour_leads_out_of_tmp(deploy: Deploy, tmp_path: Path, statement: str, shown: str) -> None:
    """Relative paths, ``..``, links that the handler made and descriptors are seen through."""
    if "/dev/shm" in statement and not os.path.isdir("/dev/shm"):
        pytest.skip("the machine has no shared memory by that name")
    payload = deploy(in_handler(statement)).invoke(str(tmp_path)).payload
    assert payload["errorMessage"].startswith("[Errno 30] Read-only file system")
    assert shown.format(root=tmp_path) in payload["errorMessage"]
    assert not (tmp_path / "new").exists()


FIRST_THINGS = {
    "no directory": ("open('/var/task/none/new', 'w')", "FileNotFoundError"),
    "no file": ("open('/var/task/none', 'r+')", "FileNotFoundError"),
    "a directory there": ("os.mkdir('/var/task/package')", "FileExistsError"),
    "a file there": ("open('/var/task/app.py', 'x')", "FileExistsError"),
    "a directory opened": ("open('/var/task/package', 'w')", "IsADirectoryError"),
    "nothing to change": ("os.chmod('/var/task/none', 0o777)", "FileNotFoundError"),
    "a file as directory": ("open('/var/task/app.py/new', 'w')", "NotADirectoryError"),
    "a rename into /tmp": ("os.rename('/var/task/app.py', '/tmp/app.py')", "OSError [Errno 18]"),
    "a rename out of /tmp": ("open('/tmp/x', 'w').close(); os.rename('/tmp/x', '/var/task/x')", "OSError [Errno 18]"),
    "a hard link into /tmp": ("os.link('/var/task/app.py', '/tmp/app.py')", "OSError [Errno 18]"),
    "a hard link out of /tmp": ("open('/tmp/x', 'w').close(); os.link('/tmp/x', '/var/task/x')", "OSError [Errno 30]"),
    "/tmp itself": ("os.rmdir('/tmp')", "OSError [Errno 16]"),
}  # fmt: skip


@VAR_TASK
@POSIX_ONLY
@pytest.mark.fidelity("V43")
@pytest.mark.parametrize(("statement", "error"), [pytest.param(*each, id=name) for name, each in FIRST_THINGS.items()])
def test_other_errors_come_first_as_in_the_kernel(deploy: Deploy, tmp_path: Path, statement: str, error: str) -> None:
    """A read-only file system is the reason only where nothing else is; ``/tmp`` is a file system of its own."""
    (tmp_path / "package").mkdir()
    payload = deploy(in_handler(statement)).invoke({}).payload
    assert f"{payload['errorType']} {payload['errorMessage']}".startswith(error)
    assert (tmp_path / "app.py").exists()


@pytest.mark.fidelity("V43")
def test_access_tells_what_is_read_only(deploy: Deploy) -> None:
    """``os.access`` denies writing outside ``/tmp`` and allows it inside; reading is as ever."""
    function = deploy(
        """
        import os

        def handler(event, context):
            return [os.access(place, os.W_OK) for place in (__file__, ".", "/tmp", os.devnull)], os.access(".", os.R_OK)
        """
    )
    assert function.invoke({}).payload == [[False, False, True, True], True]


@POSIX_ONLY
@pytest.mark.fidelity("V43")
def test_devices_and_standard_streams_may_be_written(deploy: Deploy) -> None:
    """``/dev/null`` and the like are no part of the read-only file system."""
    function = deploy(
        """
        import os, subprocess

        def handler(event, context):
            with open(os.devnull, "w") as null:
                null.write("x")
            with open("/dev/null", "ab", buffering=0) as null:
                subprocess.run(["echo", "x"], stdout=null, check=True)
            reading, writing = os.pipe()
            with open(f"/dev/fd/{writing}", "w") as pipe:
                pipe.write("through")
            return os.read(reading, 10).decode()
        """
    )
    assert function.invoke({}).raise_for_error().payload == "through"


@pytest.mark.fidelity("V43")
def test_what_libraries_do_still_works(deploy: Deploy, tmp_path: Path) -> None:
    """A lazy import may keep its compiled file, and reading is never refused."""
    (tmp_path / "lazy.py").write_text("VALUE = 1")
    function = deploy(
        """
        import linecache, os

        def handler(event, context):
            import lazy
            os.makedirs(os.path.dirname(__file__), exist_ok=True)
            return lazy.VALUE, linecache.getline(__file__, 2).strip(), os.listdir("/") != []
        """
    )
    assert function.invoke({}).payload == [1, "import linecache, os", True]


@pytest.mark.fidelity("V43")
def test_writable_directories_are_an_opt_out(tmp_path: Path) -> None:
    """``writable`` directories may be written, also where the code lies in them; others still may not."""
    (tmp_path / "app.py").write_text(
        "import os\n"
        "def handler(event, context):\n"
        "    open(event + '/x', 'w').close()\n"
        "    os.rename(event + '/x', event + '/y')\n"
        "    os.makedirs(event + '/deep/er')\n"
    )
    (tmp_path / "open").mkdir()
    with LambdaService(writable=[tmp_path / "open"]) as aws_lambda:
        function = aws_lambda.create_function("app.handler", code=tmp_path)
        function.invoke(str(tmp_path / "open")).raise_for_error()
        assert function.invoke(str(tmp_path)).payload["errorMessage"].startswith("[Errno 30]")
    assert sorted(path.name for path in (tmp_path / "open").iterdir()) == ["deep", "y"]
    with LambdaService(writable=[tmp_path]) as aws_lambda:
        aws_lambda.create_function("app.handler", code=tmp_path).invoke(str(tmp_path)).raise_for_error()


def test_the_tests_own_directory_may_be_written(aws_lambda: LambdaService, tmp_path: Path) -> None:
    """``tmp_path`` is the test's own: a handler whose code lies elsewhere may leave a proof there."""
    aws_lambda.create_function(_leave_proof).invoke(str(tmp_path)).raise_for_error()
    assert (tmp_path / "proof").read_text() == "x"


def _leave_proof(event: str, context: object) -> None:
    (Path(event) / "proof").write_text("x")


@pytest.mark.fidelity("V43")
def test_a_database_outside_tmp_can_be_read(deploy: Deploy, tmp_path: Path) -> None:
    """SQLite reads a database beside the code; writing to it, and making one, fail in SQLite's own words."""
    import sqlite3

    connection = sqlite3.connect(tmp_path / "data.db")
    connection.executescript("create table t (x); insert into t values (7)")
    connection.close()
    function = deploy(
        """
        import sqlite3
        from contextlib import closing

        def attempt(name, statement, **options):
            try:
                with closing(sqlite3.connect(name, **options)) as connection:
                    return connection.execute(statement).fetchall()
            except sqlite3.OperationalError as error:
                return str(error)

        def handler(event, context):
            return (
                attempt("data.db", "select x from t"),
                attempt("file:data.db", "select x from t", uri=True),
                attempt("data.db", "delete from t"),
                attempt("file:data.db?mode=rwc", "delete from t", uri=True),
                attempt("new.db", "create table t (x)"),
                attempt(":memory:", "select 1"),
            )
        """
    )
    refused = "attempt to write a readonly database"
    assert function.invoke({}).payload == [[[7]], [[7]], refused, refused, "unable to open database file", [[1]]]


@pytest.mark.fidelity("V43")
def test_a_dead_handler_is_unwound_before_it_is_refused(deploy: Deploy) -> None:
    """After the deadline no door answers, not even with an error."""
    function = deploy(
        """
        import time

        def handler(event, context):
            try:
                time.sleep(60)
            finally:
                try:
                    open("/var/task/x", "w")
                except OSError:
                    print("answered")
        """,
        timeout=1,
    )
    response = function.invoke({})
    assert "Task timed out" in response.payload["errorMessage"]
    assert "answered" not in response.logs


# -- ephemeral_storage ------------------------------------------------------------------------------------------------

FULL = "[Errno 28] No space left on device"
SET_SCENE = """
import mmap, os, pathlib, shutil, subprocess, sys, tempfile

MB = 1024 * 1024

def fill(free=0):
    "All but ``free`` bytes of 512 MB are taken, by a file with a hole in it."
    with open("/tmp/filler", "wb") as file:
        file.truncate(512 * MB - free)

def handler(event, context):
"""
EXCEEDING = {
    "text": "fill(); f = open('/tmp/x', 'w'); f.write('x'); f.flush()",
    "text at close": "fill(); f = open('/tmp/x', 'w'); f.write('x'); f.close()",
    "line buffered": "fill(); open('/tmp/x', 'w', buffering=1).write('x' + chr(10))",
    "binary": "fill(); f = open('/tmp/x', 'wb'); f.write(b'x'); f.flush()",
    "big binary": "fill(4096); open('/tmp/x', 'wb').write(bytes(MB))",
    "unbuffered": "fill(); open('/tmp/x', 'wb', buffering=0).write(b'x')",
    "r+": "fill(); open('/tmp/x', 'w').close(); f = open('/tmp/x', 'rb+'); f.seek(4096); f.write(b'x'); f.flush()",
    "append": "fill(4096); open('/tmp/x', 'w').write('x' * 4096); f = open('/tmp/x', 'a'); f.write('x'); f.flush()",
    "FileIO": "fill(); __import__('io').FileIO('/tmp/x', 'w').write(b'x')",
    "FileIO's class": "fill(); type('Own', (__import__('io').FileIO,), {})('/tmp/x', 'w').write(b'x')",
    "write_bytes": "fill(8192); pathlib.Path('/tmp/x').write_bytes(bytes(8193))",
    "os.write": "fill(); os.write(os.open('/tmp/x', os.O_CREAT | os.O_WRONLY), b'x')",
    "os.write appending": (
        "fill(4096); pathlib.Path('/tmp/x').write_bytes(bytes(4096))\\n"
        "    os.write(os.open('/tmp/x', os.O_APPEND | os.O_WRONLY), b'x')"
    ),
    "os.write to a file's descriptor": "fill(); f = open('/tmp/x', 'w'); os.write(f.fileno(), b'x')",
    "os.pwrite": "fill(4096); os.pwrite(os.open('/tmp/x', os.O_CREAT | os.O_WRONLY), b'x', 4096)",
    "os.writev": "fill(); os.writev(os.open('/tmp/x', os.O_CREAT | os.O_WRONLY), [b'x', b'y'])",
    "os.truncate": "fill(); open('/tmp/x', 'w').close(); os.truncate('/tmp/x', 1)",
    "os.ftruncate": "fill(); os.ftruncate(os.open('/tmp/x', os.O_CREAT | os.O_WRONLY), 1)",
    "truncate": "fill(); open('/tmp/x', 'w').truncate(1)",
    "too large a file": "fill(-1)",
    "os.posix_fallocate": "fill(); os.posix_fallocate(os.open('/tmp/x', os.O_CREAT | os.O_WRONLY), 0, 1)",
    "shutil.copyfile": "fill(4096); open('/tmp/x', 'wb').write(bytes(4096)); shutil.copyfile('/tmp/x', '/tmp/y')",
    "shutil.copyfile from outside": "fill(); shutil.copyfile(__file__, '/tmp/y')",
    "copy_file_range": (
        "fill(); os.copy_file_range(os.open(__file__, 0), os.open('/tmp/x', os.O_CREAT | os.O_WRONLY), 10)"
    ),
    "tempfile": "fill(); f = tempfile.TemporaryFile(); f.write(b'x'); f.flush()",
    "an unnamed file": "f = tempfile.TemporaryFile(); f.truncate(512 * MB); open('/tmp/x', 'wb', 0).write(b'x')",
    "after sqlite": (
        "c = __import__('sqlite3').connect('/tmp/db'); fill(); c.execute('create table t (x)'); c.close()\\n"
        "    open('/tmp/x', 'wb', 0).write(b'x')"
    ),
    "after a child": (
        "subprocess.check_call(['truncate', '-s', '512M', '/tmp/filler']); open('/tmp/x', 'wb', 0).write(b'x')"
    ),
}  # fmt: skip


@POSIX_ONLY
@pytest.mark.fidelity("V42")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("statement", [pytest.param(statement, id=name) for name, statement in EXCEEDING.items()])
def test_the_write_that_exceeds_tmp_fails(deploy: Deploy, statement: str) -> None:
    """With 512 MB taken, the next byte is refused, whichever function writes it."""
    if "copy_file_range" in statement and not hasattr(os, "copy_file_range"):
        pytest.skip("the platform has no copy_file_range")
    payload = deploy(SET_SCENE + "    " + statement.replace("\\n", "\n")).invoke({}).payload
    assert payload["errorType"] == "OSError"
    assert payload["errorMessage"].startswith(FULL)


@pytest.mark.fidelity("V42")
def test_the_size_of_tmp_is_the_configurations(deploy: Deploy) -> None:
    """``ephemeral_storage`` decides how much fits; the same file fits into a larger ``/tmp``."""
    source = """
        import shutil

        def handler(event, context):
            with open("/tmp/x", "wb") as file:
                file.truncate(600 * 1024 * 1024)
            return tuple(shutil.disk_usage("/tmp"))
        """
    assert deploy(source).invoke({}).payload["errorMessage"] == FULL
    usage = deploy(source, ephemeral_storage=1024).invoke({}).payload
    assert usage == [1024 * MB, 600 * MB, 424 * MB]


@pytest.mark.fidelity("V42")
def test_removing_gives_room_back(deploy: Deploy) -> None:
    """What is removed, truncated or overwritten no longer counts, also in the next invocation."""
    function = deploy(
        SET_SCENE
        + """
    fill()
    for give_back in (lambda: os.remove("/tmp/filler"), lambda: open("/tmp/filler", "w").close()):
        give_back()
        pathlib.Path("/tmp/x").write_bytes(bytes(MB))
        os.remove("/tmp/x")
        fill()
    with open("/tmp/filler", "rb+") as file:
        file.write(bytes(100))
    os.remove("/tmp/filler")
    return shutil.disk_usage("/tmp").free
"""
    )
    assert [function.invoke({}).raise_for_error().payload for _ in range(2)] == [512 * MB] * 2


@pytest.mark.fidelity("V40", "V42")
def test_a_full_tmp_is_full_for_the_next_invocation_too(deploy: Deploy) -> None:
    """What an invocation leaves in ``/tmp`` takes room until the environment is replaced."""
    function = deploy(
        """
        def handler(event, context):
            with open(f"/tmp/{context.aws_request_id}", "wb") as file:
                file.truncate(300 * 1024 * 1024)
        """
    )
    assert function.invoke({}).function_error is None
    assert function.invoke({}).payload["errorMessage"] == FULL
    function.recycle_environments()
    assert function.invoke({}).function_error is None


@pytest.mark.fidelity("V42")
def test_what_the_test_puts_into_tmp_counts(deploy: Deploy) -> None:
    """A file that the test puts into ``environment.tmp`` takes the handler's room."""
    function = deploy("def handler(event, context):\n    with open('/tmp/x', 'wb', 0) as f:\n        f.write(b'x')\n")
    environment = function.invoke({}).environment
    with open(environment.tmp / "large", "wb") as file:
        file.truncate(512 * MB - 4096)
    assert function.invoke({}).function_error is None  # it writes to a block that is there
    os.remove(environment.tmp / "x")
    os.truncate(environment.tmp / "large", 512 * MB)
    assert function.invoke({}).payload["errorMessage"] == FULL


@pytest.mark.fidelity("V42")
def test_a_write_goes_as_far_as_there_is_room(deploy: Deploy) -> None:
    """An unbuffered write that partly fits writes that part and says so, as the kernel does."""
    function = deploy(
        SET_SCENE
        + """
    fill(8192)
    with open("/tmp/x", "wb", buffering=0) as file:
        written = file.write(bytes(10_000))
    descriptor = os.open("/tmp/x", os.O_WRONLY | os.O_TRUNC)
    return written, os.write(descriptor, bytes(9_000)), os.stat("/tmp/x").st_size
"""
    )
    assert function.invoke({}).raise_for_error().payload == [8192, 8192, 8192]


@POSIX_ONLY
@pytest.mark.fidelity("V42")
def test_the_file_system_tells_its_size(deploy: Deploy) -> None:
    """``statvfs`` and ``disk_usage`` speak of ``/tmp`` as of a file system of the configured size."""
    function = deploy(
        SET_SCENE
        + """
    pathlib.Path("/tmp/x").write_bytes(bytes(5000))
    os.link("/tmp/x", "/tmp/y")
    status = os.statvfs("/tmp/x")
    return status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize, shutil.disk_usage("/tmp").used
"""
    )
    assert function.invoke({}).raise_for_error().payload == [512 * MB, 512 * MB - 8192, 8192]


@pytest.mark.fidelity("V42")
def test_tmp_path_has_no_such_limit(aws_lambda: LambdaService, tmp_path: Path) -> None:
    """What a handler writes to the test's own ``tmp_path`` takes no room in ``/tmp``, however full that is."""
    aws_lambda.create_function(_fill_and_write_elsewhere).invoke(str(tmp_path)).raise_for_error()
    assert (tmp_path / "large").stat().st_size == 600 * MB
    assert (tmp_path / "proof").read_text() == "x"


def _fill_and_write_elsewhere(event: str, context: object) -> None:
    with open("/tmp/filler", "wb") as filler:
        filler.truncate(512 * MB)
    with open(Path(event) / "large", "wb") as large:
        large.truncate(600 * MB)
    os.write(os.open(Path(event) / "proof", os.O_CREAT | os.O_WRONLY), b"x")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs AF_UNIX")
@pytest.mark.fidelity("V43")
def test_a_socket_outside_tmp_is_refused(deploy: Deploy) -> None:
    """Binding a socket makes a file, which a read-only file system refuses."""
    function = deploy(
        """
        import socket

        def handler(event, context):
            with socket.socket(socket.AF_UNIX) as server:
                server.bind("here")
        """
    )
    assert function.invoke({}).payload["errorMessage"] == "[Errno 30] Read-only file system"


@pytest.mark.skipif(sys.platform != "linux", reason="abstract addresses are Linux's")
def test_an_abstract_socket_is_no_file(deploy: Deploy) -> None:
    """An address that begins with a zero byte needs no file system."""
    function = deploy(
        """
        import socket

        def handler(event, context):
            with socket.socket(socket.AF_UNIX) as server:
                server.bind("\\0tmp-proof-of-pytest-lambda-env")
        """
    )
    function.invoke({}).raise_for_error()
