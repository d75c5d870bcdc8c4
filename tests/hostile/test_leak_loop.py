"""Two thousand invocations that end in every way and leave things behind: the test process keeps nothing of them.

Handlers start threads, open files and sockets, register signal, exit and logging handlers, import, set variables, and
then return, time out, crash or kill themselves, by a seed. At the end the process has no thread, descriptor, module,
variable, logging handler or signal handler more than it had.
"""

from __future__ import annotations

import gc
import logging
import os
import random
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pytest_lambda_env import LambdaService
from pytest_lambda_env.simulation.real_clock import real_sleep

SEEDS = (1, 2)
RUNS = 1_000
"""For each seed."""

APP = """
import logging, os, queue, signal, socket, sys, tempfile, threading, time

KEPT = []

def threads(n):
    for target in (threading.Event().wait, lambda: time.sleep(10_000), lambda: queue.Queue().get()):
        KEPT.append(threading.Thread(target=target))
        KEPT[-1].start()

def busy(n):
    def run():
        while True:
            pass
    threading.Thread(target=run).start()

def files(n):
    KEPT.append(open(f"/tmp/{n}", "w"))
    KEPT.append(tempfile.TemporaryFile())
    KEPT[-1].write(b"x" * n)

def sockets(n):
    KEPT.extend(socket.socketpair())

def signals(n):
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    signal.signal(signal.SIGALRM, lambda number, frame: None)
    signal.setitimer(signal.ITIMER_REAL, 1000)

def handlers(n):
    logging.getLogger("leak.%d" % (n % 5)).addHandler(logging.StreamHandler())
    logging.getLogger().addHandler(logging.NullHandler())
    logging.getLogger().warning("run %d", n)

def imports(n):
    sys.modules.pop("own", None)
    import own
    KEPT.append(own)

def variables(n):
    os.environ[f"LEAK_{n}"] = "1"
    os.environ["PATH"] = "/nowhere"

def locks(n):
    KEPT.append(threading.Lock())
    KEPT[-1].acquire()

ACTS = [threads, files, sockets, signals, handlers, imports, variables, locks, busy]

def handler(event, context):
    for act in event["acts"]:
        ACTS[act](event["number"])
    end = event["end"]
    if end == "timeout":
        time.sleep(10_000)
    elif end == "stubborn":
        while True:
            try:
                time.sleep(1)
            except BaseException:
                pass
    elif end == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif end == "thread":
        threading.Thread(target=os._exit, args=(3,)).start()
        time.sleep(1)
    elif end == "exit":
        sys.exit(2)
    elif end == "raise":
        raise ValueError(end)
"""

ENDS = ("return", "timeout", "stubborn", "kill", "thread", "exit", "raise")


def snapshot() -> dict[str, Any]:
    """What must be as before, by name."""
    gc.collect()
    descriptors = Path("/dev/fd")
    loggers = {
        name: list(logger.handlers)
        for name, logger in [("root", logging.root), *logging.root.manager.loggerDict.items()]
        if isinstance(logger, logging.Logger) and logger.handlers
    }
    return {
        "threads": set(threading.enumerate()),
        "frames": len(sys._current_frames()),
        "descriptors": len(os.listdir(descriptors)) if descriptors.is_dir() else 0,
        "modules": {name for name in sys.modules if name in ("app", "own")},
        "variables": dict(os.environ),
        "logging handlers": loggers,
        "all logging handlers": len(logging._handlerList),  # type: ignore[attr-defined]
        "signal handlers": [signal.getsignal(number) for number in signal.valid_signals()],
        "hooks": (sys.excepthook, sys.unraisablehook, threading.excepthook, sys.gettrace(), sys.getprofile()),
        "limbo": dict(threading._limbo),  # type: ignore[attr-defined]
    }


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # files are left open on purpose
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_of_two_thousand_invocations_stays(tmp_path: Path, seed: int) -> None:
    """However they end, and whatever they leave behind, the process is as it was before the first."""
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "own.py").write_text("import threading\nLOCK = threading.Lock()\n")
    draw = random.Random(seed)  # noqa: S311 - the same run each time
    with LambdaService() as service:
        function = service.create_function("app.handler", code=tmp_path, timeout=5)
        function.invoke({"number": 0, "acts": [], "end": "return"}).raise_for_error()
        before = snapshot()
        for number in range(RUNS):
            # A busy thread holds virtual time for a real second: few are enough.
            acts = draw.sample(range(8), draw.randrange(5)) + ([8] if not number % 250 else [])
            end = draw.choice(ENDS) if number % 250 else "timeout"
            function.invoke({"number": number, "acts": acts, "end": end})
        function.recycle_environments()
        function.invoke({"number": 0, "acts": [], "end": "return"}).raise_for_error()
        # Threads end when they are scheduled, and what they held is collected after that.
        after, looks = snapshot(), 0
        while after != before and looks < 500:
            real_sleep(10_000)
            after, looks = snapshot(), looks + 1
        assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}
    gc.collect()  # while what was left open is still no error
