"""What may stand for a version or an alias."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_lambda_env import LambdaService
from pytest_lambda_env.errors import UsageError


def test_a_name_or_what_the_api_gave(aws_lambda: LambdaService) -> None:
    """A number, its text, a version, an alias: wherever a qualifier is asked for."""
    function = aws_lambda.create_function(lambda event, _: None)
    version = function.publish_version()
    alias = function.create_alias("live", version)
    for qualifier in ("1", 1, version, "live", alias):
        assert function.invoke({}, qualifier=qualifier).executed_version == "1"
        assert function.put_event_invoke_config(maximum_retry_attempts=0, qualifier=qualifier).retries == 0
    assert [each.qualifier for each in function.invocations] == ["1", "1", "1", "live", "live"]


@pytest.mark.parametrize("qualifier", [1.0, True, {"Version": "1"}])
def test_anything_else_is_refused(aws_lambda: LambdaService, qualifier: Any) -> None:
    """By name, instead of as a version that nobody has published."""
    function = aws_lambda.create_function(lambda event, _: None)
    with pytest.raises(UsageError, match="a qualifier is a version or an alias"):
        function.invoke({}, qualifier=qualifier)
