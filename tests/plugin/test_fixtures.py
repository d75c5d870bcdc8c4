from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def test_fixtures_are_listed(project: pytest.Pytester) -> None:
    """``pytest --fixtures`` names every fixture with a sentence of documentation."""
    output = project.runpytest_inprocess("--fixtures").stdout.str()
    listed = re.findall(r"^(\w+)(?: \[session scope\])? -- \S*plugin.fixtures\S*\n    (\w.*\.)$", output, re.MULTILINE)
    assert {name for name, _ in listed} >= {
        *("aws_lambda", "lambda_clock", "lambda_context", "lambda_events", "lambda_function")
    }


def test_what_each_fixture_gives(project: pytest.Pytester) -> None:
    """Each test has a service of its own; its function, its clock and its context belong together."""
    project.makepyfile(
        """
        import os
        import time
        from datetime import timedelta

        import pytest

        import pytest_lambda_env
        from pytest_lambda_env import Clock, LambdaContext, LambdaFunction, LambdaService

        services = []
        variables = dict(os.environ)

        def same(found):
            # pytest says in a variable which phase of which test it is in
            return {key: value for key, value in found.items() if key != "PYTEST_CURRENT_TEST"}

        @pytest.mark.parametrize("number", [0, 1])
        def test_a_service_for_each_test(aws_lambda, number):
            assert isinstance(aws_lambda, LambdaService)
            assert aws_lambda not in services
            services.append(aws_lambda)
            assert aws_lambda.create_function("app.sleeps", timeout=60).invoke(10).payload == "awake"
            assert aws_lambda.clock.elapsed == timedelta(seconds=10)
            # handlers are found below the rootdir

        @pytest.mark.lambda_function("app.handler", function_name="thumbnails")
        def test_the_described_function(lambda_function, aws_lambda):
            assert isinstance(lambda_function, LambdaFunction)
            assert lambda_function.invoke({}).payload == "thumbnails"
            assert aws_lambda.function("thumbnails").invocations == lambda_function.invocations

        def test_the_service_s_clock(lambda_clock, aws_lambda):
            assert isinstance(lambda_clock, Clock)
            aws_lambda.advance(hours=1)
            assert lambda_clock.elapsed == aws_lambda.clock.elapsed == timedelta(hours=1)

        def test_the_builders(lambda_events):
            assert lambda_events is pytest_lambda_env.events

        def test_a_context_alone(lambda_context):
            assert isinstance(lambda_context, LambdaContext)
            assert lambda_context.function_name == "app-handler"
            assert lambda_context.memory_limit_in_mb == "128"
            assert lambda_context.invoked_function_arn.startswith("arn:aws:lambda:us-east-1:123456789012:function:")
            assert same(os.environ) == same(variables)

        @pytest.mark.lambda_function("pkg/app.handler", timeout=10, memory_size=512, environment={"A_KEY": "x"})
        @pytest.mark.lambda_service(region="eu-west-1", account_id="210987654321", seed=7)
        def test_a_context_follows_the_markers(lambda_context):
            assert lambda_context.function_name == "app-handler"
            assert lambda_context.function_version == "$LATEST"
            assert lambda_context.memory_limit_in_mb == "512"
            assert lambda_context.invoked_function_arn == (
                "arn:aws:lambda:eu-west-1:210987654321:function:app-handler"
            )
            assert lambda_context.log_group_name == "/aws/lambda/app-handler"
            assert "A_KEY" not in os.environ

        def own_handler(event, context):
            return context.function_name

        @pytest.mark.lambda_function(own_handler, function_name="mine")
        def test_a_callable(lambda_context, lambda_function):
            assert own_handler({}, lambda_context) == "mine" == lambda_function.invoke({}).payload

        @pytest.mark.lambda_function("app.handler", timeout=10)
        def test_a_context_counts_down_in_virtual_time(aws_lambda, lambda_context):
            assert lambda_context.get_remaining_time_in_millis() == 10_000
            time.sleep(4)
            assert lambda_context.get_remaining_time_in_millis() == 6_000
            aws_lambda.advance(minutes=1)
            assert lambda_context.get_remaining_time_in_millis() == 0

        def test_nothing_is_there_without_a_service():
            assert same(os.environ) == same(variables)
            assert time.localtime() == time.localtime(time.time())
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=10)


def test_a_context_alone_counts_down_with_the_wall_clock(project: pytest.Pytester) -> None:
    """Without a service the context's remaining time follows ``time.time``, also where a test freezes it."""
    project.makepyfile(
        """
        import pytest
        from freezegun import freeze_time

        @pytest.fixture
        def frozen():
            with freeze_time("2026-03-29T00:59:00Z") as frozen:
                yield frozen

        @pytest.mark.lambda_function("app.handler", timeout=10)
        def test_counts_down(frozen, lambda_context):
            assert lambda_context.get_remaining_time_in_millis() == 10_000
            frozen.tick(4)
            assert lambda_context.get_remaining_time_in_millis() == 6_000
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_builder_a_context_and_a_plain_call(project: pytest.Pytester) -> None:
    """A handler can be called directly with a built event and the context, with nothing simulated around it."""
    project.makepyfile(
        """
        import app
        from pytest_lambda_env import events

        def test_reads_the_key(lambda_context):
            event = events.s3.object_created("photos", "my cat.jpg", size=1024)
            assert app.handler(event, lambda_context) == {"thumbnail": "my+cat.jpg"}
        """
    )
    project.syspathinsert()
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_function_needs_its_marker(project: pytest.Pytester) -> None:
    """``lambda_function`` without a marker fails with the marker to write."""
    project.makepyfile("def test_no_marker(lambda_function): ...")
    result = project.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ['E *UsageError: the lambda_function fixture needs a marker: @pytest.mark.lambda_function("*", timeout=10)']
    )


def test_event_ids_are_a_test_s_own(project: pytest.Pytester) -> None:
    """A test's events have the same ids in every run, alone or in a suite, and no other test has them."""
    project.makepyfile(
        """
        import pytest

        def write(name, lambda_events):
            messages = lambda_events.sqs.messages("one", "two")["Records"]
            with open("ids.txt", "a") as file:
                print(name, *(message["messageId"] for message in messages), file=file)

        def test_one(lambda_events):
            write("one", lambda_events)

        def test_two():
            from pytest_lambda_env import events
            write("two", events)

        def test_three(aws_lambda, lambda_events):
            write("three", lambda_events)
        """
    )
    for arguments in ([], ["-k", "two or three"]):
        project.runpytest_subprocess(*arguments)
    ids: dict[str, set[str]] = {}
    for line in (project.path / "ids.txt").read_text(encoding="utf-8").splitlines():
        name, _, rest = line.partition(" ")
        ids.setdefault(name, set()).add(rest)
    assert {name: len(found) for name, found in ids.items()} == {"one": 1, "two": 1, "three": 1}
    assert len(set.union(*ids.values())) == 3
    assert all(len(set(found.pop().split())) == 2 for found in ids.values())


def test_the_hook_is_called(project: pytest.Pytester) -> None:
    """A conftest can prepare each test's service through the hook; it gets the service, open, and the test."""
    project.makeconftest(
        """
        def pytest_lambda_service_opened(service, item):
            service.create_function("app.handler", function_name=item.name)
        """
    )
    project.makepyfile(
        """
        def test_one(aws_lambda):
            assert aws_lambda.function("test_one").invoke({}).payload == "test_one"

        def test_without_a_service(request):
            assert request.config.pluginmanager.hook.pytest_lambda_service_opened.get_hookimpls()
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_mistaken_hook_is_an_error(project: pytest.Pytester) -> None:
    """A hook implementation with an unknown parameter is refused when pytest starts."""
    project.makeconftest("def pytest_lambda_service_opened(servce): ...")
    project.makepyfile("def test_nothing(): ...")
    result = project.runpytest_inprocess()
    assert result.ret != 0
    assert "servce" in result.stdout.str() + result.stderr.str()


def test_without_the_plugin(project: pytest.Pytester) -> None:
    """With ``-p no:lambda_env`` pytest runs as if the plugin were not there."""
    project.makepyfile(
        """
        import sys

        def test_nothing():
            assert "pytest_lambda_env.plugin" not in sys.modules

        def test_no_fixture(aws_lambda): ...
        """
    )
    result = project.runpytest_subprocess("-p", "no:lambda_env")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E *fixture 'aws_lambda' not found"])
    assert "AWS Lambda" not in result.stdout.str()


def test_a_context_beside_a_service_counts_down_in_virtual_time(pytester: pytest.Pytester) -> None:
    """Whichever of the two fixtures is named first, the context's deadline is on the service's clock."""
    pytester.makepyfile(
        """
        import time

        def test_context_first(lambda_context, aws_lambda):
            assert lambda_context.get_remaining_time_in_millis() == 3000
            time.sleep(1)
            assert lambda_context.get_remaining_time_in_millis() == 2000

        def test_service_first(aws_lambda, lambda_context):
            assert lambda_context.get_remaining_time_in_millis() == 3000
        """
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)
