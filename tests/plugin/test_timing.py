from __future__ import annotations

import time
from typing import Any

import pytest


def call_reports(project: pytest.Pytester, *arguments: str) -> dict[str, Any]:
    """The reports of all tests' calls, by test, after a run in which every one passed."""
    run = project.inline_run(*arguments)
    passed, _, failed = run.listoutcomes()
    assert not failed
    return {report.nodeid.rpartition("::")[2]: report for report in passed}


SLEEPERS = """
    import time
    from datetime import timedelta

    from freezegun import freeze_time

    def test_virtual(aws_lambda):
        aws_lambda.create_function("app.sleeps", timeout=900).invoke(800)
        time.sleep(100)
        aws_lambda.advance(days=30)
        assert aws_lambda.clock.elapsed == timedelta(days=30, minutes=15)

    @freeze_time("1999-12-31T23:59:59Z")
    def test_frozen_outside(aws_lambda):
        aws_lambda.create_function("app.sleeps", timeout=900).invoke(900)

    def test_frozen_inside(aws_lambda):
        with freeze_time("1999-12-31T23:59:59Z") as frozen:
            aws_lambda.create_function("app.sleeps", timeout=900).invoke(900)
            frozen.tick(3600)
"""


def test_durations_are_real(project: pytest.Pytester) -> None:
    """Reports tell how long a test really took and when it really ran, whatever time the test saw."""
    project.makepyfile(SLEEPERS)
    began = time.time()
    reports = call_reports(project)
    ended = time.time()
    assert len(reports) == 3
    for report in reports.values():
        assert 0 <= report.duration < 60
        assert began <= report.start <= report.stop <= ended
        assert report.stop - report.start < 60


def test_the_slowest_durations(project: pytest.Pytester) -> None:
    """So does ``--durations``."""
    project.makepyfile(SLEEPERS)
    result = project.runpytest_inprocess("--durations=5", "-vv")
    result.stdout.re_match_lines([r"\d\.\d\ds call     .*::test_virtual"])
    assert all(float(line.split("s ")[0]) < 60 for line in result.outlines if "s call  " in line)


def test_nothing_stays_virtual(project: pytest.Pytester) -> None:
    """The test after a virtual one finds the real clocks under every name, in every module that held one."""
    names = "from datetime import date, datetime\nfrom time import monotonic, sleep, time\n"
    project.makepyfile(
        first_imported_while_virtual=names,
        holds=names + "import sys\nsys.kept = sys.modules[__name__]\ndef handler(event, context): return time()\n",
    )
    project.makepyfile(
        """
        import datetime
        import sys
        import threading
        import time
        from datetime import datetime as captured_datetime
        from time import monotonic as captured_monotonic, sleep as captured_sleep, time as captured_time

        import pytest

        real = {
            "date": datetime.date,
            "datetime": datetime.datetime,
            "monotonic": time.monotonic,
            "sleep": time.sleep,
            "time": time.time,
        }
        began = time.time()

        @pytest.mark.lambda_service(start="2040-01-01T00:00:00Z")
        def test_virtual(aws_lambda):
            import first_imported_while_virtual as late

            assert aws_lambda.create_function("holds.handler").invoke({}).payload == 2208988800
            assert time.time() == captured_time() == late.time() == 2208988800
            assert datetime.datetime.now().year == captured_datetime.now().year == late.datetime.now().year == 2040
            captured_sleep(60)
            assert captured_time() == 2208988860

        def test_real():
            import first_imported_while_virtual as late

            kept = sys.kept
            del sys.kept
            assert time.time is captured_time is real["time"]
            assert time.sleep is captured_sleep is real["sleep"]
            assert time.monotonic is captured_monotonic is real["monotonic"]
            assert datetime.datetime is captured_datetime is real["datetime"]
            assert datetime.date is real["date"]
            for module in (late, kept):
                for name, original in real.items():
                    assert getattr(module, name) is original, (module, name)
            assert began <= kept.handler({}, None) <= time.time()
            assert abs(datetime.datetime.now().timestamp() - time.time()) < 5
            assert type(datetime.datetime.now()) is datetime.datetime
            assert type(threading.Event().wait).__name__ == "method"
        """
    )
    project.syspathinsert()
    assert set(call_reports(project)) == {"test_virtual", "test_real"}


def test_built_events_have_the_test_s_time(project: pytest.Pytester) -> None:
    """An event that a test builds is stamped with the service's present, region and account."""
    project.makepyfile(
        """
        import pytest
        from pytest_lambda_env import events

        @pytest.mark.lambda_service(start="2040-01-01T00:00:00Z", region="eu-west-1", account_id="210987654321")
        def test_stamp(aws_lambda):
            aws_lambda.advance(hours=1)
            [record] = events.s3.object_created("photos", "cat.jpg")["Records"]
            assert (record["eventTime"], record["awsRegion"]) == ("2040-01-01T01:00:00.000Z", "eu-west-1")
            [message] = events.sqs.messages("hello")["Records"]
            assert message["eventSourceARN"] == "arn:aws:sqs:eu-west-1:210987654321:my-queue"
            assert message["attributes"]["SentTimestamp"] == "2208992400000"

        def test_without(lambda_events):
            [record] = lambda_events.s3.object_created("photos", "cat.jpg")["Records"]
            assert not record["eventTime"].startswith("2040")
            assert record["awsRegion"] == "us-east-1"
        """
    )
    assert len(call_reports(project)) == 2


@pytest.mark.parametrize("scope", ["function", "session"])
def test_time_was_frozen_first(project: pytest.Pytester, scope: str) -> None:
    """A fixture may freeze time before anything of the simulator is used in the session: it starts at that instant."""
    project.makeconftest(
        f"""
        import pytest
        from freezegun import freeze_time

        @pytest.fixture(scope={scope!r}, autouse=True)
        def frozen():
            with freeze_time("2040-01-01T00:00:00Z") as frozen:
                yield frozen
        """
    )
    project.makepyfile(
        """
        import sys
        import time
        from datetime import datetime

        def test_before(): ...

        def test_service(aws_lambda, lambda_context):
            assert aws_lambda.clock.start.isoformat() == "2040-01-01T00:00:00+00:00"
            assert lambda_context.get_remaining_time_in_millis() == 3000
            assert aws_lambda.create_function("app.sleeps").invoke(60).payload["errorType"] == "Sandbox.Timedout"
            assert time.time() == 2208988803
            assert datetime.now().isoformat() == "2040-01-01T00:00:03"

        def test_after(frozen):
            assert time.time() == 2208988800
            frozen.tick(1)
            assert time.time() == 2208988801
        """
    )
    project.runpytest_subprocess().assert_outcomes(passed=3)


def test_a_limit_in_real_time(project: pytest.Pytester) -> None:
    """pytest-timeout counts real seconds: virtual hours are no concern of its."""
    pytest.importorskip("pytest_timeout")
    project.makepyfile(
        """
        import time

        def test_hours(aws_lambda):
            for _ in range(4):
                aws_lambda.create_function("app.sleeps", timeout=900).invoke(899)
            time.sleep(86_400)
        """
    )
    project.runpytest_inprocess("--timeout=30").assert_outcomes(passed=1)
