"""The context object and the trace variable, as a handler sees them (fidelity 1.5 and 1.6)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest

from pytest_lambda_env import LambdaFunction

Deploy = Callable[..., LambdaFunction]


def evaluating(expression: str) -> str:
    """The source of a handler that returns the expression."""
    return f"import json, os\ndef handler(event, context):\n    return {expression}\n"


@pytest.mark.fidelity("C01")
def test_the_attributes(deploy: Deploy) -> None:
    """They are those of the official class."""
    shown = deploy(evaluating("[name for name in vars(context) if name != '_w3c_fields']")).invoke({}).payload
    assert set(shown) == {
        "aws_request_id",
        "log_group_name",
        "log_stream_name",
        "function_name",
        "memory_limit_in_mb",
        "function_version",
        "invoked_function_arn",
        "tenant_id",
        "client_context",
        "identity",
        "_epoch_deadline_time_in_ms",
    }


@pytest.mark.fidelity("C02")
def test_the_memory_is_a_string(deploy: Deploy) -> None:
    """``memory_limit_in_mb`` is text, as the variable that it comes from."""
    assert deploy(evaluating("context.memory_limit_in_mb"), memory_size=512).invoke({}).payload == "512"


@pytest.mark.fidelity("C03")
def test_the_function_is_described_by_its_variables(deploy: Deploy) -> None:
    """Names, version and memory are the variables at the time of the invocation: what a handler unsets is None."""
    source = """
        import os
        os.environ["AWS_LAMBDA_FUNCTION_VERSION"] = "changed"

        def handler(event, context):
            os.environ.pop("AWS_LAMBDA_FUNCTION_NAME", None)
            return [context.function_name, context.function_version, context.log_group_name]
    """
    fn = deploy(source, function_name="described")
    assert fn.invoke({}).payload == ["described", "changed", "/aws/lambda/described"]
    assert fn.invoke({}).payload[0] is None


@pytest.mark.fidelity("C04")
def test_the_identity_is_always_there(deploy: Deploy) -> None:
    """Without an identity both of its ids are None."""
    expression = (
        "[type(context.identity).__name__, "
        "context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id]"
    )
    assert deploy(evaluating(expression)).invoke({}).payload == ["CognitoIdentity", None, None]


@pytest.mark.fidelity("C05")
@pytest.mark.parametrize("client_context", [None, "bnVsbA=="])
def test_no_client_context_is_none(deploy: Deploy, client_context: str | None) -> None:
    """It is None if the caller sent none, or JSON's ``null``."""
    fn = deploy(evaluating("context.client_context is None"))
    assert fn.invoke({}, client_context=client_context).payload is True


@pytest.mark.fidelity("C06")
def test_a_client_context_keeps_the_known_keys(deploy: Deploy) -> None:
    """``custom`` and ``env`` stay as sent, of ``client`` the known keys; what is missing is None."""
    source = """
        def handler(event, context):
            sent = context.client_context
            return {
                "custom": sent.custom,
                "env": sent.env,
                "client": {name: getattr(sent.client, name) for name in sent.client.__slots__},
                "unknown": [hasattr(sent, "more"), hasattr(sent.client, "more")],
            }
    """
    sent = {"custom": {"k": [1]}, "client": {"app_title": "Photos", "more": 1}, "more": 2}
    assert deploy(source).invoke({}, client_context=sent).payload == {
        "custom": {"k": [1]},
        "env": None,
        "client": {
            "installation_id": None,
            "app_title": "Photos",
            "app_version_name": None,
            "app_version_code": None,
            "app_package_name": None,
        },
        "unknown": [False, False],
    }


@pytest.mark.fidelity("C08")
def test_a_client_context_that_is_not_json(deploy: Deploy) -> None:
    """The runtime refuses it before the handler is called."""
    response = deploy("def handler(event, context):\n    print('called')\n").invoke({}, client_context="ew==")
    assert response.payload["errorType"] == "Runtime.LambdaContextUnmarshalError"
    assert response.payload["errorMessage"].startswith("Unable to parse Client Context JSON: ")
    assert "called" not in response.logs


@pytest.mark.fidelity("C09")
def test_a_client_context_that_is_not_an_object(deploy: Deploy) -> None:
    """It fails as an ordinary exception of the runtime's own code."""
    response = deploy(evaluating("1")).invoke({}, client_context="W10=")
    assert response.payload["errorType"] == "AttributeError"
    assert response.payload["errorMessage"] == "'list' object has no attribute 'get'"


@pytest.mark.fidelity("C10")
def test_the_remaining_time(deploy: Deploy) -> None:
    """It begins at the timeout, falls as time passes, in whole milliseconds."""
    source = """
        import time

        def handler(event, context):
            remaining = [context.get_remaining_time_in_millis()]
            time.sleep(2.5)
            return [*remaining, context.get_remaining_time_in_millis()]
    """
    assert deploy(source, timeout=10).invoke({}).payload == [10_000, 7_500]


@pytest.mark.fidelity("C11")
def test_log_adds_no_newline(deploy: Deploy, capsys: pytest.CaptureFixture[str]) -> None:
    """``context.log`` writes the text of anything as one log event, exactly as it is."""
    source = "def handler(event, context):\n    context.log('one')\n    context.log({'a': 1})\n"
    response = deploy(source).invoke({})
    messages = [event.message for event in response.environment.log.events]
    assert messages[2:4] == ["one", "{'a': 1}"]
    assert "one\n{'a': 1}\n" in capsys.readouterr().out


