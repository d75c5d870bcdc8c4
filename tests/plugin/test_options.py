from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.plugin import options

# Every option, a value that is not its default, and where a test sees it.
FUNCTION_OPTIONS = {
    "runtime": ("python3.14", 'function.configuration.runtime == "python3.14"'),
    "architecture": ("arm64", 'function.configuration.architectures == ("arm64",)'),
    "memory-size": ("512", "function.configuration.memory_size == 512"),
    "timeout": ("60", "function.configuration.timeout == 60"),
}
SERVICE_OPTIONS = {
    "seed": ("7", "aws_lambda.seed == 7"),
    "start": ("2026-03-29T00:59:00Z", 'aws_lambda.clock.now.isoformat() == "2026-03-29T00:59:00+00:00"'),
    "idle-timeout": ("90", "retired_after(90)"),
    "real-time-guard": ("0.05", "stopped_soon()"),
}
OPTIONS = {**FUNCTION_OPTIONS, **SERVICE_OPTIONS}
PROGRAM = """
import time

def test_options(aws_lambda):
    function = aws_lambda.create_function("app.handler")

    def retired_after(seconds):
        function.invoke({{}})
        aws_lambda.advance(seconds=seconds - 1)
        still_there = len(function.environments)
        aws_lambda.advance(seconds=1)
        return still_there and not function.environments

    def stopped_soon():
        began = time.perf_counter()
        response = aws_lambda.create_function("busy.handler").invoke({{}})
        return response.payload["errorType"] == "Sandbox.Timedout" and time.perf_counter() - began < 20

    assert {conditions}
"""
BUSY = "def handler(event, context):\n    while True:\n        pass\n"
INI = "[pytest]\naddopts = -p no:cacheprovider --strict-config\n"


@pytest.fixture
def every_option(project: pytest.Pytester) -> pytest.Pytester:
    """A project with one test, which sees every option's value."""
    conditions = " and ".join(condition for _, condition in OPTIONS.values())
    project.makepyfile(busy=BUSY, test_every_option=PROGRAM.format(conditions=conditions))
    return project


def test_every_option_has_an_effect(every_option: pytest.Pytester) -> None:
    """Each ``--lambda-*`` option changes what a test finds."""
    arguments = [f"--lambda-{name}={value}" for name, (value, _) in OPTIONS.items()]
    every_option.runpytest_inprocess(*arguments).assert_outcomes(passed=1)


def test_every_ini_key_has_an_effect(every_option: pytest.Pytester) -> None:
    """Each ``lambda_*`` key of the ini file does what its option does."""
    lines = [f"lambda_{name.replace('-', '_')} = {value}\n" for name, (value, _) in OPTIONS.items()]
    every_option.makeini(INI + "".join(lines))
    every_option.runpytest_inprocess().assert_outcomes(passed=1)


def test_without_options_nothing_is_set(project: pytest.Pytester) -> None:
    """Without options the library's defaults apply, which are AWS's."""
    config = project.parseconfig()
    assert (options.function_defaults(config), options.service_defaults(config)) == ({}, {})


PRECEDENCE = """
    import pytest

    marked = pytest.mark.lambda_function("app.handler", timeout=5, memory_size=5000)

    def shown(function):
        return function.configuration.timeout, function.configuration.memory_size, function.configuration.runtime

    def test_ini(aws_lambda):
        assert shown(aws_lambda.create_function("app.handler")) == {plain}

    @marked
    def test_marker(lambda_function, lambda_context):
        assert shown(lambda_function) == {marked}
        assert lambda_context.memory_limit_in_mb == "5000"

    @marked
    def test_keyword(aws_lambda):
        function = aws_lambda.create_function("app.handler", timeout=6, runtime="python3.12")
        assert shown(function) == {keyword}

    @pytest.mark.lambda_service(seed=1)
    def test_service(aws_lambda):
        assert aws_lambda.seed == 1
"""


def test_precedence(project: pytest.Pytester) -> None:
    """A keyword wins over a marker, a marker over the command line, that over the ini file, that over AWS's default."""
    host = f"python3.{sys.version_info.minor}"
    project.makeini(INI + "lambda_timeout = 3\nlambda_memory_size = 3000\nlambda_seed = 3\n")
    project.makepyfile(
        PRECEDENCE.format(plain=(4, 3000, host), marked=(5, 5000, host), keyword=(6, 3000, "python3.12"))
    )
    project.runpytest_inprocess("--lambda-timeout=4", "--lambda-seed=4").assert_outcomes(passed=4)


def test_a_context_follows_the_options(project: pytest.Pytester) -> None:
    """``lambda_context`` has the defaults that functions have."""
    project.makepyfile("def test_context(lambda_context): assert lambda_context.memory_limit_in_mb == '512'")
    project.runpytest_inprocess("--lambda-memory-size=512").assert_outcomes(passed=1)


