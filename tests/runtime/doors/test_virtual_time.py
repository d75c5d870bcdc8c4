"""What a handler's clocks, waits and threads do, through every usual door of the standard library.

Handlers here are functions of this module, so each test reads as one piece; isolation is tested elsewhere.
"""

# ruff: noqa: PLW0108 - `time.time` would be captured before the doors open, `lambda: time.time()` is not

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime as datetime_module
import importlib
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from pytest_lambda_env import InvokeResponse, LambdaService

START = "2026-03-29T00:59:00Z"
START_SECONDS = 1_774_745_940


@pytest.fixture
def service() -> Iterator[LambdaService]:
    """A service whose time begins at START."""
    with LambdaService(start=START, real_time_guard=5) as aws_lambda:
        yield aws_lambda


def run(service: LambdaService, work: Callable[[], Any], *, timeout: int = 900) -> InvokeResponse:
    """Invoke a handler that does ``work``."""
    return service.create_function(lambda event, context: work(), timeout=timeout).invoke()


# -- reading ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda: time.time(), START_SECONDS),
        (lambda: time.time_ns(), START_SECONDS * 10**9),
        (lambda: time.strftime("%Y-%m-%dT%H:%M:%S"), "2026-03-29T00:59:00"),
        (lambda: time.gmtime()[:6], [2026, 3, 29, 0, 59, 0]),
        (lambda: time.localtime()[:6], [2026, 3, 29, 0, 59, 0]),
        (lambda: time.ctime(), "Sun Mar 29 00:59:00 2026"),
        (lambda: time.asctime(), "Sun Mar 29 00:59:00 2026"),
        (lambda: datetime_module.datetime.now().isoformat(), "2026-03-29T00:59:00"),
        (lambda: datetime.now(timezone.utc).isoformat(), "2026-03-29T00:59:00+00:00"),
        (lambda: datetime.utcnow().isoformat(), "2026-03-29T00:59:00"),
        (lambda: datetime.today().isoformat(), "2026-03-29T00:59:00"),
        (lambda: date.today().isoformat(), "2026-03-29"),
        (lambda: datetime.now(timezone(timedelta(hours=2))).hour, 2),
        (lambda: time.clock_gettime(time.CLOCK_REALTIME), START_SECONDS),
    ],
)
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow")
def test_every_wall_clock_shows_virtual_time(service: LambdaService, read: Callable[[], Any], expected: Any) -> None:
    """By attribute of the module or by a name captured at import: all agree, in UTC."""
    assert run(service, read).payload == expected


@pytest.mark.parametrize("name", ["monotonic", "perf_counter", "monotonic_ns", "perf_counter_ns"])
def test_monotonic_clocks_advance_with_sleep(service: LambdaService, name: str) -> None:
    """A monotonic clock counts exactly what was slept."""

    def work() -> float:
        clock = getattr(time, name)
        before = clock()
        time.sleep(12.5)
        return float(clock() - before)

    assert run(service, work).payload == (12.5e9 if name.endswith("_ns") else 12.5)


def test_remaining_time_counts_down(service: LambdaService) -> None:
    """``get_remaining_time_in_millis`` follows the virtual clock, and never goes below zero."""

    def handler(event: Any, context: Any) -> list[int]:
        first = context.get_remaining_time_in_millis()
        time.sleep(1.25)
        return [first, context.get_remaining_time_in_millis()]

    assert service.create_function(handler, timeout=3).invoke().payload == [3000, 1750]


def test_values_of_datetime_are_real(service: LambdaService) -> None:
    """What ``now`` gives is an instance of the real class, so adapters by type (sqlite3, drivers) know it."""

    def work() -> list[bool]:
        now = datetime.now()
        return [
            type(now).__module__ == "datetime" and type(now) == datetime,  # noqa: E721 - the comparison is the test
            isinstance(now, datetime),
            isinstance(now, date),
            issubclass(type(now), datetime),
            {datetime: True}[type(now)],
            type(now + timedelta(1)) is type(now),
        ]

    assert run(service, work).payload == [True] * 6


def test_subclasses_of_datetime_stay_subclasses(service: LambdaService) -> None:
    """A class that handler code derives from datetime makes its own instances, at virtual time."""

    def work() -> list[str]:
        class Stamp(datetime):
            pass

        return [type(Stamp.now()).__name__, Stamp.now().isoformat(), type(Stamp(2026, 1, 1)).__name__]

    assert run(service, work).payload == ["Stamp", "2026-03-29T00:59:00", "Stamp"]


