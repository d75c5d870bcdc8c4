"""Having the plugin installed costs a pytest run nothing but its own few modules."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PYTEST_AND_ITS_DEPENDENCIES = {
    "_pytest",
    "colorama",
    "exceptiongroup",
    "iniconfig",
    "packaging",
    "pluggy",
    "py",
    "pygments",
    "pytest",
    "tomli",
    "typing_extensions",
}

# What the interpreter loads by itself (site customisation, editable finders) is there before the import.
PROGRAM = """
import importlib, json, sys
before = set(sys.modules)
importlib.import_module(sys.argv[1])
roots = {name.partition(".")[0] for name in set(sys.modules) - before}
json.dump(sorted(roots - sys.stdlib_module_names - {"pytest_lambda_env"}), sys.stdout)
"""


def third_parties(module: str) -> set[str]:
    """The top-level names of the third parties that importing the module loads, in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, module], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout))


def test_the_package_loads_no_third_party() -> None:
    """``import pytest_lambda_env`` loads nothing but the standard library: its public names are lazy."""
    assert third_parties("pytest_lambda_env") == set()


@pytest.mark.parametrize("module", ["pytest_lambda_env.plugin", "pytest_lambda_env.hookspecs"])
def test_the_plugin_loads_only_pytest(module: str) -> None:
    """What pytest imports at start-up loads no third party but pytest itself: no boto3, moto or freezegun."""
    assert third_parties(module) <= PYTEST_AND_ITS_DEPENDENCIES


def test_a_run_that_uses_no_fixture_loads_nothing_more(pytester: pytest.Pytester) -> None:
    """Collecting and running a test that asks for nothing of ours imports neither boto3, moto nor freezegun."""
    pytester.makepyfile(
        """
        import sys

        def test_nothing():
            assert "pytest_lambda_env.plugin" in sys.modules
            assert not {"boto3", "botocore", "freezegun", "moto", "simplejson"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
