"""What a handler finds around it: variables, time zone, directories, and what stays from one request to the next."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.model.sandbox import SandboxRules
from pytest_lambda_env.runtime.child_network import NO_CREDENTIALS, network_variables

Deploy = Callable[..., LambdaFunction]

SHOW_VARIABLES = """
    import os
    from os import environ as captured

    at_init = dict(os.environ)

    def handler(event, context):
        return {
            "init": at_init,
            "invoke": dict(os.environ),
            "captured": dict(captured),
            "getenv": {name: os.getenv(name) for name in os.environ},
        }
"""

CONSTANT = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_REGION": "eu-central-1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_FUNCTION_NAME": "fn",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/fn",
    "AWS_LAMBDA_RUNTIME_API": "169.254.100.1:9001",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
    "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
    "_AWS_XRAY_DAEMON_PORT": "2000",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LANG": "en_US.UTF-8",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    "PYTHONPATH": "/var/runtime",
    "SHLVL": "0",
    "TZ": ":UTC",
    "_HANDLER": "app.handler",
}
CREDENTIALS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
HERE = {"LAMBDA_TASK_ROOT", "PWD", "PATH", "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_STREAM_NAME"}


# -- variables --------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("5.3.1", "V47", "X01", "X02", "P-26")
@pytest.mark.lambda_service(region="eu-central-1")
@pytest.mark.parametrize("minor", [10, 11, 12, 13, 14])
def test_every_variable(deploy: Deploy, tmp_path: Path, minor: int) -> None:
    """A handler finds Lambda's variables and no others; the trace id is there during a request only."""
    function = deploy(SHOW_VARIABLES, function_name="fn", memory_size=512, runtime=f"python3.{minor}")
    response = function.invoke({})
    init, invoke = response.payload["init"], response.payload["invoke"]
    locale = {"LC_CTYPE": "C.UTF-8"} if minor >= 12 else {}
    assert init.keys() == CONSTANT.keys() | CREDENTIALS | HERE | locale.keys()
    assert {name: init[name] for name in CONSTANT} == CONSTANT
    assert locale.items() <= init.items()
    assert init["AWS_EXECUTION_ENV"] == f"AWS_Lambda_python3.{minor}"
    assert init["LAMBDA_TASK_ROOT"] == init["PWD"] == str(tmp_path)
    assert init["AWS_LAMBDA_LOG_STREAM_NAME"] == response.environment.log_stream_name
    assert init["PATH"].endswith(":/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin")
    trace_id = invoke.pop("_X_AMZN_TRACE_ID")
    assert invoke == init
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01];Lineage=\S+", trace_id)


@pytest.mark.fidelity("5.3.1")
def test_every_way_to_read_a_variable(deploy: Deploy) -> None:
    """A captured ``environ`` and ``getenv`` show the same variables."""
    payload = deploy(SHOW_VARIABLES, environment={"STAGE": "test"}).invoke({}).payload
    assert payload["invoke"]["STAGE"] == "test"
    assert payload["captured"] == payload["getenv"] == payload["invoke"]


WAYS_TO_START = {
    "subprocess": "print(subprocess.check_output([sys.executable, '-SEc', PROGRAM], text=True))",
    "popen": "with os.popen(COMMAND) as pipe: print(pipe.read())",
    "system": "print(os.system(COMMAND + ' > ' + shlex.quote(event))); print(pathlib.Path(event).read_text())",
}


