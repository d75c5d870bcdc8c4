"""The fixtures. Each calls a typed object that works without pytest too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_lambda_env.errors import UsageError
from pytest_lambda_env.plugin import markers, options
from pytest_lambda_env.plugin.sessions import SERVICE, SESSION, Stopwatch

if TYPE_CHECKING:
    from types import ModuleType

    from pytest_lambda_env.function import LambdaFunction
    from pytest_lambda_env.runtime.client.context import LambdaContext
    from pytest_lambda_env.service import LambdaService
    from pytest_lambda_env.simulation.clock import Clock


def _service_keywords(request: pytest.FixtureRequest) -> dict[str, Any]:
    config = request.config
    given, defaults = markers.service_arguments(request.node), options.service_defaults(config)
    if given.get("clock", defaults.get("clock")) == "real":
        defaults.pop("start", None)  # meant for those that have a start
    if "writable" in defaults:
        defaults["writable"] = [config.rootpath / each for each in defaults["writable"]]
    packages = config.getini("lambda_fresh_packages")
    return {**({"fresh_packages": packages} if packages else {}), **defaults, **given}


@pytest.fixture(scope="session")
def lambda_task_root(request: pytest.FixtureRequest) -> Path:
    """Where handler strings are resolved: the ini key of the same name, relative to the rootdir, or the rootdir.

    A repository with several services overrides this fixture in each one's conftest.py.
    """
    return options.task_root(request.config)


@pytest.fixture
def aws_lambda(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, lambda_task_root: Path
) -> Iterator[LambdaService]:
    """This test's AWS Lambda service, in virtual time: ``create_function``, ``advance``, ``drain``, ``clock``.

    Configured by ``@pytest.mark.lambda_service(...)``, ``--lambda-*`` options and ``lambda_*`` ini keys.
    """
    from pytest_lambda_env.service import LambdaService

    service = LambdaService(
        **{"task_root": lambda_task_root, **_service_keywords(request)},
        defaults=options.function_defaults(request.config),
        visible=[request.config.rootpath],
        scratch=[tmp_path_factory.getbasetemp()],
    )
    request.node.stash[SERVICE] = service
    stopwatch = Stopwatch()
    with service:
        request.config.hook.pytest_lambda_service_opened(service=service, item=request.node)
        yield service
    request.config.stash[SESSION].test_ended(request.node, service, stopwatch.read())


@pytest.fixture
def lambda_function(request: pytest.FixtureRequest, aws_lambda: LambdaService) -> LambdaFunction:
    """The function that ``@pytest.mark.lambda_function("module.handler", ...)`` describes, nearest marker first.

    A relative ``code=`` starts from the test file's own directory.
    """
    described = markers.function_arguments(request.node)
    if described is None:
        raise UsageError(
            'the lambda_function fixture needs a marker: @pytest.mark.lambda_function("module.handler", timeout=10)'
        )
    handler, configuration = described
    if "code" in configuration:
        configuration["code"] = request.path.parent / configuration["code"]
    return aws_lambda.create_function(handler, **configuration)


@pytest.fixture
def lambda_clock(aws_lambda: LambdaService) -> Clock:
    """The clock of this test's service: ``now``, ``start``, ``elapsed``."""
    return aws_lambda.clock


@pytest.fixture
def lambda_context(request: pytest.FixtureRequest) -> LambdaContext:
    """A context object for calling a handler directly; nothing is simulated.

    It follows ``@pytest.mark.lambda_function(...)`` where that is present.
    """
    from pytest_lambda_env.direct import direct_context

    if "aws_lambda" in request.fixturenames:
        request.getfixturevalue("aws_lambda")  # its clock is the one that counts down
    described = markers.function_arguments(request.node)
    handler, configuration = described or ("app.handler", {})
    service = {
        key: value for key, value in _service_keywords(request).items() if key in ("region", "account_id", "seed")
    }
    return direct_context(handler, {**options.function_defaults(request.config), **configuration}, **service)


@pytest.fixture(scope="session")
def lambda_events() -> ModuleType:
    """The event builders, ``pytest_lambda_env.events``: ``lambda_events.s3.object_created("bucket", "key")``."""
    from pytest_lambda_env import events

    return events
