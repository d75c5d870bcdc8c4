"""What ``CreateFunction`` and ``UpdateFunctionConfiguration`` refuse, with AWS's own errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env import FunctionConfiguration, LambdaFunction
from pytest_lambda_env.errors import (
    InvalidParameterValueException,
    ResourceConflictException,
    ServiceError,
    UsageError,
    ValidationException,
)

Deploy = Callable[..., LambdaFunction]

ECHO = """
    import os

    def handler(event, context):
        return {name: os.environ.get(name) for name in event}
"""
UNABLE = (
    "Lambda was unable to configure your environment variables because the environment variables you have provided "
)
RESERVED = (
    *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
    *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
    *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
    *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
)


def configure(**configuration: Any) -> FunctionConfiguration:
    """A configuration that is valid but for what is given."""
    return FunctionConfiguration(
        **{"function_name": "fn", "handler": "app.handler", "role": "arn:aws:iam::123456789012:role/r", **configuration}
    )


def variables_of(size: int, keys: int = 1) -> dict[str, str]:
    """Variables that measure ``size`` bytes of compact JSON, spread over some keys."""
    variables = {f"LARGE_VAR_{number}": "" for number in range(keys)}
    missing = size - len(json.dumps(variables, separators=(",", ":")))
    for number, name in enumerate(variables):
        variables[name] = "x" * (missing // keys + (number < missing % keys))
    return variables


# -- environment variables --------------------------------------------------------------------------------------------


@pytest.mark.fidelity("I90")
@pytest.mark.parametrize("keys", [1, 2, 100])
def test_4096_bytes_of_variables(deploy: Deploy, keys: int) -> None:
    """All variables together may measure 4,096 bytes of compact JSON, and the handler has every one of them."""
    variables = variables_of(4096, keys)
    assert len(json.dumps(variables, separators=(",", ":"))) == 4096
    assert deploy(ECHO, environment=variables).invoke(list(variables)).payload == variables


@pytest.mark.fidelity("I90", "I96")
@pytest.mark.parametrize("keys", [1, 2])
def test_4097_bytes_of_variables(deploy: Deploy, keys: int) -> None:
    """One byte more is refused, and the message shows what was measured."""
    variables = variables_of(4097, keys)
    measured = json.dumps(variables, separators=(",", ":"))
    with pytest.raises(InvalidParameterValueException) as refusal:
        deploy(ECHO, environment=variables)
    message = f"{UNABLE}exceeded the 4KB limit. String measured: {measured}"
    assert str(refusal.value) == message
    assert refusal.value.status_code == 400
    assert refusal.value.body == {"Type": "User", "message": message}


@pytest.mark.fidelity("I90")
def test_an_update_is_measured_too(deploy: Deploy) -> None:
    """An update with too many variables is refused, and the configuration stays as it was."""
    function = deploy(ECHO, environment={"STAGE": "test"})
    with pytest.raises(InvalidParameterValueException, match="exceeded the 4KB limit"):
        function.update_configuration(environment=variables_of(4097))
    assert function.invoke(["STAGE"]).payload == {"STAGE": "test"}


@pytest.mark.fidelity("I91", "I93")
@pytest.mark.parametrize("key", RESERVED)
def test_a_reserved_variable(key: str) -> None:
    """The names of Lambda's own variables can't be set."""
    with pytest.raises(InvalidParameterValueException) as refusal:
        configure(environment={"STAGE": "test", key: "x"})
    assert str(refusal.value) == (
        f"{UNABLE}contains reserved keys that are currently not supported for modification. "
        f"Reserved keys used in this request: {key}"
    )


@pytest.mark.fidelity("I91")
def test_several_reserved_variables() -> None:
    """All reserved names of a request are listed, in its own order."""
    with pytest.raises(InvalidParameterValueException) as refusal:
        configure(environment={"AWS_REGION": "x", "STAGE": "x", "AWS_ACCESS_KEY": "x"})
    assert str(refusal.value).endswith("Reserved keys used in this request: AWS_REGION, AWS_ACCESS_KEY")


@pytest.mark.fidelity("I93")
def test_variables_that_may_be_set(deploy: Deploy) -> None:
    """Time zone, paths, language and most of what begins with ``AWS_`` may be set, and win over Lambda's defaults."""
    variables = {
        "TZ": "Europe/Berlin",
        "PATH": "/opt/mine",
        "LANG": "de_DE.UTF-8",
        "PYTHONPATH": "/opt/lib",
        "LD_LIBRARY_PATH": "/opt/so",
        "AWS_XRAY_CONTEXT_MISSING": "IGNORE_ERROR",
        "AWS_RETRY_MODE": "standard",
        "AWS_LAMBDA_MINE": "x",
    }
    assert deploy(ECHO, environment=variables).invoke(list(variables)).payload == variables


