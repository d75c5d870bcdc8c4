"""Where a call was made, for messages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest_lambda_env.runtime.client.bootstrap as runtime
from pytest_lambda_env.runtime.call_site import call_site

if TYPE_CHECKING:
    import pytest


def defined_in(path: Path, source: str) -> dict[str, Any]:
    """The names of a module with this source, as if it had been imported from ``path``."""
    names: dict[str, Any] = {"call_site": call_site}
    exec(compile(source, str(path), "exec"), names)  # noqa: S102 - a module at a place of the test's choice
    return names


def test_the_innermost_frame_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames of installed and standard libraries are passed over, on the way to the code that called them."""
    library = defined_in(tmp_path / "site-packages" / "lib.py", "def call(): return call_site()\n")
    generated = defined_in(Path(os.__file__).parent / "fake.py", "def call(inner): return inner()\n")
    own = defined_in(tmp_path / "src" / "app.py", "def fetch(outer, inner):\n    return outer(inner)\n")
    site = own["fetch"](generated["call"], library["call"])
    assert site == f"{tmp_path / 'src' / 'app.py'}:2 in fetch"
    monkeypatch.chdir(tmp_path)
    assert own["fetch"](generated["call"], library["call"]) == f"{Path('src', 'app.py')}:2 in fetch"


def test_a_handler_that_is_installed(tmp_path: Path) -> None:
    """Where all code below the runtime is a library's, the outermost of it is the handler."""
    inner = defined_in(tmp_path / "site-packages" / "lib.py", "def call(): return call_site()\n")
    handler = defined_in(tmp_path / "site-packages" / "app" / "main.py", "def handler(call):\n    return call()\n")
    bootstrap = defined_in(Path(runtime.__file__), "def invoke(handler, call): return handler(call)\n")
    site = bootstrap["invoke"](handler["handler"], inner["call"])
    assert site == f"{tmp_path / 'site-packages' / 'app' / 'main.py'}:2 in handler"


def test_nowhere() -> None:
    """Where the runtime itself calls there is no place to tell."""
    bootstrap = defined_in(Path(runtime.__file__), "def invoke(): return call_site()\n")
    assert bootstrap["invoke"]() == ""
