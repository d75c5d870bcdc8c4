"""A function from its source text, in the service of the test."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService


@pytest.fixture
def deploy(aws_lambda: LambdaService, tmp_path: Path) -> Callable[..., LambdaFunction]:
    """``deploy(source, handler="app.handler", **configuration)``: ``source`` becomes ``app.py`` below ``tmp_path``.

    Further modules may be written beside it. The function runs there; a later call replaces the code of an earlier one.
    """

    def deploy(source: str, handler: str = "app.handler", **configuration: Any) -> LambdaFunction:
        (tmp_path / "app.py").write_text(textwrap.dedent(source), encoding="utf-8")
        return aws_lambda.create_function(handler, code=tmp_path, **configuration)

    return deploy
