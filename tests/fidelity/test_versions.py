"""Published versions: what runs, what stays as it was, what is refused (fidelity section 5.4, V01 to V11, V33)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ResourceConflictException,
    ResourceNotFoundException,
    ServiceError,
    UsageError,
)
from pytest_lambda_env.model.facts import EnvironmentRetired, Invocation

Deploy = Callable[..., LambdaFunction]

WHO = """
    import os

    print("INIT of", os.environ["AWS_LAMBDA_FUNCTION_VERSION"])

    def handler(event, context):
        return {
            "version": context.function_version,
            "variable": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
            "arn": context.invoked_function_arn,
            "stream": context.log_stream_name,
        }
"""
ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"

REVISION = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)


def text_of(number: int) -> str:
    """A handler that returns a number."""
    return f"def handler(event, context): return {number}\n"


def app(function: LambdaFunction) -> Path:
    """Where its code is."""
    return function.versions[0].code.task_root / "app.py"


# -- what runs --------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V01", "V02", "V03", "P-29")
@pytest.mark.parametrize(
    ("qualifier", "version", "suffix"),
    [(None, "$LATEST", ""), ("$LATEST", "$LATEST", ":$LATEST"), (1, "1", ":1"), ("live", "1", ":live")],
)
@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_what_tells_the_version(deploy: Deploy, qualifier: Any, version: str, suffix: str, log_format: str) -> None:
    """The answer, the context, the variable, the ARN, the log stream and the START line."""
    function = deploy(WHO, function_name="orders", log_format=log_format)
    function.create_alias("live", function.publish_version())
    response = function.invoke({}, qualifier=qualifier)
    assert response.executed_version == version
    payload = response.payload
    assert (payload["version"], payload["variable"], payload["arn"]) == (version, version, ARN + suffix)
    assert payload["stream"] == response.environment.log_stream_name
    assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/\[{re.escape(version)}\][0-9a-f]{{32}}", payload["stream"])
    if log_format == "Text":
        assert f"START RequestId: {response.request_id} Version: {version}\n" in response.logs
    else:
        [start] = [json.loads(line) for line in response.logs.splitlines() if '"platform.start"' in line]
        assert start["record"]["version"] == version
    [run] = function.invocations
    assert (run.executed_version, run.qualifier) == (version, None if qualifier is None else str(qualifier))
    assert version in repr(response.environment) or version == "$LATEST"


@pytest.mark.fidelity("V02")
def test_a_version_is_given_as_it_was_published(deploy: Deploy) -> None:
    """Its number as text, a number, or the very object."""
    function = deploy(WHO, function_name="orders")
    version = function.publish_version("first")
    assert (str(version), version.arn, version.configuration.description) == ("1", f"{ARN}:1", "first")
    assert {function.invoke({}, qualifier=each).executed_version for each in ("1", 1, version)} == {"1"}
    assert [str(each) for each in function.versions] == ["$LATEST", "1"]


@pytest.mark.fidelity("V11")
def test_versions_share_no_environment(deploy: Deploy) -> None:
    """Each has globals and a ``/tmp`` of its own, though they run the same files; an alias has its version's."""
    function = deploy(
        """
        import os
        runs = 0
        def handler(event, context):
            global runs
            runs += 1
            with open("/tmp/runs", "a") as file:
                file.write("x")
            return [runs, os.path.getsize("/tmp/runs")]
        """
    )
    function.publish_version()
    function.update_configuration(memory_size=256)
    function.create_alias("live", function.publish_version())
    for expected in ([1, 1], [2, 2]):
        assert [function.invoke({}, qualifier=each).payload for each in (None, 1, 2)] == [expected] * 3
    assert function.invoke({}, qualifier="live").payload == [3, 3]
    assert [environment.version for environment in function.environments] == ["$LATEST", "1", "2"]
    assert len({environment.tmp for environment in function.environments}) == 3


# -- what stays as it was ---------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V04", "V05")
def test_new_code_changes_no_version(deploy: Deploy) -> None:
    """Not the version, and not the alias until it is moved."""
    function = deploy(text_of(1))
    function.create_alias("live", function.publish_version())
    deploy_text(function, 2)
    assert function.invoke({}).payload == 2
    assert [function.invoke({}, qualifier=each).payload for each in (1, "live")] == [1, 1]
    function.update_alias("live", function.publish_version())
    assert [function.invoke({}, qualifier=each).payload for each in (1, 2, "live")] == [1, 2, 2]


def deploy_text(function: LambdaFunction, number: int) -> None:
    """Other code in the same place."""
    app(function).write_text(text_of(number), encoding="utf-8")
    function.update_code()