def test_datetimes_can_be_pickled_inside_and_outside(service: LambdaService) -> None:
    """A pickle made inside is the ordinary one, and one made outside is read inside."""
    import copy
    import pickle

    kept: list[bytes] = []

    def work() -> bool:
        now = datetime.now(timezone.utc)
        kept.append(pickle.dumps([now, now.date(), datetime]))
        return pickle.loads(kept[0])[:2] == [now, now.date()] and copy.deepcopy(now) == now

    assert run(service, work).payload is True
    service.close()
    restored = pickle.loads(kept[0])
    assert restored == [datetime(2026, 3, 29, 0, 59, tzinfo=timezone.utc), date(2026, 3, 29), datetime]


# -- waiting ------------------------------------------------------------------------------------------------------


def wait_for_event() -> object:
    """Seven seconds."""
    return threading.Event().wait(7)


def wait_for_condition() -> object:
    """Seven seconds."""
    condition = threading.Condition()
    with condition:
        return condition.wait(7)


def wait_for_semaphore() -> object:
    """Seven seconds."""
    return threading.Semaphore(0).acquire(timeout=7)


def wait_for_barrier() -> object:
    """Seven seconds."""
    try:
        return threading.Barrier(2).wait(7)
    except threading.BrokenBarrierError:
        return "broken"


def wait_for_queue() -> object:
    """Seven seconds."""
    try:
        return queue.Queue[int]().get(timeout=7)
    except queue.Empty:
        return "empty"


def wait_for_simple_queue() -> object:
    """Seven seconds."""
    try:
        return queue.SimpleQueue[int]().get(timeout=7)
    except queue.Empty:
        return "empty"


def wait_for_future() -> object:
    """Seven seconds."""
    try:
        return concurrent.futures.Future[int]().result(timeout=7)
    except concurrent.futures.TimeoutError:
        return "timeout"


def wait_in_asyncio() -> object:
    """Seven seconds."""
    return asyncio.run(asyncio.sleep(7, "slept"))


def wait_for_asyncio_timeout() -> object:
    """Seven seconds."""

    async def main() -> str:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 7)
        except asyncio.TimeoutError:
            return "timeout"
        return "never"

    return asyncio.run(main())


@pytest.mark.parametrize(
    "wait",
    [
        wait_for_event,
        wait_for_condition,
        wait_for_semaphore,
        wait_for_barrier,
        wait_for_queue,
        wait_for_simple_queue,
        wait_for_future,
        wait_in_asyncio,
        wait_for_asyncio_timeout,
    ],
)
def test_every_wait_takes_virtual_time(service: LambdaService, wait: Callable[[], object]) -> None:
    """A wait of seven seconds takes seven virtual seconds, whichever door it goes through."""
    response = run(service, wait)
    assert response.function_error is None, response.payload
    assert response.duration == timedelta(seconds=7)
    assert service.clock.elapsed == timedelta(seconds=7)


@pytest.mark.parametrize(
    "wait",
    [
        lambda: time.sleep(900),
        lambda: threading.Event().wait(),
        lambda: threading.Event().wait(900),
        lambda: queue.Queue[int]().get(),
        lambda: asyncio.run(asyncio.sleep(900)),
        lambda: concurrent.futures.Future[int]().result(),
    ],
    ids=["sleep", "wait for ever", "wait", "queue", "asyncio", "future"],
)
@pytest.mark.fidelity("I60")
def test_every_wait_ends_at_the_deadline(service: LambdaService, wait: Callable[[], object]) -> None:
    """A wait that goes past the deadline ends there, exactly, even one that would never end."""
    response = run(service, wait, timeout=3)
    assert response.payload["errorType"] == "Sandbox.Timedout"
    assert response.duration == timedelta(seconds=3)
    assert service.clock.elapsed == timedelta(seconds=3)
    assert any("test_virtual_time.py" in line for line in response.stopped_at)


def test_polling_the_clock_ends(service: LambdaService) -> None:
    """A loop that reads the clock without ever waiting sees time pass."""

    def handler(event: Any, context: Any) -> str:
        while context.get_remaining_time_in_millis() > 1000:
            pass
        return "in time"

    response = service.create_function(handler, timeout=3).invoke()
    assert response.payload == "in time"
    assert timedelta(seconds=2) <= response.duration < timedelta(seconds=2.1)


def test_much_logging_is_not_polling(service: LambdaService) -> None:
    """Log records read the clock too; ten thousand of them take no time."""
    import logging

    def work() -> None:
        for number in range(10_000):
            logging.getLogger("quiet").warning("line %s", number)

    logging.getLogger("quiet").propagate = False
    try:
        assert run(service, work).duration == timedelta(0)
    finally:
        logging.getLogger("quiet").propagate = True


