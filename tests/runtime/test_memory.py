"""Memory is measured: what an environment's code takes, and nobody else's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from pytest_lambda_env import LambdaFunction, LambdaService
from pytest_lambda_env.runtime import memory

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows tells nothing cheap about memory")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of one invocation")

_kept: list[bytes] = []


def takes(megabytes: int, context: Any) -> None:
    """Fills that much memory and keeps it."""
    _kept.append(b"x" * (megabytes * 1_048_576))


def test_what_a_handler_takes_is_seen_and_stays_seen() -> None:
    """``max_memory_used`` grows with what the handler fills, never shrinks, and is what REPORT says."""
    try:
        with LambdaService() as service:
            function = service.create_function(takes, memory_size=512)
            before = function.invoke(0).max_memory_used
            filled = function.invoke(200)
            after = function.invoke(0).max_memory_used
        assert 1 <= before < 100
        assert 190 <= filled.max_memory_used < 300
        assert after >= filled.max_memory_used
        assert f"Max Memory Used: {filled.max_memory_used} MB" in filled.report
    finally:
        _kept.clear()


def takes_for_a_moment(megabytes: int, context: Any) -> int:
    """Fills that much memory and lets go of it before it returns."""
    return len(b"x" * (megabytes * 1_048_576))


@on_linux
def test_a_peak_is_seen_and_is_of_one_invocation() -> None:
    """``peak_memory`` shows what one invocation had at its peak; REPORT shows the most of the environment so far."""
    with LambdaService() as service:
        function = service.create_function(takes_for_a_moment, memory_size=512)
        large, small = function.invoke(200), function.invoke(1)
    assert 195 <= large.peak_memory < 230
    assert large.max_memory_used == small.max_memory_used == large.peak_memory
    assert f"Max Memory Used: {large.peak_memory} MB" in small.report
    assert small.peak_memory < 30


@on_linux
def test_a_peak_below_an_earlier_one_of_the_test_is_seen() -> None:
    """The test process has been larger before than the handler makes it."""
    assert takes_for_a_moment(400, None)
    with LambdaService() as service:
        function = service.create_function(takes_for_a_moment, memory_size=512)
        function.invoke(1)
        assert takes_for_a_moment(400, None)
        assert 145 <= function.invoke(150).peak_memory < 180


@on_linux
def test_what_the_test_takes_in_between_does_not_count() -> None:
    """Only what an environment's own code adds is counted, not what the test keeps from one invoke to the next."""
    try:
        with LambdaService() as service:
            function = service.create_function(takes, memory_size=512)
            function.invoke(0)
            _kept.append(b"x" * (200 * 1_048_576))
            assert function.invoke(40).max_memory_used < 80
    finally:
        _kept.clear()


@on_linux
def test_what_an_invoked_function_takes_is_its_own() -> None:
    """Neither what the invoked function takes nor what it keeps is its caller's; the caller's own peak is not lost."""
    invoked: list[LambdaFunction] = []
    responses: list[Any] = []

    def outer(event: Any, context: Any) -> None:
        takes_for_a_moment(80, None)
        responses.append(invoked[0].invoke(200))
        takes_for_a_moment(20, None)

    try:
        with LambdaService() as service:
            invoked.append(service.create_function(takes, memory_size=512))
            response = service.create_function(outer, memory_size=512).invoke()
    finally:
        _kept.clear()
    assert 195 <= responses[0].peak_memory < 230
    assert 75 <= response.peak_memory < 110


MEASURED = """
import json
from pytest_lambda_env import LambdaService
with LambdaService() as service:
    function = service.create_function(lambda megabytes, context: len(b"x" * (megabytes * 1_048_576)))
    print(json.dumps([function.invoke(megabytes).peak_memory for megabytes in (0, 100, 0, 500)]))
"""


@on_linux
def test_the_child_of_a_large_process_measures_its_own_peaks() -> None:
    """The kernel counts the size of its parent to what a child's peak was; a handler there is not blamed for that."""
    ballast = bytearray(b"x") * (300 * 1_048_576)
    done = subprocess.run([sys.executable, "-c", MEASURED], check=True, capture_output=True, text=True)
    assert ballast
    nothing, hundred, again, more = json.loads(done.stdout)
    assert nothing < 30
    assert 95 <= hundred < 130
    assert again < 30
    assert 495 <= more < 530


@on_linux
def test_without_a_mark_the_highest_peak_is_still_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ``clear_refs`` can't be written to, a peak counts if it is the highest of the whole process."""

    def refuse(path: str, flags: int) -> int:
        if path.endswith("clear_refs"):
            raise PermissionError(path)
        return os.open(path, flags)

    monkeypatch.setattr(memory, "_open", refuse)
    monkeypatch.setattr(memory.MemoryMeter, "platform", memory.probe())
    highest = memory.probe().peak() // 1_048_576
    with LambdaService() as service:
        function = service.create_function(takes_for_a_moment, memory_size=10_240)
        assert function.invoke(highest + 200).max_memory_used >= 150


def test_a_platform_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the module ``resource`` nothing is measured, and nothing fails."""
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setattr(memory.MemoryMeter, "platform", None)
    with LambdaService() as service:
        assert service.create_function(takes_for_a_moment).invoke(10).max_memory_used == 1


@on_linux
def test_what_the_test_took_before_does_not_count() -> None:
    """An environment begins to count when it is made."""
    _kept.append(b"x" * (200 * 1_048_576))
    try:
        with LambdaService() as service:
            assert service.create_function(takes).invoke(0).max_memory_used < 100
    finally:
        _kept.clear()
