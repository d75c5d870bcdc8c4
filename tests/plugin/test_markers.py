from __future__ import annotations

import re
from typing import Any

import pytest


def test_markers_are_documented(project: pytest.Pytester) -> None:
    """``pytest --markers`` describes both markers, and names the options of the service."""
    project.runpytest_inprocess("--markers").stdout.fnmatch_lines(
        [
            "@pytest.mark.lambda_function(handler, **configuration): the function under test; *create_function",
            "@pytest.mark.lambda_service(*region, account_id, seed, start, clock, *): *LambdaService",
        ]
    )


def test_the_nearest_marker_wins(project: pytest.Pytester) -> None:
    """A test's own marker wins over its class's, and that over the module's; the rest comes from further out."""
    project.makepyfile(
        """
        import pytest

        pytestmark = [
            pytest.mark.lambda_function("app.handler", timeout=20, memory_size=256, description="module"),
            pytest.mark.lambda_service(region="eu-west-1", seed=3),
        ]

        def shown(function):
            c = function.configuration
            return c.handler, c.timeout, c.memory_size, c.description, function.arn.split(":")[3:5]

        def test_of_the_module(lambda_function):
            assert shown(lambda_function) == ("app.handler", 20, 256, "module", ["eu-west-1", "123456789012"])

        @pytest.mark.lambda_function(timeout=30, description="class")
        @pytest.mark.lambda_service(account_id="210987654321")
        class TestOfTheClass:
            def test_of_the_class(self, lambda_function, aws_lambda):
                assert shown(lambda_function) == ("app.handler", 30, 256, "class", ["eu-west-1", "210987654321"])
                assert aws_lambda.seed == 3

            @pytest.mark.lambda_function("app.sleeps", description="function")
            @pytest.mark.lambda_service(region="us-west-2", seed=4)
            def test_its_own(self, lambda_function, aws_lambda):
                assert shown(lambda_function) == ("app.sleeps", 30, 256, "function", ["us-west-2", "210987654321"])
                assert aws_lambda.seed == 4

        @pytest.mark.lambda_function(handler="app.sleeps")
        def test_handler_as_a_keyword(lambda_function):
            assert shown(lambda_function) == ("app.sleeps", 20, 256, "module", ["eu-west-1", "123456789012"])

        @pytest.mark.parametrize(
            "timeout", [pytest.param(40, marks=pytest.mark.lambda_function(timeout=40)), pytest.param(20)]
        )
        def test_of_a_parameter(lambda_function, timeout):
            assert lambda_function.configuration.timeout == timeout

        def test_a_keyword_of_the_call(aws_lambda):
            # create_function is told everything itself: markers describe lambda_function
            assert aws_lambda.create_function("app.handler").configuration.timeout == 3
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=7)


# What is wrong, and what the error says; the parts between dots stand in it in this order.
FUNCTION_MISTAKES = {
    '"app.handler", memroy_size=512': "UsageError: @pytest.mark.lambda_function takes no argument 'memroy_size'; "
    "did you mean 'memory_size'?",
    '"app.handler", zzz=1': "UsageError: @pytest.mark.lambda_function takes no argument 'zzz'; "
    "it takes application_log_level, architectures, code, …, environment, …, memory_size, …, runtime, …, timeout.",
    '"app.handler", layers=["arn:aws:lambda:us-east-1:123456789012:layer:x:1"]': "NotModelled: "
    "@pytest.mark.lambda_function: 'layers' is not modelled; put the layer's directory on the task root, …",
    '"app.handler", layer=[]': "UsageError: …did you mean 'layers'?",
    '"app.handler", 5': "UsageError: @pytest.mark.lambda_function takes one handler and keywords, "
    "not ['app.handler', 5]",
    '"app.handler", handler="app.sleeps"': "UsageError: @pytest.mark.lambda_function takes one handler and keywords, "
    "not ['app.handler', 'app.sleeps']",
    "timeout=5": 'UsageError: @pytest.mark.lambda_function needs a handler: "module.function" …',
    "5": 'UsageError: handler must be "module.function" or a callable, not 5',
    '"app.handler", timeout="5"': "UsageError: timeout must be a whole number, not '5'",
    '"app.handler", timeout=901': "ValidationException: …Value '901' at 'timeout' failed to satisfy constraint: …",
    '"app.handler", environment={"AWS_REGION": "x"}': "InvalidParameterValueException: …reserved keys…: AWS_REGION",
    '"app.handler", code="nowhere"': "UsageError: code='…nowhere' is not a directory; …",
}
SERVICE_MISTAKES = {
    "regoin='eu-west-1'": "UsageError: @pytest.mark.lambda_service takes no argument 'regoin'; did you mean 'region'?",
    "'eu-west-1'": "UsageError: @pytest.mark.lambda_service takes keywords only, not ('eu-west-1',)",
    "zzz=1": "UsageError: @pytest.mark.lambda_service takes no argument 'zzz'; it takes account_id, …, seed, start…",
    "visible=[]": "UsageError: @pytest.mark.lambda_service takes no argument 'visible'…",
    "region='Frankfurt'": "UsageError: Not a region: 'Frankfurt'…",
    "account_id='12'": "UsageError: Not an account id: '12'…",
    "clock='fast'": "UsageError: clock must be 'virtual' or 'real', not 'fast'",
    "start='tomorrow'": "UsageError: start must be ISO 8601, such as …, not 'tomorrow'",
    "clock='real', start='2026-01-01T00:00:00Z'": "UsageError: start= needs clock='virtual'…",
}


@pytest.mark.parametrize(
    ("marker", "fixture", "mistakes"),
    [
        pytest.param("lambda_function", "lambda_function", FUNCTION_MISTAKES, id="function"),
        pytest.param("lambda_service", "aws_lambda", SERVICE_MISTAKES, id="service"),
    ],
)
def test_a_mistake_in_a_marker(project: pytest.Pytester, marker: str, fixture: str, mistakes: dict[str, str]) -> None:
    """A wrong argument is an error of the test, and says what would be right."""
    tests = [
        f"@pytest.mark.{marker}({arguments})\ndef test_{number}({fixture}): ...\n"
        for number, arguments in enumerate(mistakes)
    ]
    project.makepyfile("import pytest\n" + "".join(tests))
    reports: Any = project.inline_run().getreports("pytest_runtest_logreport")
    errors = [report.longrepr.reprcrash.message for report in reports if report.failed]
    assert len(errors) == len(mistakes)
    for error, expected in zip(errors, mistakes.values(), strict=True):
        pattern = ".*".join(re.escape(part) for part in expected.split("…"))
        assert re.fullmatch(r"pytest_lambda_env\.errors\." + pattern, error, re.DOTALL)