# -- threads ------------------------------------------------------------------------------------------------------


def test_threads_wait_side_by_side(service: LambdaService) -> None:
    """Three sleeps in three threads take as long as the longest, and wake in their order."""

    def work() -> list[float]:
        began, woke = time.monotonic(), []

        def nap(seconds: float) -> None:
            time.sleep(seconds)
            woke.append(time.monotonic() - began)

        threads = [threading.Thread(target=nap, args=(seconds,)) for seconds in (5, 1, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return woke

    response = run(service, work)
    assert response.payload == [1, 3, 5]
    assert response.duration == timedelta(seconds=5)


def test_an_executor_s_work_overlaps(service: LambdaService) -> None:
    """Four tasks of two seconds on two workers take four seconds."""

    def work() -> list[int]:
        def task(number: int) -> int:
            time.sleep(2)
            return number

        with concurrent.futures.ThreadPoolExecutor(2) as executor:
            return list(executor.map(task, range(4)))

    response = run(service, work)
    assert response.payload == [0, 1, 2, 3]
    assert response.duration == timedelta(seconds=4)


def test_a_producer_and_a_consumer_keep_pace(service: LambdaService) -> None:
    """What a thread puts on a queue every second is taken when it comes."""

    def work() -> list[float]:
        began, items = time.monotonic(), queue.Queue[int]()

        def produce() -> None:
            for number in range(3):
                time.sleep(1)
                items.put(number)

        threading.Thread(target=produce).start()
        arrivals = []
        for _ in range(3):
            items.get(timeout=10)
            arrivals.append(time.monotonic() - began)
        return arrivals

    assert run(service, work).payload == [1, 2, 3]


def test_asyncio_waits_for_threads(service: LambdaService) -> None:
    """``to_thread`` and ``gather`` overlap in virtual time."""

    async def main() -> float:
        began = asyncio.get_running_loop().time()
        await asyncio.gather(asyncio.to_thread(time.sleep, 4), asyncio.sleep(6), asyncio.to_thread(time.sleep, 5))
        return asyncio.get_running_loop().time() - began

    assert run(service, lambda: asyncio.run(main())).payload == 6


def test_a_thread_can_t_be_started_twice(service: LambdaService) -> None:
    """It goes on as it was, and so does time."""

    def work() -> str:
        thread = threading.Thread(target=time.sleep, args=(5,))
        thread.start()
        with pytest.raises(RuntimeError, match="once"):
            thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="once"):
            thread.start()
        time.sleep(5)
        return "done"

    response = run(service, work)
    assert response.payload == "done"
    assert response.duration == timedelta(seconds=10)


def test_a_timer_fires_in_virtual_time(service: LambdaService) -> None:
    """``threading.Timer`` waits on an event like everybody else."""

    def work() -> float:
        began, fired = time.monotonic(), threading.Event()
        threading.Timer(30, fired.set).start()
        fired.wait(60)
        return time.monotonic() - began

    assert run(service, work).payload == 30


def test_a_join_can_time_out(service: LambdaService) -> None:
    """``join(timeout)`` returns after that much virtual time, the thread still alive."""

    def work() -> list[object]:
        thread = threading.Thread(target=time.sleep, args=(100,))
        thread.start()
        thread.join(2)
        alive = thread.is_alive()
        thread.join()
        return [alive, thread.is_alive()]

    response = run(service, work)
    assert response.payload == [True, False]
    assert response.duration == timedelta(seconds=100)


@pytest.mark.fidelity("V41")
def test_a_thread_left_behind_is_frozen_and_goes_on_at_the_next_invoke(service: LambdaService) -> None:
    """Between invokes a background thread stands still; what it slept through is over when it is thawed."""
    woke: list[float] = []

    def handler(event: Any, context: Any) -> int:
        if not event.get("again"):

            def background() -> None:
                time.sleep(10)
                woke.append(time.time())

            threading.Thread(target=background).start()
        else:
            time.sleep(1)
        return len(woke)

    function = service.create_function(handler)
    assert function.invoke({}).payload == 0
    service.advance(minutes=5)
    assert woke == []
    assert function.invoke({"again": True}).payload == 1
    assert woke == [START_SECONDS + 300]


def test_threads_of_a_killed_process_end(service: LambdaService) -> None:
    """After a timeout the threads that the handler had started are gone, quietly."""
    before = set(threading.enumerate())

    def work() -> None:
        for _ in range(3):
            threading.Thread(target=threading.Event().wait).start()
        executor = concurrent.futures.ThreadPoolExecutor(2)
        executor.submit(time.sleep, 1000)
        time.sleep(1000)

    response = run(service, work, timeout=3)
    assert response.payload["errorType"] == "Sandbox.Timedout"
    # Their last instructions run in real time.
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert set(threading.enumerate()) <= before


def test_a_subprocess_runs_in_real_time(service: LambdaService) -> None:
    """A child process is waited for really and costs no virtual time; its timeout is real too."""

    def work() -> str:
        answer = subprocess.run(
            [sys.executable, "-c", "print('child')"], capture_output=True, text=True, timeout=60, check=True
        )
        return answer.stdout.strip()

    response = run(service, work)
    assert response.payload == "child"
    assert response.duration == timedelta(0)


# -- the test's own time ------------------------------------------------------------------------------------------


def test_only_the_test_moves_the_test_s_time(service: LambdaService) -> None:
    """A synchronous invoke moves the clock to its end; sleep and advance move it; reading does not."""
    run(service, lambda: time.sleep(2))
    assert service.clock.elapsed == timedelta(seconds=2)
    time.sleep(3)
    assert service.clock.elapsed == timedelta(seconds=5)
    service.advance(hours=1)
    assert time.time() == START_SECONDS + 3605
    assert datetime.now(timezone.utc) == service.clock.now


def test_the_test_s_own_waits_are_real(service: LambdaService) -> None:
    """The test may wait for a real thread; monotonic clocks stay real for it."""
    before = time.monotonic()
    done = threading.Event()
    threading.Thread(target=done.set).start()
    assert done.wait(10)
    assert 0 <= time.monotonic() - before < 10
    assert service.clock.elapsed == timedelta(0)


def test_asyncio_in_a_test_does_not_hang(service: LambdaService) -> None:
    """A short ``asyncio.sleep`` in the test takes real time, and no virtual time."""
    asyncio.run(asyncio.sleep(0.01))
    assert service.clock.elapsed == timedelta(0)


# -- afterwards ---------------------------------------------------------------------------------------------------


def test_nothing_stays_replaced() -> None:
    """When the service is closed every door is the original again, also under captured names."""
    functions = [time.time, time.sleep, time.monotonic, threading.Condition.wait, threading.Thread.start]
    now, utcnow = (datetime.__dict__[name] for name in ("now", "utcnow"))
    simple_queue = queue.SimpleQueue
    with LambdaService() as service:
        run(service, lambda: time.sleep(1))
        assert datetime.__dict__["now"] is not now
        assert time.sleep is not functions[1]
    assert [
        time.time,
        time.sleep,
        time.monotonic,
        threading.Condition.wait,
        threading.Thread.start,
    ] == functions
    assert datetime.__dict__["now"] is now
    assert datetime.__dict__["utcnow"] is utcnow
    assert queue.SimpleQueue is simple_queue


def test_the_classes_of_datetime_are_the_real_ones(service: LambdaService) -> None:
    """No identity changes: extension modules remember the classes, and would refuse values of any other."""
    classes = (datetime_module.datetime, datetime_module.date)

    def handler() -> list[bool]:
        now, today = datetime_module.datetime.now(), datetime_module.date.today()
        return [
            (datetime_module.datetime, datetime_module.date) == classes,
            (type(now), type(today)) == classes,
            pickle.loads(pickle.dumps(now)) == now,
            now.date() == today == date.today() == datetime.today().date(),
        ]

    assert run(service, handler).payload == [True] * 4


def test_modules_imported_meanwhile_are_put_right(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module first imported while time is virtual holds the real things afterwards."""
    (tmp_path / "captures_clocks.py").write_text("from time import time, sleep\nfrom datetime import datetime\n")
    monkeypatch.syspath_prepend(tmp_path)
    with LambdaService(start=START):
        captures_clocks = importlib.import_module("captures_clocks")
        assert captures_clocks.time() == START_SECONDS
    assert captures_clocks.datetime is datetime
    assert captures_clocks.sleep is time.sleep
    del sys.modules["captures_clocks"]


def test_services_nest() -> None:
    """An inner service has a time of its own; the outer one goes on where it was."""
    with LambdaService(start="2030-01-01T00:00:00Z") as outer:
        with LambdaService(start="2040-01-01T00:00:00Z"):
            assert datetime.now(timezone.utc).year == 2040
        assert datetime.now(timezone.utc).year == 2030
        outer.advance(days=400)
        assert datetime.now(timezone.utc).year == 2031
