"""The README's examples run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"

APP = """
import time

def handler(event, context):
    return {"ok": True}

def calls_partner(event, context):
    time.sleep(event["partner_delay"])

def always_fails(event, context):
    raise ValueError("poison")
"""


@pytest.mark.skipif(not README.exists(), reason="the README is not beside an installed package's tests")
def test_every_python_example_of_the_readme_runs(pytester: pytest.Pytester) -> None:
    """Examples with tests pass as tests, the others as programs."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) >= 4
    pytester.makepyfile(app=APP)
    tests = 0
    for number, block in enumerate(blocks):
        found = block.count("def test_")
        tests += found or 1
        imports = "import pytest\nfrom pytest_lambda_env import events\n"
        indented = "    " + block.replace("\n", "\n    ")
        source = imports + (block if found else f"def test_block():\n{indented}\n")
        pytester.makepyfile(**{f"test_block_{number}": source})
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "--strict-markers").assert_outcomes(passed=tests)
