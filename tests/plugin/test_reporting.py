from __future__ import annotations

import json
import re

import pytest

FAILING = """
    import pytest

    def test_passes(aws_lambda):
        aws_lambda.create_function("app.handler", function_name="unseen").invoke({})

    @pytest.mark.lambda_service(start="2026-03-29T00:59:00Z", seed=7)
    def test_fails(aws_lambda):
        function = aws_lambda.create_function("app.fails", function_name="poison")
        response = function.invoke({"order": 7})
        slow = aws_lambda.create_function("app.sleeps", function_name="slow", timeout=2)
        slow.invoke(60)
        function.invoke({"order": 8})
        assert response.function_error is None

    def test_fails_without_a_service():
        assert not "anything"

    def test_fails_before_an_invocation(aws_lambda):
        assert not aws_lambda
"""


@pytest.fixture
def failing(project: pytest.Pytester) -> pytest.RunResult:
    """The output of tests of which some fail."""
    project.makepyfile(FAILING)
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=3)
    return result


def section(result: pytest.RunResult, test: str) -> str:
    """What the report of one failed test shows."""
    _, _, rest = result.stdout.str().partition(f"_ {test} _")
    return re.split(r"\n_{5,}|\n=====|\n-+ AWS Lambda -+\n", rest)[0]


def test_a_failed_test_shows_its_timeline(failing: pytest.RunResult) -> None:
    """A line for each INIT and each invocation: when, where, how it went, how long it took."""
    pytest.LineMatcher(section(failing, "test_fails").splitlines()).fnmatch_lines(
        [
            "-* AWS Lambda timeline (seed 7, 2026-03-29T00:59:00+00:00) -*",
            "*0.000 s  poison #1  INIT    0.00 ms  success",
            "*0.000 s  poison #1  INVOKE  cold  0.00 ms  error  ValueError  ????????-*",
            "*0.000 s  slow #2  INIT    0.00 ms  success",
            "*0.000 s  slow #2  INVOKE  cold  2,000.00 ms  timeout  Sandbox.Timedout  ????????-*",
            '                stopped at File "*app.py", line *, in sleeps: *',
            "*2.000 s  poison #1  INVOKE  warm  0.00 ms  error  ValueError  ????????-*",
        ],
        consecutive=True,
    )


def test_a_failed_test_shows_the_last_log(failing: pytest.RunResult) -> None:
    """The end of the log of the environment that ran last: prints, errors and the platform's lines."""
    shown = section(failing, "test_fails")
    _, _, log = shown.partition("AWS Lambda log, the end of the last invocation's environment")
    pytest.LineMatcher(log.splitlines()).fnmatch_lines(
        [
            "START RequestId: * Version: $LATEST",
            "about to fail",
            "[[]ERROR[]] ValueError: poison",
            "Traceback (most recent call last):",
            '*File "*app.py", line *, in fails',
            '*raise ValueError("poison")',
            "END RequestId: *",
            "REPORT RequestId: *Duration: 0.00 ms*",
        ],
        consecutive=True,
    )
    assert len(log.splitlines()) <= 1 + 12


def test_where_there_is_nothing_to_show(failing: pytest.RunResult) -> None:
    """A test without a service, or without an invocation, has no such sections; a test that passed shows nothing."""
    assert "AWS Lambda" not in section(failing, "test_fails_without_a_service")
    assert "AWS Lambda" not in section(failing, "test_fails_before_an_invocation")
    assert "unseen" not in failing.stdout.str()


def test_a_long_timeline_is_cut(project: pytest.Pytester) -> None:
    """Only the last facts are shown, and how many there were before."""
    project.makepyfile(
        """
        def test_fails(aws_lambda):
            function = aws_lambda.create_function("app.handler")
            for _ in range(50):
                function.invoke({})
            assert not function
        """
    )
    shown = section(project.runpytest_inprocess(), "test_fails")
    assert shown.count("  INVOKE  ") == 15
    assert "… 36 earlier" in shown