@pytest.mark.fidelity("C12")
def test_the_repr(deploy: Deploy) -> None:
    """It lists what a person wants to know, in the official order."""
    fn = deploy(evaluating("repr(context)"), function_name="fn")
    response = fn.invoke({})
    assert response.payload == (
        f"LambdaContext([aws_request_id={response.request_id},log_group_name=/aws/lambda/fn,"
        f"log_stream_name={response.environment.log_stream_name},function_name=fn,memory_limit_in_mb=128,"
        f"function_version=$LATEST,invoked_function_arn={fn.arn},client_context=None,"
        "identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),tenant_id=None])"
    )


@pytest.mark.fidelity("C13")
def test_the_repr_of_a_client_context(deploy: Deploy) -> None:
    """It has the same form, down to the client."""
    fn = deploy(evaluating("repr(context.client_context)"))
    assert fn.invoke({}, client_context={"custom": {"a": 1}, "client": {"app_title": "Photos"}}).payload == (
        "ClientContext([custom={'a': 1},env=None,client=Client([installation_id=None,app_title=Photos,"
        "app_version_name=None,app_version_code=None,app_package_name=None])])"
    )


@pytest.mark.fidelity("C14")
def test_only_the_context_itself_takes_new_attributes(deploy: Deploy) -> None:
    """A handler may put something on the context; its parts have a fixed set of attributes."""
    source = """
        def refuses(target):
            try:
                target.more = 1
            except AttributeError:
                return True
            return False

        def handler(event, context):
            sent = context.client_context
            return [refuses(target) for target in (context, context.identity, sent, sent.client)]
    """
    assert deploy(source).invoke({}, client_context={"client": {}}).payload == [False, True, True, True]


@pytest.mark.fidelity("C15")
@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("json.dumps(context)", "Object of type LambdaContext is not JSON serializable"),
        ("context", "Unable to marshal response: Object of type LambdaContext is not JSON serializable"),
    ],
)
def test_a_context_is_not_json(deploy: Deploy, expression: str, message: str) -> None:
    """Neither the handler nor the runtime can serialise it."""
    assert deploy(evaluating(expression)).invoke({}).payload["errorMessage"] == message


@pytest.mark.fidelity("C16")
def test_every_invocation_has_a_context_of_its_own(deploy: Deploy) -> None:
    """A warm invocation gets a new object."""
    source = """
        seen = []

        def handler(event, context):
            seen.append(context)
            return all(context is not earlier for earlier in seen[:-1])
    """
    fn = deploy(source)
    assert [fn.invoke({}).payload for _ in range(3)] == [True, True, True]
    assert len(fn.environments) == 1


@pytest.mark.fidelity("C17")
def test_the_request_id(deploy: Deploy) -> None:
    """It has the form of a random UUID, is the caller's too, and never repeats."""
    fn = deploy(evaluating("context.aws_request_id"))
    responses = [fn.invoke({}) for _ in range(3)]
    assert [response.payload for response in responses] == [response.request_id for response in responses]
    assert len({response.request_id for response in responses}) == 3
    assert all(uuid.UUID(response.request_id).version == 4 for response in responses)
    assert all(str(uuid.UUID(response.request_id)) == response.request_id for response in responses)


@pytest.mark.fidelity("C18")
@pytest.mark.parametrize(("qualifier", "suffix"), [(None, ""), ("$LATEST", ":$LATEST")])
def test_the_arn_is_the_one_that_was_invoked(deploy: Deploy, qualifier: str | None, suffix: str) -> None:
    """The ARN is qualified as the caller qualified it; the version is what ran."""
    fn = deploy(evaluating("[context.invoked_function_arn, context.function_version]"))
    assert fn.invoke({}, qualifier=qualifier).payload == [fn.arn + suffix, "$LATEST"]


@pytest.mark.fidelity("C19")
@pytest.mark.lambda_service(start="2026-11-21T23:59:59Z")
def test_the_log_stream_name(deploy: Deploy) -> None:
    """It is the date of the environment's start, the version and 32 hexadecimal digits."""
    fn = deploy(evaluating("context.log_stream_name"))
    name = fn.invoke({}).payload
    assert re.fullmatch(r"2026/11/21/\[\$LATEST\][0-9a-f]{32}", name)
    assert fn.invoke({}).payload == name
    fn.recycle_environments()
    assert fn.invoke({}).payload != name


@pytest.mark.fidelity("C20")
def test_without_a_tenant_its_id_is_none(deploy: Deploy) -> None:
    """The attribute is there all the same."""
    assert deploy(evaluating("[context.tenant_id]")).invoke({}).payload == [None]


# --- X-Ray


@pytest.mark.fidelity("X01")
def test_every_invocation_has_a_trace_id_of_its_own(deploy: Deploy) -> None:
    """The variable is set anew before each invocation, warm or not."""
    fn = deploy(evaluating("os.environ['_X_AMZN_TRACE_ID']"))
    assert len({fn.invoke({}).payload for _ in range(3)}) == 3


@pytest.mark.fidelity("X02")
def test_no_trace_id_during_init(deploy: Deploy) -> None:
    """A module finds no trace id at its import; the handler does."""
    source = """
        import os
        at_import = os.environ.get("_X_AMZN_TRACE_ID")

        def handler(event, context):
            return [at_import, "_X_AMZN_TRACE_ID" in os.environ]
    """
    assert deploy(source).invoke({}).payload == [None, True]


@pytest.mark.fidelity("X04")
@pytest.mark.lambda_service(start="2026-11-21T00:00:00Z")
def test_the_form_of_a_trace_id(deploy: Deploy) -> None:
    """Root with the time of the request in hexadecimal, parent, the sampling decision and the lineage."""
    trace_id = deploy(evaluating("os.environ['_X_AMZN_TRACE_ID']")).invoke({}).payload
    root = r"Root=1-6b00df00-[0-9a-f]{24}"
    assert re.fullmatch(root + r";Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0", trace_id)