@pytest.mark.fidelity("5.3.1")
@pytest.mark.parametrize("statement", [pytest.param(statement, id=name) for name, statement in WAYS_TO_START.items()])
def test_a_child_process_has_the_same_variables(deploy: Deploy, tmp_path: Path, statement: str) -> None:
    """A process that a handler starts inherits the function's variables, also those that the handler has set."""
    function = deploy(
        f"""
        import json, os, pathlib, shlex, subprocess, sys

        PROGRAM = "import json, os; print(json.dumps(dict(os.environ)))"
        COMMAND = shlex.join([sys.executable, "-SEc", PROGRAM])

        def handler(event, context):
            os.environ["SET_BY_HANDLER"] = "yes"
            {statement}
            return dict(os.environ)
        """,
        environment={"STAGE": "test"},
    )
    response = function.invoke(str(tmp_path / "printed"))
    [printed] = re.findall("^{.*}$", response.logs, re.MULTILINE)
    inherited, own = json.loads(printed), response.payload
    assert (own["STAGE"], own["SET_BY_HANDLER"]) == ("test", "yes")
    # What interpreter and shell set by themselves, the first to coerce the locale (PEP 538); what keeps the child here
    # and leads it to /tmp.
    differing = {"LC_CTYPE", "PWD", "SHLVL", "_", "OLDPWD", "TMPDIR", *NO_CREDENTIALS}
    differing |= network_variables(SandboxRules()).keys()
    assert {name: value for name, value in inherited.items() if name not in differing} == {
        name: value for name, value in own.items() if name not in differing
    }