@pytest.mark.fidelity("V05")
def test_a_version_keeps_its_configuration(deploy: Deploy) -> None:
    """Variables, timeout, memory: all of it; also where the test changes its own dictionary afterwards."""
    variables = {"STAGE": "old"}
    function = deploy(
        "import os\ndef handler(event, context): return [os.environ['STAGE'], context.memory_limit_in_mb]",
        environment=variables,
        memory_size=256,
    )
    version = function.publish_version()
    variables["STAGE"] = "changed"
    function.update_configuration(environment={"STAGE": "new"}, memory_size=512, timeout=9)
    assert function.invoke({}).payload == ["new", "512"]
    assert function.invoke({}, qualifier=version).payload == ["old", "256"]
    assert version.configuration.timeout == 3
    with pytest.raises(TypeError):
        version.configuration.environment["STAGE"] = "x"  # type: ignore[index]


READS = """
    import importlib.resources, os, pathlib

    HERE = pathlib.Path(__file__).parent

    def handler(event, context):
        import late
        return {
            "late": late.value,
            "file": (HERE / "data.txt").read_text(),
            "resource": importlib.resources.files("pkg").joinpath("data.txt").read_text(),
            "root": pathlib.Path(os.environ["LAMBDA_TASK_ROOT"], "data.txt").read_text(),
            "relative": pathlib.Path("data.txt").read_text(),
            "there": sorted(each.name for each in HERE.iterdir() if not each.name.startswith("__")),
        }
"""


def write_all(root: Path, value: str) -> None:
    """A module that is imported late, and data in three places."""
    (root / "pkg").mkdir(exist_ok=True)
    (root / "pkg" / "__init__.py").touch()
    (root / "late.py").write_text(f"value = {value!r}", encoding="utf-8")
    for folder in (root, root / "pkg"):
        (folder / "data.txt").write_text(value, encoding="utf-8")


@pytest.mark.fidelity("V05")
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_everything_that_a_version_reads_is_its_own(deploy: Deploy, tmp_path: Path, *, warm: bool) -> None:
    """A lazily imported module, data files by every road, the list of files; also where INIT was before the change."""
    write_all(tmp_path, "old")
    function = deploy(READS)
    function.publish_version()
    if warm:
        with function.in_flight(qualifier=1):
            pass  # INIT has run, the handler has not
    write_all(tmp_path, "new")
    (tmp_path / "added.py").touch()
    function.update_code()
    old, new = function.invoke({}, qualifier=1).payload, function.invoke({}).payload
    names = ["app.py", "data.txt", "late.py", "pkg"]
    texts = ["late", "file", "resource", "root", "relative"]
    assert ([old[each] for each in texts], old["there"]) == (["old"] * 5, names)
    assert ([new[each] for each in texts], new["there"]) == (["new"] * 5, ["added.py", *names])


@pytest.mark.fidelity("V05")
def test_a_version_runs_in_place_as_long_as_it_can(deploy: Deploy, tmp_path: Path) -> None:
    """So tracebacks, breakpoints and coverage lead to the developer's own files."""
    function = deploy("def handler(event, context): raise ValueError")
    function.publish_version()
    place = function.invoke({}, qualifier=1).payload["stackTrace"][0]
    assert f'File "{tmp_path / "app.py"}", line 1' in place
    app(function).write_text("def handler(event, context): return 1\n", encoding="utf-8")
    function.update_code()
    response = function.invoke({}, qualifier=1)
    assert response.payload["errorType"] == "ValueError"
    assert str(tmp_path) not in response.payload["stackTrace"][0]


def test_a_version_whose_files_change_back_runs_in_place_again(deploy: Deploy, tmp_path: Path) -> None:
    """What runs from the copy goes on there; the next environment is in place."""
    function = deploy(text_of(1))
    function.publish_version()
    deploy_text(function, 2)
    copied = function.invoke({}, qualifier=1)
    deploy_text(function, 1)
    assert function.invoke({}, qualifier=1).environment is copied.environment
    assert copied.environment.task_root != str(tmp_path)
    function.recycle_environments()
    assert function.invoke({}, qualifier=1).environment.task_root == str(tmp_path)


@pytest.mark.fidelity("V04")
def test_a_version_of_another_folder(deploy: Deploy, tmp_path: Path) -> None:
    """``update_code(folder)``: the version still runs what it was published from."""
    function = deploy(text_of(1))
    function.publish_version()
    warm = function.invoke({}, qualifier=1).environment
    other = tmp_path.parent / f"{tmp_path.name}-other"
    other.mkdir()
    (other / "app.py").write_text(text_of(2), encoding="utf-8")
    function.update_code(other)
    assert [function.invoke({}, qualifier=each).payload for each in (None, 1)] == [2, 1]
    assert function.invoke({}, qualifier=1).environment is warm  # its files have not changed
    assert function.invoke({}).environment.task_root == str(other)
    assert str(function.publish_version()) == "2"