def test_the_task_root(project: pytest.Pytester) -> None:
    """Handler strings are resolved below ``lambda_task_root``, a directory relative to the rootdir."""
    source = project.mkdir("src")
    (source / "app.py").write_text("def handler(event, context): return 'below src'\n", encoding="utf-8")
    project.makepyfile(
        """
        def test_root(aws_lambda):
            print(aws_lambda.create_function("app.handler").invoke({}).payload)
        """
    )
    project.runpytest_inprocess("-s").stdout.fnmatch_lines(["*app-handler"])
    project.makeini(INI + "lambda_task_root = src\n")
    project.runpytest_inprocess("-s").stdout.fnmatch_lines(["*below src"])


MISTAKES = {
    "runtime": ["python2.7", "nodejs22.x"],
    "architecture": ["riscv", "x86_64,arm64"],
    "memory-size": ["127", "10241", "large", "128MB"],
    "timeout": ["0", "901", "2.5", "three"],
    "seed": ["x", "1.5"],
    "start": ["tomorrow", "2026-13-01"],
    "clock": ["fast", "Virtual"],
    "idle-timeout": ["-1", "ten", "nan", "inf"],
    "real-time-guard": ["-1", "soon", "nan"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in MISTAKES.items() for text in texts])
@pytest.mark.parametrize("place", ["option", "ini"])
def test_a_mistake_in_an_option(project: pytest.Pytester, name: str, text: str, place: str) -> None:
    """A wrong value is an error that names option and ini key, the value, and what would be right."""
    flag, key = f"--lambda-{name}", f"lambda_{name.replace('-', '_')}"
    if place == "ini":
        project.makeini(INI + f"{key} = {text}\n")
    config = project.parseconfig(*([f"{flag}={text}"] if place == "option" else []))
    with pytest.raises(UsageError) as error:
        _ = options.function_defaults(config), options.service_defaults(config)
    assert str(error.value).startswith(f"{flag} ({key}): {text!r} is not valid; ")


def test_a_mistake_is_an_error_of_the_test(project: pytest.Pytester) -> None:
    """Tests that need the value fail with that error, all others run."""
    project.makepyfile("def test_service(aws_lambda): ...\ndef test_other(): ...")
    result = project.runpytest_inprocess("--lambda-clock=fast")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        ["E *UsageError: --lambda-clock (lambda_clock): 'fast' is not valid; virtual (default) or real"]
    )


def test_options_are_in_the_help(project: pytest.Pytester) -> None:
    """``pytest --help`` has the options under a heading of their own, and the ini keys."""
    result = project.runpytest_inprocess("--help")
    result.stdout.fnmatch_lines(
        [
            "AWS Lambda (pytest-lambda-env):",
            *(f"*--lambda-{name}=VALUE*" for name in FUNCTION_OPTIONS),
            *(f"*--lambda-{name}=VALUE*" for name in ("seed", "start", "clock", "idle-timeout", "real-time-guard")),
            "*--lambda-report=PATH.json*",
        ]
    )
    for name in (*OPTIONS, "clock", "report", "task-root"):
        result.stdout.fnmatch_lines([f"  lambda_{name.replace('-', '_')} (string):*"])


@pytest.mark.parametrize("start", [[], ["--lambda-start=2026-01-01T00:00:00Z"]], ids=["", "a start"])
def test_the_real_clock(project: pytest.Pytester, start: list[str]) -> None:
    """``--lambda-clock=real`` makes handlers really wait, whatever start the virtual clock would have."""
    project.makepyfile(
        """
        import time

        def test_waits(aws_lambda):
            began = time.monotonic()
            response = aws_lambda.create_function("app.sleeps").invoke(0.05)
            assert response.payload == "awake"
            assert 0.05 <= time.monotonic() - began
            assert 0.05 <= response.duration.total_seconds() <= time.monotonic() - began
            assert abs(aws_lambda.clock.now.timestamp() - time.time()) < 5
        """
    )
    project.runpytest_inprocess("--lambda-clock=real", *start).assert_outcomes(passed=1)


@pytest.mark.parametrize("text", ["report.html", "report", "json"])
def test_a_report_is_json(project: pytest.Pytester, text: str) -> None:
    """Another suffix is refused before any test runs."""
    project.makepyfile("def test_nothing(): ...")
    result = project.runpytest_inprocess(f"--lambda-report={text}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --lambda-report writes JSON: give a path that ends in .json, not '{text}'"])
    assert not (project.path / text).exists()


@pytest.fixture
def reported(project: pytest.Pytester) -> Callable[..., Path]:
    """Runs a test in a directory below the rootdir and tells where the report is."""
    below = project.mkdir("below")
    (below / "test_one.py").write_text("def test_one(aws_lambda): ...\n", encoding="utf-8")

    def run(*arguments: str, ini: str = "") -> Path:
        project.makeini(INI + ini)
        project.chdir()
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.chdir(below)
            project.runpytest_inprocess(*arguments).assert_outcomes(passed=1)
        [report] = project.path.rglob("*.json")
        return report.relative_to(project.path)

    return run


def test_where_a_report_goes(reported: Callable[..., Path]) -> None:
    """A path on the command line begins at the working directory; missing directories are made."""
    assert reported("--lambda-report=out/deep/report.json") == Path("below/out/deep/report.json")


def test_where_the_ini_files_report_goes(reported: Callable[..., Path]) -> None:
    """A path in the ini file begins at the rootdir."""
    assert reported(ini="lambda_report = out/report.json\n") == Path("out/report.json")