@pytest.mark.fidelity("5.3.1", "G34")
def test_json_logging_adds_its_variables(deploy: Deploy) -> None:
    """With the JSON log format two more variables tell format and level."""
    payload = deploy(SHOW_VARIABLES, log_format="JSON", application_log_level="DEBUG").invoke({}).payload
    assert payload["init"]["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert payload["init"]["AWS_LAMBDA_LOG_LEVEL"] == "DEBUG"


@pytest.mark.fidelity("V47", "5.3.1")
def test_the_machines_variables_are_not_visible(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the test process's own variables reaches handler code: no credentials, no profile, no home."""
    own = {
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "a-real-secret",
        "AWS_SESSION_TOKEN": "a-real-token",
        "AWS_PROFILE": "production",
        "AWS_REGION": "ap-south-1",
        "AWS_CONFIG_FILE": "/home/me/.aws/config",
        "AWS_ENDPOINT_URL": "https://example.com",
        "HOME": "/home/me",
        "USER": "me",
        "DATABASE_URL": "postgres://production",
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    payload = deploy(SHOW_VARIABLES).invoke({}).payload
    for variables in payload.values():
        assert not set(own.values()) & set(variables.values())
        assert not {"AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL", "HOME", "USER", "DATABASE_URL"} & set(
            variables
        )
    assert payload["invoke"]["AWS_REGION"] == "us-east-1"


@pytest.mark.fidelity("5.3.1")
def test_credentials_are_temporary(deploy: Deploy) -> None:
    """Each environment has credentials in the shape of an assumed role's, the same in every run."""
    function = deploy(SHOW_VARIABLES)
    first = function.invoke({}).payload["invoke"]
    function.recycle_environments()
    second = function.invoke({}).payload["invoke"]
    assert re.fullmatch("ASIA[A-Z0-9]{16}", first["AWS_ACCESS_KEY_ID"])
    assert len(first["AWS_SECRET_ACCESS_KEY"]) == 40
    assert first["AWS_ACCESS_KEY_ID"] != second["AWS_ACCESS_KEY_ID"]
    with LambdaService() as other:
        again = other.create_function(lambda event, context: dict(os.environ)).invoke({}).payload
    assert {name: again[name] for name in CREDENTIALS} == {name: first[name] for name in CREDENTIALS}


@pytest.mark.fidelity("5.3.1", "P-26")
@pytest.mark.parametrize("event", ["return", "raise", "exit", "sleep"])
def test_the_tests_own_variables_come_back(deploy: Deploy, event: str) -> None:
    """However an invocation ends, the test's variables are what they were, and the handler's are gone."""
    before, bytes_before = dict(os.environ), dict(os.environb) if os.supports_bytes_environ else {}
    function = deploy(
        """
        import os, sys, time

        def handler(event, context):
            os.environ["SET_BY_HANDLER"] = "yes"
            os.putenv("PUT_BY_HANDLER", "yes")
            del os.environ["TZ"]
            os.environ.pop("PATH", None)
            if event == "raise":
                raise ValueError
            if event == "exit":
                sys.exit(1)
            if event == "sleep":
                time.sleep(60)
        """
    )
    function.invoke(event)
    assert dict(os.environ) == before
    if os.supports_bytes_environ:
        assert dict(os.environb) == bytes_before


@pytest.mark.fidelity("5.3.1")
def test_what_a_handler_sets_stays_with_its_process(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A variable that a handler has set is there in the next warm request, and in no other environment."""
    source = """
        import os

        def handler(event, context):
            before = os.environ.get("MINE")
            os.environ["MINE"] = "set"
            return before
    """
    function, other = deploy(source, function_name="one"), deploy(source, function_name="other")
    assert [function.invoke({}).payload for _ in range(2)] == [None, "set"]
    assert other.invoke({}).payload is None
    function.recycle_environments()
    assert function.invoke({}).payload is None


@pytest.mark.fidelity("5.3.1")
def test_what_a_test_sets_meanwhile_stays(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that the test sets between two requests is its own: it stays, and the handler does not see it."""
    function = deploy(SHOW_VARIABLES)
    function.invoke({})
    monkeypatch.setenv("SET_BY_TEST", "yes")
    assert "SET_BY_TEST" not in function.invoke({}).payload["invoke"]
    assert os.environ["SET_BY_TEST"] == "yes"


# -- time zone --------------------------------------------------------------------------------------------------------

SHOW_TIME = """
    import time
    from datetime import datetime

    def handler(event, context):
        now = datetime.now()
        return {
            "datetime": now.isoformat(timespec="minutes"),
            "local": time.strftime("%Y-%m-%dT%H:%M", time.localtime()),
            "utc": time.strftime("%Y-%m-%dT%H:%M", time.gmtime()),
            "of_timestamp": datetime.fromtimestamp(time.time()).isoformat(timespec="minutes"),
            "offset": datetime.now().astimezone().strftime("%z"),
            "name": time.tzname[time.localtime().tm_isdst],
        }
"""


@pytest.mark.fidelity("5.3.1", "I93")
@pytest.mark.lambda_service(start="2026-07-01T12:00:00Z")
def test_a_handlers_time_is_utc(deploy: Deploy) -> None:
    """Local time is UTC unless a function's ``TZ`` says otherwise, whatever the machine's zone is."""
    payload = deploy(SHOW_TIME).invoke({}).payload
    assert {payload[name] for name in ("datetime", "local", "utc", "of_timestamp")} == {"2026-07-01T12:00"}
    assert payload["offset"] == "+0000"


@pytest.mark.fidelity("5.3.1", "I93")
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this platform can't change its time zone")
@pytest.mark.parametrize(
    ("start", "local", "offset", "name"),
    [
        pytest.param("2026-07-01T12:00:00Z", "2026-07-01T14:00", "+0200", "CEST", id="summer"),
        pytest.param("2026-12-01T12:00:00Z", "2026-12-01T13:00", "+0100", "CET", id="winter"),
    ],
)
def test_a_functions_own_time_zone(tmp_path: Path, start: str, local: str, offset: str, name: str) -> None:
    """A function's ``TZ`` is honoured by ``time.localtime`` and ``datetime.now``, and by nobody else."""
    (tmp_path / "app.py").write_text("\n".join(line[4:] for line in SHOW_TIME.splitlines()), encoding="utf-8")
    with LambdaService(start=start) as aws_lambda:
        berlin = aws_lambda.create_function(
            "app.handler", code=tmp_path, function_name="berlin", environment={"TZ": "Europe/Berlin"}
        )
        utc = aws_lambda.create_function("app.handler", code=tmp_path, function_name="utc")
        payload = berlin.invoke({}).payload
        assert payload == {
            "datetime": local,
            "local": local,
            "utc": start[:16],
            "of_timestamp": local,
            "offset": offset,
            "name": name,
        }
        assert utc.invoke({}).payload["local"] == start[:16]
        assert datetime.now().isoformat(timespec="minutes") == start[:16]
        assert berlin.invoke({}).payload == payload


@pytest.mark.fidelity("5.3.1")
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this platform can't change its time zone")
def test_the_machines_time_zone_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a service the machine's own zone is in force again."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        with LambdaService() as aws_lambda:
            function = aws_lambda.create_function(
                lambda event, context: time.strftime("%z"), environment={"TZ": "Europe/Berlin"}
            )
            assert function.invoke({}).payload in ("+0100", "+0200")
            assert time.strftime("%z") == "+0000"
        assert (time.strftime("%z"), time.tzname[0]) == ("+0900", "JST")
    finally:
        monkeypatch.undo()
        time.tzset()


# -- directories ------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V42")
def test_directories(deploy: Deploy, tmp_path: Path) -> None:
    """The working directory is the task root, and ``/tmp`` is empty and open to everybody."""
    function = deploy(
        """
        import os, pathlib, tempfile

        def handler(event, context):
            mode = oct(os.stat("/tmp").st_mode)
            text = pathlib.Path("data.txt").read_text()
            return os.getcwd(), os.listdir("/tmp"), mode, tempfile.gettempdir(), text
        """
    )
    (tmp_path / "data.txt").write_text("beside the code", encoding="utf-8")
    here, entries, mode, temporary, text = function.invoke({}).payload
    assert here == str(tmp_path)
    assert entries == []
    if os.name != "nt":
        assert mode == oct(stat.S_IFDIR | 0o1777)
    assert temporary == "/tmp"
    assert text == "beside the code"


@pytest.mark.fidelity("V46")
def test_the_task_root_comes_first_on_the_path(deploy: Deploy, tmp_path: Path) -> None:
    """Modules beside the handler win over others of their name; the test's own path is given back."""
    before = list(sys.path)
    (tmp_path / "simplejson.py").write_text("OWN = True\n", encoding="utf-8")
    function = deploy(
        """
        import sys, simplejson

        def handler(event, context):
            return sys.path[0], simplejson.OWN
        """
    )
    assert function.invoke({}).payload == [str(tmp_path), True]
    assert sys.path == before
    assert not hasattr(sys.modules.get("simplejson"), "OWN")


@pytest.mark.fidelity("V40", "V11")
def test_tmp_belongs_to_one_environment(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """``/tmp`` stays warm, is not shared with another environment, and is gone with its own."""
    function = deploy(
        """
        import os

        def handler(event, context):
            before = sorted(os.listdir("/tmp"))
            open(f"/tmp/{event}", "x").close()
            return before
        """
    )
    first = function.invoke("a")
    assert function.invoke("b").payload == ["a"]
    assert [response.payload for response in aws_lambda.invoke_concurrently(function, ["c", "d"])] == [["a", "b"], []]
    directory = first.environment.tmp
    assert sorted(path.name for path in directory.iterdir()) == ["a", "b", "c"]
    function.recycle_environments()
    assert not directory.exists()
    assert function.invoke("e").payload == []


# -- from one request to the next -------------------------------------------------------------------------------------


@pytest.mark.fidelity("V41")
def test_a_thread_is_frozen_between_requests(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """A thread that a handler left behind does not run between requests, and goes on in the next one."""
    function = deploy(
        """
        import threading, time

        ticks = 0

        def tick():
            global ticks
            while True:
                time.sleep(1)
                ticks += 1

        def handler(event, context):
            if event == "start":
                threading.Thread(target=tick, daemon=True).start()
            time.sleep(2.5)
            return ticks
        """
    )
    assert function.invoke("start").payload == 2
    aws_lambda.advance(minutes=5)
    # Its present sleep is over when it is thawed; then it ticks as time passes.
    assert function.invoke({}).payload == 5


COUNT = """
    import os

    count = 0

    def handler(event, context):
        global count
        count += 1
        return count, os.environ.get("STAGE"), context.memory_limit_in_mb
"""


@pytest.mark.fidelity("V48")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"environment": {"STAGE": "new"}}, [1, "new", "128"]),
        ({"memory_size": 256}, [1, "old", "256"]),
        ({"timeout": 9}, [1, "old", "128"]),
    ],
)
def test_an_update_discards_warm_environments(deploy: Deploy, change: dict[str, Any], expected: list[Any]) -> None:
    """After a change of configuration the next request is a cold start, with the new values."""
    function = deploy(COUNT, environment={"STAGE": "old"})
    assert [function.invoke({}).payload[0] for _ in range(2)] == [1, 2]
    function.update_configuration(**change)
    assert function.environments == []
    response = function.invoke({})
    assert (response.payload, response.cold_start) == (expected, True)


@pytest.mark.fidelity("V48")
def test_new_code_discards_warm_environments(deploy: Deploy, tmp_path: Path) -> None:
    """After ``update_code`` the next request is a cold start that runs what is on disk now."""
    function = deploy("def handler(event, context): return 'old'")
    assert function.invoke({}).payload == "old"
    (tmp_path / "app.py").write_text("def handler(event, context): return 'changed'\n", encoding="utf-8")
    assert function.invoke({}).payload == "old"
    function.update_code()
    response = function.invoke({})
    assert (response.payload, response.cold_start) == ("changed", True)


@pytest.mark.fidelity("V48")
def test_a_request_in_flight_ends_with_the_old_configuration(aws_lambda: LambdaService) -> None:
    """A change during a request does not reach it; its environment is gone afterwards."""

    def handler(event: Any, context: Any) -> list[str | None]:
        before = os.environ.get("STAGE")
        if event:
            fn.update_configuration(environment={"STAGE": "new"})
        return [before, os.environ.get("STAGE")]

    fn = aws_lambda.create_function(handler, environment={"STAGE": "old"})
    first = fn.invoke({"update": True})
    assert first.payload == ["old", "old"]
    second = fn.invoke({})
    assert second.payload == ["new", "new"]
    assert second.environment is not first.environment
    assert first.environment not in fn.environments


@pytest.mark.fidelity("V21")
def test_an_idle_environment_is_retired(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """An environment that has not been used for ten minutes is gone; one used meanwhile stays."""
    function = deploy(COUNT)
    function.invoke({})
    aws_lambda.advance(minutes=9)
    assert function.invoke({}).payload[0] == 2
    aws_lambda.advance(minutes=9)
    assert function.invoke({}).payload[0] == 3
    aws_lambda.advance(minutes=10)
    assert function.environments == []
    assert function.invoke({}).payload[0] == 1


@pytest.mark.fidelity("V20", "V11")
def test_functions_share_nothing(aws_lambda: LambdaService, deploy: Deploy, tmp_path: Path) -> None:
    """Two functions with modules of the same name have their own modules, globals and ``/tmp``."""
    functions = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "shared.py").write_text(f"NAME = {json.dumps(name)}\ncalls = []\n", encoding="utf-8")
        (folder / "app.py").write_text(
            "import shared\ndef handler(event, context):\n"
            "    shared.calls.append(1)\n    return shared.NAME, len(shared.calls)\n",
            encoding="utf-8",
        )
        functions.append(aws_lambda.create_function("app.handler", code=folder, function_name=name))
    payloads = [function.invoke({}).payload for function in (*functions, *functions)]
    assert payloads == [["one", 1], ["two", 1], ["one", 2], ["two", 2]]


@pytest.mark.fidelity("I65")
def test_real_time_is_not_billed(deploy: Deploy) -> None:
    """Computing takes no virtual time: durations are those of waits, the same in every run and on every machine."""
    response = deploy("def handler(event, context): return sum(range(100_000))").invoke({})
    assert response.duration == timedelta(0)
    assert "\tDuration: 0.00 ms\tBilled Duration: 1 ms\t" in response.report