@pytest.mark.fidelity("I92")
@pytest.mark.parametrize("key", ["A", "", "1AB", "_AB", "A-B", "A B", "A.B", "ÄB", "AB\n"])
def test_a_variable_name_that_is_none(key: str) -> None:
    """A name has at least two characters: letters, digits and underscores, the first a letter."""
    with pytest.raises(ValidationException, match="pattern"):
        configure(environment={key: "x"})


@pytest.mark.fidelity("I92")
@given(st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]+", fullmatch=True), st.text(max_size=50))
def test_a_variable_name_that_is_one(key: str, value: str) -> None:
    """Every other name passes, with any text as its value."""
    if key not in RESERVED:
        assert configure(environment={key: value}).environment == {key: value}


# -- ranges -----------------------------------------------------------------------------------------------------------

RANGES = [
    ("timeout", "timeout", 1, 900),
    ("memory_size", "memorySize", 128, 10_240),
    ("ephemeral_storage", "ephemeralStorage.size", 512, 10_240),
]


@pytest.mark.fidelity("I94")
@pytest.mark.parametrize(("keyword", "name", "low", "high"), RANGES)
def test_a_value_at_its_limits(deploy: Deploy, keyword: str, name: str, low: int, high: int) -> None:
    """The smallest and the largest value pass, for a new function and for an update."""
    function = deploy(ECHO, **{keyword: low})
    assert getattr(function.configuration, keyword) == low
    function.update_configuration(**{keyword: high})
    assert getattr(function.configuration, keyword) == high


@pytest.mark.fidelity("I94")
@pytest.mark.parametrize(("keyword", "name", "low", "high"), RANGES)
def test_a_value_beyond_its_limits(deploy: Deploy, keyword: str, name: str, low: int, high: int) -> None:
    """One less or one more is refused with the constraint that it breaks, by a new function and by an update."""
    function = deploy(ECHO)
    for value, constraint in (
        (low - 1, f"greater than or equal to {low}"),
        (high + 1, f"less than or equal to {high}"),
    ):
        message = (
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
            f"Member must have value {constraint}"
        )
        for call in (lambda v: deploy(ECHO, **{keyword: v}), lambda v: function.update_configuration(**{keyword: v})):
            with pytest.raises(ValidationException) as refusal:
                call(value)
            assert str(refusal.value) == message
    assert function.configuration == configure(function_name=function.name, role=function.configuration.role)


@pytest.mark.fidelity("I94")
@pytest.mark.parametrize("value", ["3", 3.5, None, True])
def test_a_value_that_is_no_number(value: object) -> None:
    """What is no whole number is the test's own mistake, and the message says so."""
    with pytest.raises(UsageError, match=r"timeout must be a whole number, not"):
        configure(timeout=value)


@pytest.mark.fidelity("I35")
@pytest.mark.parametrize("name", ["", "my function", "fn!", "x" * 65, "fn:1:2"])
def test_a_function_name_that_is_none(name: str) -> None:
    """A function's name has up to 64 letters, digits, hyphens and underscores."""
    with pytest.raises(ValidationException, match=r"at 'functionName' failed to satisfy constraint"):
        configure(function_name=name)


@pytest.mark.fidelity("I39", "I96")
def test_a_function_name_that_is_taken(deploy: Deploy) -> None:
    """Two functions of one name can't be."""
    deploy(ECHO, function_name="fn")
    with pytest.raises(ResourceConflictException) as refusal:
        deploy(ECHO, function_name="fn")
    assert (refusal.value.status_code, str(refusal.value)) == (409, "Function already exist: fn")
    assert refusal.value.body == {"Type": "User", "message": "Function already exist: fn"}


@pytest.mark.parametrize(
    "configuration",
    [{"runtime": "python2.7"}, {"architectures": ("riscv",)}, {"log_format": "XML"}],
    ids=lambda configuration: next(iter(configuration)),
)
def test_a_value_that_is_none_of_the_enumeration(configuration: dict[str, Any]) -> None:
    """A runtime, architecture or log format that AWS does not know is refused, and the message lists those it knows."""
    with pytest.raises(ValidationException, match=r"Member must satisfy enum value set: \[.+\]"):
        configure(**configuration)


@pytest.mark.fidelity("G34")
def test_log_levels_need_json() -> None:
    """Log levels can only be set for the JSON format, which has them at INFO by default."""
    with pytest.raises(InvalidParameterValueException, match="you must set LogFormat to JSON"):
        configure(application_log_level="DEBUG")
    configuration = configure(log_format="JSON")
    assert (configuration.application_log_level, configuration.system_log_level) == ("INFO", "INFO")


@pytest.mark.fidelity("I96")
def test_every_refusal_is_a_service_error(deploy: Deploy) -> None:
    """What AWS refuses can be caught as one kind of error, whose code is the API's."""
    for wrong in ({"timeout": 0}, {"environment": {"AWS_REGION": "x"}}, {"function_name": "a b"}):
        with pytest.raises(ServiceError) as refusal:
            deploy(ECHO, **wrong)
        assert refusal.value.code == type(refusal.value).__name__
        assert refusal.value.body["message"] == str(refusal.value)
