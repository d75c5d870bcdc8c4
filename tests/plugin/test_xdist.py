from __future__ import annotations

import json

import pytest

pytest.importorskip("xdist")

SUITE = """
    import pytest

    @pytest.mark.parametrize("number", range(4))
    def test_invokes(aws_lambda, lambda_events, number):
        function = aws_lambda.create_function("app.sleeps", function_name=f"fn-{number}", timeout=60)
        function.invoke(number)

    @pytest.mark.parametrize("number", range(4))
    def test_builds(lambda_events, number):
        with open(f"id-{number}.txt", "w") as file:
            file.write(lambda_events.sqs.messages("hello")["Records"][0]["messageId"])

    def test_fails(aws_lambda):
        aws_lambda.create_function("app.fails", function_name="poison").invoke({})
        assert not "anything"
"""


def test_two_workers_do_what_one_process_does(project: pytest.Pytester) -> None:
    """With xdist, options reach the workers, and output, summary, report and ids are those of a run without it."""
    project.makepyfile(SUITE)
    found = []
    for parallel in (True, False):
        arguments = ["--lambda-report=report.json", "--lambda-start=2026-03-29T00:59:00Z", "--lambda-seed=5"]
        run = project.runpytest_subprocess if parallel else project.runpytest_inprocess
        result = run(*(["-n2"] if parallel else ["-p", "no:xdist"]), *arguments)
        result.assert_outcomes(passed=8, failed=1)
        assert ("2 workers" in result.stdout.str()) == parallel
        result.stdout.re_match_lines(
            [
                r"-+ AWS Lambda timeline \(seed 5, 2026-03-29T00:59:00\+00:00\) -+",
                r".* poison #1  INVOKE  cold .*",
                r"-+ AWS Lambda -+",
                r"5 invocations in 5 environments: 5 cold, 0 warm; 4 succeeded, 1 failed, 0 timed out; 6\.0 s of .*",
            ]
        )
        found.append((journals(project), [(project.path / f"id-{number}.txt").read_bytes() for number in range(4)]))
    assert found[0] == found[1]
    assert len(found[0][0]) == 5
    assert len(set(found[0][1])) == 4


def journals(project: pytest.Pytester) -> dict[str, object]:
    """The journals of the report, by test."""
    report = json.loads((project.path / "report.json").read_text(encoding="utf-8"))
    return {test["test"].rpartition("::")[2]: test["journal"] for test in report["tests"]}
