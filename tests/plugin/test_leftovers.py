"""What a test author sees of leftovers: the option, the marker, the message, the summary."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_lambda_env import LambdaService
from pytest_lambda_env.errors import LeftoversFound

APP = """
import threading, time

kept = []

def handler(event, context):
    threading.Thread(target=time.sleep, args=(60,), name="worker").start()
    kept.append(open("/tmp/x", "w"))

def tidy(event, context):
    return "fine"
"""

MESSAGE = [
    "2 things were left behind.*",
    "  app-handler, request *",
    "    thread: worker, made at app.py:6 in handler",
    "    -> join it*",
    "  app-handler, request *",
    "    file: /tmp/x, opened with mode 'w', made at app.py:7 in handler",
    "    -> close it*",
]


@pytest.fixture
def leaving(project: pytest.Pytester) -> pytest.Pytester:
    """A project whose handler leaves a thread and a file behind."""
    project.makepyfile(app=APP)
    return project


@pytest.mark.fidelity("V41")
def test_the_option_fails_the_test_with_each_leftover(leaving: pytest.Pytester) -> None:
    """``--lambda-leftovers=error``: FAILED, not ERROR, and the message says what to do about each."""
    leaving.makepyfile(
        """
        def test_it(aws_lambda):
            aws_lambda.create_function("app.handler").invoke()

        def test_tidy(aws_lambda):
            aws_lambda.create_function("app.tidy").invoke()
        """
    )
    result = leaving.runpytest("--lambda-leftovers=error")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([*MESSAGE, "FAILED *::test_it - Failed*"])
    result.stdout.no_fnmatch_line("*reports.py*")


def test_the_marker_fails_the_test(leaving: pytest.Pytester) -> None:
    """``@pytest.mark.lambda_service(leftovers="error")`` is for one test; the nearer one wins over the ini file."""
    leaving.makeini("[pytest]\nlambda_leftovers = error\naddopts = -p no:cacheprovider\nfilterwarnings = error\n")
    leaving.makepyfile(
        """
        import pytest

        def test_fails(aws_lambda):
            aws_lambda.create_function("app.handler").invoke()

        @pytest.mark.lambda_service(leftovers="report")
        def test_passes(aws_lambda):
            response = aws_lambda.create_function("app.handler").invoke()
            assert [each.kind for each in response.leftovers] == ["thread", "file"]
        """
    )
    leaving.runpytest().assert_outcomes(failed=1, passed=1)


def test_another_outcome_comes_first(leaving: pytest.Pytester) -> None:
    """A test that fails, or is skipped, does so for its own reason; its teardown adds no error."""
    leaving.makepyfile(
        """
        import pytest

        def test_fails(aws_lambda):
            aws_lambda.create_function("app.handler").invoke()
            assert False, "its own reason"

        def test_skips(aws_lambda):
            aws_lambda.create_function("app.handler").invoke()
            pytest.skip("its own reason")

        @pytest.fixture
        def broken(aws_lambda):
            aws_lambda.create_function("app.handler").invoke()
            raise ValueError("its own reason")

        def test_errs(broken):
            pass
        """
    )
    result = leaving.runpytest("--lambda-leftovers=error", "-rs")
    result.assert_outcomes(failed=1, skipped=1, errors=1)
    result.stdout.no_fnmatch_line("*LeftoversFound*")


def test_an_invocation_in_a_teardown_is_an_error_there(leaving: pytest.Pytester) -> None:
    """It comes after the test's own check; what the test itself left is not told of twice."""
    leaving.makepyfile(
        """
        import pytest

        @pytest.fixture
        def at_the_end(aws_lambda):
            yield
            aws_lambda.create_function("app.handler", function_name="late").invoke()

        def test_it(aws_lambda, at_the_end):
            aws_lambda.create_function("app.handler", function_name="early").invoke()
        """
    )
    result = leaving.runpytest("--lambda-leftovers=error")
    result.assert_outcomes(failed=1, errors=1)
    # Each invocation is told in one of the two errors, however often pytest shows those (on CI once more, in full).
    early, late = (str(result.stdout).count(f"  {name}, request ") for name in ("early", "late"))
    assert early == late >= 2


def test_the_default_reports(leaving: pytest.Pytester) -> None:
    """The summary counts them, and a test that fails shows them in its timeline."""
    leaving.makepyfile(
        """
        def test_it(aws_lambda):
            aws_lambda.create_function("app.handler").invoke()
            assert False
        """
    )
    result = leaving.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*left behind: thread: worker, made at app.py:6 in handler",
            "*left behind: file: /tmp/x, opened with mode 'w', made at app.py:7 in handler",
            "1 invocation *0 timed out; 2 left behind; *",
        ]
    )


def test_a_service_without_pytest_raises_when_it_closes(tmp_path: Path) -> None:
    """The ``with`` block raises at its end, unless another exception is under way."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")

    def run(then: Exception | None) -> None:
        with LambdaService(leftovers="error", task_root=tmp_path) as service:
            service.create_function("app.handler").invoke()
            if then is not None:
                raise then

    with pytest.raises(LeftoversFound, match="2 things were left behind"):
        run(None)
    with pytest.raises(ValueError, match="its own"):
        run(ValueError("its own"))


def test_each_invocation_is_judged_once(tmp_path: Path) -> None:
    """``check_leftovers()`` may be called at any time, and asserted on."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    with LambdaService(leftovers="error", task_root=tmp_path) as service:
        service.create_function("app.handler").invoke()
        with pytest.raises(LeftoversFound):
            service.check_leftovers()
        service.check_leftovers()
