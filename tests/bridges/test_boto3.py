"""boto3's default session: one per process of an environment."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from pytest_lambda_env import LambdaService


@pytest.fixture
def default_session(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A default session that the test has made with credentials of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATHETESTSOWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    boto3.client("s3", region_name="eu-north-1")
    return boto3.DEFAULT_SESSION


def credentials_in_handler(event: Any, context: Any) -> list[Any]:
    """What boto3's default session has, and which one it is."""
    session: Any = boto3._get_default_session()
    return [session.get_credentials().access_key, session.region_name, id(session)]


def test_the_test_s_credentials_are_not_lent(default_session: Any) -> None:
    """A handler's default session has the function's role and region, whatever the test did with boto3 before."""
    with LambdaService(region="ap-south-1") as service:
        function = service.create_function(credentials_in_handler, timeout=30)
        key, region, first = function.invoke().payload
        assert key.startswith("ASIA")
        assert region == "ap-south-1"
        assert function.invoke().payload == [key, region, first], "a warm process keeps its session"
        function.recycle_environments()
        assert function.invoke().payload[2] != first, "a new process has a new one"
        assert boto3.DEFAULT_SESSION is default_session
    assert boto3.DEFAULT_SESSION is default_session


def test_sessions_of_environments_share_what_was_read() -> None:
    """Service descriptions are read once for all environments, not once for each session."""
    loaders: list[Any] = []

    def handler(event: Any, context: Any) -> None:
        boto3.client("sqs")
        loaders.append(boto3._get_default_session()._session.get_component("data_loader"))

    with LambdaService() as service:
        function = service.create_function(handler, timeout=30)
        function.invoke()
        function.recycle_environments()
        function.invoke()
    first, second = loaders
    assert first is second