def test_a_failure_in_setup_and_teardown(project: pytest.Pytester) -> None:
    """Fixtures that fail show what was simulated so far."""
    project.makepyfile(
        """
        import pytest

        @pytest.fixture
        def before(aws_lambda):
            aws_lambda.create_function("app.handler", function_name="in-setup").invoke({})
            raise RuntimeError

        @pytest.fixture
        def after(aws_lambda):
            yield
            aws_lambda.create_function("app.handler", function_name="in-teardown").invoke({})
            raise RuntimeError

        def test_setup(before): ...

        def test_teardown(after): ...
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines(["*in-setup #1  INVOKE  cold*", "*in-teardown #1  INVOKE  cold*"])


def test_the_summary(project: pytest.Pytester) -> None:
    """One line says what a whole session has simulated."""
    project.makepyfile(
        """
        def test_one(aws_lambda):
            function = aws_lambda.create_function("app.sleeps", timeout=900)
            function.invoke(0)
            function.invoke(3600)

        def test_two(aws_lambda):
            aws_lambda.create_function("app.fails").invoke_async({})
            aws_lambda.drain()

        def test_other(): ...
        """
    )
    result = project.runpytest_inprocess()
    result.stdout.re_match_lines(
        [
            r"-+ AWS Lambda -+",
            r"5 invocations in 2 environments: 2 cold, 3 warm; 1 succeeded, 3 failed, 1 timed out; 18 min 0 s of .*",
        ],
        consecutive=True,
    )
    end = r"18 min 0 s of virtual time in \d+\.\d\d s; about \$0\.\d+ on Lambda$"
    assert re.search(end, result.stdout.str(), re.MULTILINE)


def test_no_summary_without_a_service(project: pytest.Pytester) -> None:
    """Nothing is said where nothing was simulated."""
    project.makepyfile("def test_nothing(lambda_context): ...")
    assert "AWS Lambda" not in project.runpytest_inprocess().stdout.str()


def test_the_json_report(project: pytest.Pytester) -> None:
    """``--lambda-report`` writes each test's journal; instants are ISO 8601, durations microseconds."""
    project.makepyfile(
        """
        import pytest

        @pytest.mark.lambda_service(start="2026-03-29T00:59:00Z", seed=7)
        def test_one(aws_lambda):
            aws_lambda.create_function("app.sleeps", function_name="slow", timeout=2).invoke(60)

        def test_fails(aws_lambda):
            assert not aws_lambda

        def test_without(): ...
        """
    )
    project.runpytest_inprocess("--lambda-report=report.json").assert_outcomes(passed=2, failed=1)
    report = json.loads((project.path / "report.json").read_text(encoding="utf-8"))
    one, fails = report["tests"]
    assert (one["test"].rpartition("::")[2], one["seed"]) == ("test_one", 7)
    started, init, invocation, retired = one["journal"]
    assert (started["fact"], started["init"], started["environment"]) == ("EnvironmentStarted", "fresh", 1)
    assert (init["fact"], init["status"], init["duration"]) == ("InitEnded", "success", 0)
    assert invocation.pop("request_id").count("-") == 4
    assert "in sleeps" in invocation.pop("stopped_at")[-1]
    assert invocation == {
        "fact": "Invocation",
        "function_name": "slow",
        "executed_version": "$LATEST",
        "qualifier": None,
        "invocation_type": "RequestResponse",
        "attempt": 1,
        "environment": 1,
        "initialization_type": "on-demand",
        "spilled_over": False,
        "init_duration": 0,
        "billed_ms": 2000,
        "memory_size": 128,
        "ephemeral_storage": 512,
        "architecture": "x86_64",
        "accepted": "2026-03-29T00:59:00+00:00",
        "started": "2026-03-29T00:59:00+00:00",
        "ended": "2026-03-29T00:59:02+00:00",
        "status": "timeout",
        "cold_start": True,
        "error_type": "Sandbox.Timedout",
        "leftovers": [],
        "aws_calls": [],
    }
    assert (retired["fact"], retired["reason"]) == ("EnvironmentRetired", "service closed")
    assert (fails["test"].rpartition("::")[2], fails["journal"]) == ("test_fails", [])


def test_the_same_report_twice(project: pytest.Pytester) -> None:
    """Two runs with the same start simulate the same, to the last id."""
    project.makepyfile(
        """
        def test_one(aws_lambda):
            function = aws_lambda.create_function("app.fails")
            function.invoke({})
            function.invoke_async({})
            aws_lambda.drain()
        """
    )
    for name in ("first", "second"):
        project.runpytest_inprocess(f"--lambda-report={name}.json", "--lambda-start=2026-03-29T00:59:00Z")
    assert (project.path / "first.json").read_bytes() == (project.path / "second.json").read_bytes()


def test_an_error_of_ours_points_at_the_test(project: pytest.Pytester) -> None:
    """A throttle, a wrong argument, a failed handler: no frame of this package is shown, unless all are asked for."""
    project.makepyfile(
        """
        def test_throttled(aws_lambda):
            fn = aws_lambda.create_function("app.sleeps", reserved_concurrent_executions=0)
            fn.invoke(0)

        def test_typo(aws_lambda):
            aws_lambda.create_function("app.sleeps", timout=3)

        def test_fails(aws_lambda):
            aws_lambda.create_function("app.sleeps").invoke("x").raise_for_error()
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "E *TooManyRequestsException: Rate Exceeded. (ReservedFunctionConcurrentInvocationLimitExceeded)",
            "test_an_error_of_ours_points_at_the_test.py:3: TooManyRequestsException",
            "*did you mean 'timeout'?",
            "test_an_error_of_ours_points_at_the_test.py:6: UsageError",
            "test_an_error_of_ours_points_at_the_test.py:9: HandlerFailed",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_lambda_env/*.py:*")
    result = project.runpytest_inprocess("--full-trace", "-k", "throttled")
    result.stdout.fnmatch_lines(["*concurrency.py:*: TooManyRequestsException"])
