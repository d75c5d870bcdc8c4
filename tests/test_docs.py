"""What the documentation names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService, events

ROOT = Path(__file__).parents[1]
PAGES = [page for page in (ROOT / "README.md", ROOT / "docs" / "service.md") if page.exists()]

pytestmark = pytest.mark.skipif(not PAGES, reason="the pages are not beside an installed package's tests")


def named(pattern: str) -> set[str]:
    """What the pages name in that way."""
    return {name for page in PAGES for name in re.findall(pattern, page.read_text(encoding="utf-8"))}


def test_methods_of_functions() -> None:
    """``fn.name`` is a method or property."""
    names = named(r"\b(?:fn|lambda_function)\.(\w+)")
    assert len(names) > 15
    assert {name for name in names if not hasattr(LambdaFunction, name)} == set()


def test_methods_of_services() -> None:
    """``aws_lambda.name`` is one, or an attribute that a service is given when it is made."""
    names = named(r"\baws_lambda\.(\w+)")
    with LambdaService() as service:
        assert {name for name in names if not hasattr(service, name)} == set()


def test_builders() -> None:
    """``events.service.builder`` is a builder."""
    for service, builder in {tuple(name.split(".")) for name in named(r"\bevents\.(\w+\.\w+)\(")}:
        assert hasattr(getattr(events, service), builder), (service, builder)
