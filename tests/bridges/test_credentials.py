"""Whatever credentials the machine has: handler code sees those of its function and no others.

Each test plants credentials in every place where boto3 or the AWS CLI would find them, in a process of its own, and
lets a handler look. All of them contain one word, so that nothing that slips through is overlooked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WORD = "PLANTED"

PREAMBLE = """
import ctypes, json, multiprocessing, os, pathlib, shlex, subprocess, sys

PROGRAM = "import json, os; print(json.dumps(dict(os.environ)))"
COMMAND = [sys.executable, "-SEc", PROGRAM]
HOME = {home!r}
"""

RUN = """
import pathlib, sys
{before}
from pytest_lambda_env import LambdaService
with LambdaService(task_root={root!r}) as service:
    response = service.create_function("app.handler", timeout=60).invoke()
    assert response.function_error is None, response.payload
pathlib.Path({result!r}).write_text(response.raw_payload.decode())
"""


class Machine:
    """A machine whose owner has credentials in every place that there is."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home = directory / "home"
        aws = self.home / ".aws"
        (aws / "sso" / "cache").mkdir(parents=True)
        (aws / "cli" / "cache").mkdir(parents=True)
        keys = f"aws_access_key_id = {WORD}KEY\naws_secret_access_key = {WORD}SECRET\n"
        (aws / "credentials").write_text(f"[default]\n{keys}[prod]\n{keys}")
        command = f"{sys.executable} -c 'print(1)' {WORD}"
        (aws / "config").write_text(f"[default]\nregion = {WORD}\n[profile tool]\ncredential_process = {command}\n")
        (aws / "sso" / "cache" / "token.json").write_text(json.dumps({"accessToken": WORD}))
        (aws / "cli" / "cache" / "role.json").write_text(json.dumps({"Credentials": {"SecretAccessKey": WORD}}))
        (self.home / ".boto").write_text(f"[Credentials]\n{keys}")
        self.elsewhere = directory / "elsewhere"
        self.elsewhere.mkdir()
        (self.elsewhere / "credentials").write_text(f"[default]\n{keys}")
        (self.elsewhere / "config").write_text(f"[profile prod]\n{keys}")
        (self.elsewhere / "token").write_text(WORD)

    @property
    def variables(self) -> dict[str, str]:
        """The variables with which its owner runs pytest."""
        planted = (
            "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_PROFILE "
            "AWS_DEFAULT_PROFILE AWS_ROLE_ARN AWS_ROLE_SESSION_NAME AWS_CONTAINER_AUTHORIZATION_TOKEN "
            "AWS_BEARER_TOKEN_BEDROCK DATABASE_PASSWORD"
        )
        return {
            **os.environ,
            **dict.fromkeys(planted.split(), WORD),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.elsewhere / "credentials"),
            "AWS_CONFIG_FILE": str(self.elsewhere / "config"),
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(self.elsewhere / "token"),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:1/{WORD}",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": f"/{WORD}",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:1/{WORD}",
            "BOTO_CONFIG": str(self.home / ".boto"),
            "HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }

    def handler_sees(self, body: str, before: str = "") -> Any:
        """What a handler with this body returns; ``before`` is what the test has done first."""
        root, result = self.directory / "task", self.directory / "result.json"
        root.mkdir()
        lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
        (root / "app.py").write_text(
            PREAMBLE.format(home=str(self.home)) + f"\ndef handler(event, context):\n{lines}\n"
        )
        program = RUN.format(before=before, root=str(root), result=str(result))
        done = subprocess.run(
            [sys.executable, "-c", program], env=self.variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(result.read_text())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine full of credentials."""
    return Machine(tmp_path)


def planted(seen: Any) -> bool:
    """Whether anything of the owner's is in what a handler has seen."""
    return WORD in json.dumps(seen)


def test_variables(machine: Machine) -> None:
    """No variable of the machine is there, by any way of reading them that Python has."""
    seen = machine.handler_sees(
        "found = dict(os.environ), {k.decode(): v.decode() for k, v in os.environb.items()}, os.environ.copy()\n"
        "return [*found, [os.getenv('AWS_PROFILE'), os.getenv('AWS_ACCESS_KEY_ID')]]\n"
        if os.supports_bytes_environ
        else "return [dict(os.environ), [os.getenv('AWS_PROFILE'), os.getenv('AWS_ACCESS_KEY_ID')]]\n"
    )
    assert not planted(seen)
    assert seen[-1][0] is None
    assert seen[-1][1].startswith("ASIA")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc")
def test_the_variables_of_the_process_itself(machine: Machine) -> None:
    """What the kernel remembers of the test process's variables can't be read."""
    seen = machine.handler_sees(
        "found = []\n"
        "for name in ('self', 'thread-self', str(os.getpid()), f'self/task/{os.getpid()}'):\n"
        "    try:\n"
        "        found.append(open(f'/proc/{name}/environ').read())\n"
        "    except OSError as error:\n"
        "        found.append(type(error).__name__)\n"
        "return found\n"
    )
    assert seen == ["FileNotFoundError"] * 4


def test_files(machine: Machine) -> None:
    """Profiles, credentials, caches of the CLI and of single sign-on: no file is there, nor its directory."""
    seen = machine.handler_sees(
        "found = []\n"
        "for name in ('.aws/credentials', '.aws/config', '.aws/sso/cache/token.json', '.aws/cli/cache/role.json', "
        "'.boto'):\n"
        "    path = pathlib.Path(HOME, name)\n"
        "    found.append([path.exists(), os.path.isfile(path), os.path.isdir(path.parent / '.aws')])\n"
        "    for read in (path.read_text, lambda: open(path).read(), lambda: os.open(path, 0),\n"
        "                 lambda: open(os.path.relpath(path)).read(), lambda: os.listdir(path.parent / '.aws')):\n"
        "        try:\n"
        "            found.append(str(read()))\n"
        "        except OSError as error:\n"
        "            found.append(type(error).__name__)\n"
        "return found\n"
    )
    assert not planted(seen)
    assert all(each in ([False] * 3, "FileNotFoundError") for each in seen), seen


def test_sessions_of_boto3(machine: Machine) -> None:
    """A session has the function's credentials and region, and knows no profile; without them it finds no others."""
    seen = machine.handler_sees(
        "import boto3, botocore.session, botocore.exceptions\n"
        "own = boto3.Session()\n"
        "found = {'profiles': own.available_profiles, 'region': own.region_name,\n"
        "         'keys': list(own.get_credentials().get_frozen_credentials()),\n"
        "         'client': boto3.client('sqs').meta.endpoint_url,\n"
        "         'profile': boto3._get_default_session().profile_name}\n"
        "for profile in ('prod', 'tool'):\n"
        "    try:\n"
        "        found[profile] = boto3.Session(profile_name=profile).get_credentials().secret_key\n"
        "    except botocore.exceptions.ProfileNotFound as error:\n"
        "        found[profile] = str(error)\n"
        "for name in [name for name in os.environ if name.startswith('AWS_')]:\n"
        "    del os.environ[name]\n"
        "none = botocore.session.Session().get_credentials()\n"
        "found['without'] = none and [none.access_key, none.method]\n"
        "return found\n"
    )
    assert not planted(seen)
    assert seen["keys"][0].startswith("ASIA")
    assert (seen["profiles"], seen["region"], seen["profile"]) == ([], "us-east-1", "default")
    assert "could not be found" in seen["prod"]
    assert "could not be found" in seen["tool"]
    assert seen["without"] is None
    assert "amazonaws.com" in seen["client"]


def test_the_default_session_of_the_test(machine: Machine) -> None:
    """A test that has used boto3 before, with the machine's credentials, does not lend them to the handler."""
    seen = machine.handler_sees(
        "import boto3\n"
        "session = boto3._get_default_session()\n"
        "client = boto3.client('sqs')\n"
        "return [list(session.get_credentials().get_frozen_credentials()), client.meta.endpoint_url, "
        "client._request_signer._credentials.access_key]\n",
        before=(
            "import os, boto3\n"
            "del os.environ['AWS_PROFILE'], os.environ['AWS_DEFAULT_PROFILE']\n"
            "boto3.client('sqs', region_name='us-east-1')\n"
            f"assert '{WORD}' in boto3.DEFAULT_SESSION.get_credentials().secret_key\n"
        ),
    )
    assert not planted(seen)
    assert seen[0][0].startswith("ASIA")


def test_container_and_instance_metadata(machine: Machine) -> None:
    """Asked directly, the metadata services don't answer, and botocore goes on without them, at once."""
    seen = machine.handler_sees(
        "from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher\n"
        "from botocore.exceptions import MetadataRetrievalError\n"
        "found = [InstanceMetadataFetcher(timeout=1, num_attempts=2).retrieve_iam_role_credentials()]\n"
        "for uri in ('http://169.254.170.2/x', 'http://169.254.170.23/v1/credentials'):\n"
        "    try:\n"
        "        found.append(ContainerMetadataFetcher().retrieve_full_uri(uri))\n"
        "    except MetadataRetrievalError as error:\n"
        "        found.append(type(error).__name__)\n"
        "return found\n"
    )
    assert seen == [{}, "MetadataRetrievalError", "MetadataRetrievalError"]


CHILDREN = {
    "run": "return json.loads(subprocess.run(COMMAND, capture_output=True, text=True).stdout)",
    "given variables": (
        "return json.loads(subprocess.run(COMMAND, env={'PATH': os.defpath}, capture_output=True, text=True).stdout)"
    ),
    "check_output": "return json.loads(subprocess.check_output(COMMAND))",
    "popen": "with os.popen(shlex.join(COMMAND)) as pipe: return json.loads(pipe.read())",
    "asyncio": (
        "import asyncio\n"
        "async def start():\n"
        "    child = await asyncio.create_subprocess_exec(*COMMAND, stdout=subprocess.PIPE)\n"
        "    return json.loads((await child.communicate())[0])\n"
        "return asyncio.run(start())"
    ),
}
FORKED = {
    "spawnv": "code = os.spawnv(os.P_WAIT, sys.executable, [*COMMAND[:2], WRITES])",
    "spawnvp": "code = os.spawnvp(os.P_WAIT, sys.executable, [*COMMAND[:2], WRITES])",
    "execv": (
        "child = os.fork()\nif not child: os.execv(sys.executable, [*COMMAND[:2], WRITES])\nos.waitpid(child, 0)"
    ),
    "execlp": (
        "child = os.fork()\nif not child: os.execlp(sys.executable, *COMMAND[:2], WRITES)\nos.waitpid(child, 0)"
    ),
    "posix_spawn": "os.waitpid(os.posix_spawn(sys.executable, [*COMMAND[:2], WRITES], os.environ), 0)",
}


@pytest.mark.parametrize("statement", [pytest.param(each, id=name) for name, each in CHILDREN.items()])
def test_child_processes(machine: Machine, statement: str) -> None:
    """A child inherits the function's variables, is told of no files of credentials, and of a proxy that is closed."""
    seen = machine.handler_sees(statement)
    assert not planted(seen)
    assert seen["AWS_CONFIG_FILE"] == seen["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert seen["https_proxy"] == seen["HTTP_PROXY"] == seen["ALL_PROXY"] == "http://127.0.0.1:9"
    assert "localhost" in seen["no_proxy"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize("statement", [pytest.param(each, id=name) for name, each in FORKED.items()])
def test_children_without_popen(machine: Machine, statement: str) -> None:
    """So does a child that is started without ``subprocess``."""
    out = str(machine.directory / "out.json")
    writes = f"import json, os; json.dump(dict(os.environ), open({out!r}, 'w'))"
    machine.handler_sees(f"WRITES = {writes!r}\n{statement}")
    seen = json.loads(Path(out).read_text())
    assert not planted(seen)
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_processes_of_multiprocessing(machine: Machine) -> None:
    """A process that multiprocessing spawns inherits the function's variables too."""
    out = str(machine.directory / "out.json")
    writes = f"import json, os; json.dump(dict(os.environ), open({out!r}, 'w'))"
    machine.handler_sees(
        "from multiprocessing import util\n"
        "import _posixsubprocess\n"
        f"child = util.spawnv_passfds(os.fsencode(sys.executable), [*COMMAND[:2], {writes!r}], [])\n"
        "os.waitpid(child, 0)\n"
    )
    seen = json.loads(Path(out).read_text())
    assert not planted(seen)
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")


def test_what_a_handler_sets_itself_stays(machine: Machine) -> None:
    """A child's own file of profiles, which the handler has written and names, is the child's to read."""
    seen = machine.handler_sees(
        "os.environ['AWS_CONFIG_FILE'] = '/tmp/config'\nreturn json.loads(subprocess.check_output(COMMAND))"
    )
    # Where the child finds it: a name below /tmp leads to the environment's own.
    assert seen["AWS_CONFIG_FILE"] == f"{seen['TMPDIR']}/config"
