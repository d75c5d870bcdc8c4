"""Modules of the standard library that are too much to import for those who never use them."""

from __future__ import annotations

from pytest_lambda_env.bridges.tap import Tap
from pytest_lambda_env.runtime.doors import belongings

TAPS = (
    Tap("asyncio.base_events", "BaseEventLoop", "__init__", belongings.loop_made),
    Tap("asyncio.base_events", "BaseEventLoop", "create_task", belongings.task_made),
    Tap("asyncio.base_subprocess", "BaseSubprocessTransport", "__init__", belongings.transport_made),
    Tap("multiprocessing.connection", "_ConnectionBase", "__init__", belongings.connection_made),
    Tap("multiprocessing.process", "BaseProcess", "start", belongings.worker_started),
)
"""What these modules make is noted (:mod:`..runtime.leftovers`)."""
