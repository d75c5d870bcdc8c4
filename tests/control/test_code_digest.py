"""``CodeSha256`` is equal for equal code, and only for that."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.control import code_digest
from pytest_lambda_env.control.code_digest import code_sha256
from pytest_lambda_env.errors import InvalidParameterValueException
from pytest_lambda_env.model.code import FunctionCode

FILES = st.dictionaries(
    st.sampled_from(["app.py", "a.txt", "pkg/__init__.py", "pkg/a.txt", "b"]), st.binary(max_size=8), min_size=1
)


def digest_of(root: Path, files: dict[str, bytes], handler: str = "app.handler") -> str:
    """The digest of a folder with these files."""
    root.mkdir(parents=True)
    for name, data in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(data)
    return code_sha256(FunctionCode(handler=handler, task_root=root))


@pytest.mark.fidelity("V07")
@given(first=FILES, second=FILES)
def test_it_changes_exactly_if_the_files_do(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, bytes], second: dict[str, bytes]
) -> None:
    """Names and contents count; the place, the handler and the order in which files were made don't."""
    root = tmp_path_factory.mktemp("digest")
    digest = digest_of(root / "one", first)
    assert len(base64.b64decode(digest)) == 32
    assert (digest == digest_of(root / "two", second)) == (first == second)
    assert digest == digest_of(root / "three", dict(reversed(first.items())), "other.handler")


def test_an_archive_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's error beyond 250 MB, unzipped."""
    monkeypatch.setattr(code_digest, "UNZIPPED_BYTES", 10)
    with pytest.raises(InvalidParameterValueException, match=r"^Unzipped size must be smaller than 10 bytes$"):
        digest_of(tmp_path / "code", {"app.py": b"x" * 6, "data.bin": b"x" * 5})


def own(function: Callable[[Any, Any], Any]) -> str:
    """The digest of a function of the test module."""
    return code_sha256(FunctionCode(handler="test.x", task_root=Path(), function=function))


def test_functions_of_the_test_differ_by_what_they_do() -> None:
    """Also where only a name, a nested function or a constant differs."""
    same = [own(lambda event, _: [each.upper() for each in event]) for _ in range(2)]
    others = [
        own(lambda event, _: [each.lower() for each in event]),
        own(lambda event, _: [each.upper() for each in event if each]),
        own(lambda event, _: event in {"a", "b"}),
        own(lambda event, _: event in {"a", "c"}),
        own(lambda event, _: 1),
        own(lambda event, _: True),
    ]
    assert same[0] == same[1]
    assert len({same[0], *others}) == 1 + len(others)


def test_the_digest_of_a_function_is_the_same_in_every_run(tmp_path: Path) -> None:
    """No address and no order of a set is in it."""
    program = tmp_path / "program.py"
    program.write_text(
        "from pathlib import Path\n"
        "from pytest_lambda_env.control.code_digest import code_sha256\n"
        "from pytest_lambda_env.model.code import FunctionCode\n"
        "def handler(event, context):\n"
        "    inner = lambda: event in {'a', 'b', 'c', 'd'}\n"
        "    return [inner() for _ in event]\n"
        "print(code_sha256(FunctionCode(handler='t.h', task_root=Path(), function=handler)))\n",
        encoding="utf-8",
    )
    package = Path(code_digest.__file__).parents[2]
    digests = {
        subprocess.run(
            [sys.executable, str(program)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(package)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
