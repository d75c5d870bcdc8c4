"""Hooks that conftest files and other plugins may implement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_lambda_env.service import LambdaService


@pytest.hookspec
def pytest_lambda_service_opened(service: LambdaService, item: pytest.Item) -> None:
    """Called when a test's ``aws_lambda`` has been opened, before the test uses it.

    :param service: the service; functions that every test of a suite needs can be created here.
    :param item: the test that asked for it.
    """