def test_a_version_of_another_callable(aws_lambda: LambdaService) -> None:
    """Functions of the test, equal in all but what they have closed over, are different code."""

    def answering(number: int) -> Callable[[Any, Any], int]:
        return lambda event, context: number

    function = aws_lambda.create_function(answering(1))
    function.create_alias("live", function.publish_version())
    assert str(function.publish_version()) == "1"
    function.update_code(answering(2))
    assert str(function.publish_version()) == "2"
    assert [function.invoke({}, qualifier=each).payload for each in (None, 1, 2, "live")] == [2, 1, 2, 1]


def test_a_version_of_an_importable_callable(
    aws_lambda: LambdaService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is imported afresh, from its own files; another function of the same module is another handler."""
    source = "import os\ndef one(event, context): return [{0}, os.environ['_HANDLER']]\n"
    module = tmp_path / "importable_orders.py"
    module.write_text((source + "def two(event, context): return [{0}0, os.environ['_HANDLER']]\n").format(1))
    monkeypatch.syspath_prepend(str(tmp_path))
    import importable_orders  # type: ignore[import-not-found]

    function = aws_lambda.create_function(importable_orders.one)
    function.publish_version()
    function.update_code(importable_orders.two)
    assert function.invoke({}).payload == [10, "importable_orders.two"]
    assert function.configuration.handler == "importable_orders.two"
    assert str(function.publish_version()) == "2"
    module.write_text(source.format(3))
    function.update_code(importable_orders.one)
    assert function.invoke({}).payload == [3, "importable_orders.one"]
    assert [function.invoke({}, qualifier=each).payload[0] for each in (1, 2)] == [1, 10]


def test_a_folder_is_no_code_for_a_function_of_the_test(aws_lambda: LambdaService, tmp_path: Path) -> None:
    """There is no name by which to find the handler there."""
    function = aws_lambda.create_function(lambda event, context: 1)
    with pytest.raises(UsageError, match="give another callable"):
        function.update_code(tmp_path)


def test_a_handler_may_invoke_a_version(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Whose code lies in the real ``/tmp``, which the handler itself doesn't see."""
    function = deploy(text_of(1))
    function.publish_version()
    deploy_text(function, 2)
    caller = aws_lambda.create_function(lambda event, context: function.invoke({}, qualifier=1).payload)
    assert caller.invoke({}).payload == 1
    deploy_text(function, 1)
    function.recycle_environments()
    assert caller.invoke({}).payload == 1


def test_the_copies_are_gone_with_the_service(tmp_path: Path) -> None:
    """Nothing stays on the disk."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "app.py").write_text(text_of(1), encoding="utf-8")
    with LambdaService() as service:
        function = service.create_function("app.handler", code=code)
        function.publish_version()
        deploy_text(function, 2)
        copy = Path(function.invoke({}, qualifier=1).environment.task_root)
        assert (copy / "app.py").read_text(encoding="utf-8") == text_of(1)
    assert not copy.exists()
    assert not copy.parent.exists()


def test_a_version_whose_environment_is_replaced_says_why(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """One that runs changed files in their place is retired by ``update_code``; one in flight ends its request."""
    function = deploy(text_of(1))
    function.publish_version()
    with function.in_flight(qualifier=1) as [busy]:
        deploy_text(function, 2)
        assert not busy.retired
        assert function.environments == []
    assert busy.retired
    assert [retired.reason for retired in aws_lambda.journal.of(EnvironmentRetired)] == ["code updated"]


# -- publishing -------------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("V06")
def test_publishing_without_a_change_gives_the_last_version(deploy: Deploy) -> None:
    """Also with another description; a change and its reversal are none."""
    function = deploy(text_of(1), description="of the function")
    first = function.publish_version()
    assert function.publish_version("another") is first
    assert first.configuration.description == "of the function"
    deploy_text(function, 2)
    deploy_text(function, 1)
    function.update_configuration(timeout=9)
    function.update_configuration(timeout=3)
    assert function.publish_version() is first
    function.update_configuration(description="changed")
    assert str(function.publish_version()) == "2"
    deploy_text(function, 2)
    third = function.publish_version("described")
    assert (str(third), third.configuration.description, function.configuration.description) == (
        "3",
        "described",
        "changed",
    )
    assert function.publish_version() is third


@pytest.mark.fidelity("V06")
def test_equal_code_elsewhere_is_the_same_code(deploy: Deploy, tmp_path: Path) -> None:
    """Its digest is equal, and so is the version."""
    function = deploy(text_of(1))
    first = function.publish_version()
    other = tmp_path.parent / f"{tmp_path.name}-other"
    other.mkdir()
    (other / "app.py").write_text(text_of(1), encoding="utf-8")
    function.update_code(other)
    assert function.code_sha256 == first.code_sha256
    assert function.publish_version() is first


@pytest.mark.fidelity("V07", "V33")
def test_publishing_under_a_condition(deploy: Deploy) -> None:
    """The digest and the revision must be those of ``$LATEST``."""
    function = deploy(text_of(1))
    before = function.revision_id
    digest = function.code_sha256
    assert function.publish_version(code_sha256=digest, revision_id=before).code_sha256 == digest
    deploy_text(function, 2)
    assert function.revision_id != before
    with pytest.raises(InvalidParameterValueException) as wrong_digest:
        function.publish_version(code_sha256=digest)
    assert str(wrong_digest.value) == (
        f"CodeSHA256 ({digest}) is different from current CodeSHA256 in $LATEST ({function.code_sha256}). "
        "Please try again with the CodeSHA256 in $LATEST."
    )
    with pytest.raises(PreconditionFailedException) as wrong_revision:
        function.publish_version(revision_id=before)
    assert (str(wrong_revision.value), wrong_revision.value.status_code) == (REVISION, 412)
    assert [str(version) for version in function.versions] == ["$LATEST", "1"]


# -- deleting ---------------------------------------------------------------------------------------------------------


def test_a_deleted_version_is_gone(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Its environments too; what was configured of it does not come back, and its number is never given again."""
    function = deploy(text_of(1))
    version = function.publish_version()
    environment = function.invoke({}, qualifier=version).environment
    function.put_provisioned_concurrency(1, qualifier=version)
    function.put_event_invoke_config(maximum_retry_attempts=0, qualifier=version)
    function.delete(version)
    assert environment.retired
    with pytest.raises(ResourceNotFoundException, match=r":1$"):
        function.invoke({}, qualifier=version)
    function.put_concurrency(0)  # nothing is provisioned any more
    function.delete_concurrency()
    assert str(function.publish_version()) == "2"
    aws_lambda.drain()
    assert [each.version for each in function.environments] == []


@pytest.mark.parametrize(
    ("qualifier", "error", "message"),
    [
        (
            "$LATEST",
            InvalidParameterValueException,
            "$LATEST version cannot be deleted without deleting the function.",
        ),
        ("live", InvalidParameterValueException, "Deletion of aliases is not currently supported."),
        (
            "1",
            ResourceConflictException,
            "Unable to delete version because the following aliases reference it: [canary, live]",
        ),
        (
            "2",
            ResourceConflictException,
            "Unable to delete version because the following aliases reference it: [canary]",
        ),
    ],
)
def test_what_can_not_be_deleted(deploy: Deploy, qualifier: str, error: type[ServiceError], message: str) -> None:
    """In the words that AWS uses."""
    function = deploy(text_of(1))
    function.create_alias("live", function.publish_version())
    deploy_text(function, 2)
    function.create_alias("canary", 1, routing={str(function.publish_version()): 0.1})
    with pytest.raises(error) as refused:
        function.delete(qualifier)
    assert str(refused.value) == message


@pytest.mark.fidelity("I30")
def test_a_deleted_function_runs_no_more(aws_lambda: LambdaService, deploy: Deploy) -> None:
    """Whatever its handle is asked; a new function of the same name begins anew and is not reached by it."""
    function = deploy(text_of(1), function_name="orders")
    function.create_alias("live", function.publish_version())
    warm = function.invoke({}, qualifier="live").environment
    function.delete()
    assert warm.retired
    again = deploy(text_of(2), function_name="orders")
    for ask in (
        lambda: function.invoke({}),
        lambda: function.invoke_async({}),
        lambda: function.invoke({}, qualifier="live"),
        lambda: aws_lambda.invoke_concurrently(function, [1]),
        function.delete,
    ):
        with pytest.raises(ResourceNotFoundException) as refused:
            ask()
        assert str(refused.value) == f"Function not found: {ARN}:$LATEST"
    assert (again.aliases, [str(each) for each in again.versions]) == ([], ["$LATEST"])
    assert again.invoke({}).payload == 2
    assert len(aws_lambda.journal.of(Invocation)) == 2
