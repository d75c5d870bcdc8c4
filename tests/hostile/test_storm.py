"""Eight thousand invocations, stopped at instants drawn from a seed: nothing of the test process is left broken.

The handlers log, call AWS, import lazily, take locks that the test shares, start threads and write files. Half of the
runs meet their virtual deadline at one of their waits, which may lie in a module's import, in a logging handler or
below a lock. The others are interrupted in real time, after a while drawn from the seed: whatever they are at.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import logging
import random
import sys
import threading
import traceback
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_lambda_env import InvokeResponse, LambdaService
from pytest_lambda_env.runtime.doors.clocks import real_monotonic
from pytest_lambda_env.runtime.pulse import pulse
from pytest_lambda_env.runtime.watchdog import Watchdog
from pytest_lambda_env.simulation.real_clock import real_sleep

RUNS = 1_000
CHECK_EVERY = 100
LONGEST = 12_000
"""Microseconds until the interrupt; most runs would take less."""

APP = """
import json, logging, os, queue, threading, zlib
import world
from waits import begin, wait

logger = logging.getLogger("storm")

class Slow(logging.Handler):
    def emit(self, record):
        wait()

slow = logging.getLogger("storm.slow")
slow.addHandler(Slow())

def body(number):
    text = json.dumps([number] * (number % 500))
    return json.dumps({"text": text, "sum": zlib.crc32(text.encode())})

def log(number):
    logger.warning("run %d", number)
    slow.error("waits with its handler's lock held")

def call(number):
    service = world.SERVICES[number % len(world.SERVICES)]
    client, names = world.clients[service], world.names
    if service == "s3":
        client.put_object(Bucket=names["bucket"], Key=f"key-{number % 40}", Body=body(number).encode())
        wait()
        client.get_object(Bucket=names["bucket"], Key=f"key-{number % 40}")["Body"].read()
    elif service == "sqs":
        client.send_message(QueueUrl=names["queue"], MessageBody=body(number))
        if not number % 20:
            client.receive_message(QueueUrl=names["empty"], WaitTimeSeconds=1)
    elif service == "dynamodb":
        item = {"id": {"S": f"id-{number % 40}"}, "body": {"S": body(number)}}
        client.put_item(TableName=names["table"], Item=item)
    else:
        client.publish(TopicArn=names["topic"], Message=body(number))

def load(number):
    __import__(f"own_{number % 8}")
    __import__(world.STANDARD[number % len(world.STANDARD)])

def lock(number):
    with world.lock:
        wait()
        with world.rlock:
            os.getpid()
    world.lock.acquire()
    try:
        wait()
    finally:
        world.lock.release()
    with world.condition:
        world.condition.wait(0.01)
    world.queue.put(number)
    world.queue.get()

def write(number):
    with open(f"/tmp/{number % 10}", "w") as file:
        file.write("x" * 100)
        wait()

def thread(number):
    done = queue.Queue()
    worker = threading.Thread(target=lambda: (wait(), logger.info("in a thread"), done.put(number)))
    worker.start()
    done.get()
    worker.join()

STEPS = [log, call, load, lock, write, thread]

def handler(event, context):
    begin(event["deadly"])
    for step in event["steps"]:
        STEPS[step](event["number"])
        wait()
    return event["number"]
"""

WAITS = """
import time

def begin(number):
    global left
    left = number

def wait():
    global left
    left -= 1
    time.sleep(0.01 if left else 1000)
"""

OWN = """
import waits
waits.wait()
from own_parts import part
waits.wait()
"""

STANDARD = ("colorsys", "sched", "tabnanny", "pyclbr", "timeit", "rlcompleter")
"""Modules that nobody else here needs: they are imported again and again."""


class World(ModuleType):
    """What handlers and the test share, as a module that no environment has for itself."""

    SERVICES = ("s3", "sqs", "dynamodb", "sns")
    STANDARD = STANDARD

    def __init__(self) -> None:
        import boto3

        super().__init__("world")
        make: Any = boto3.client
        self.clients = {service: make(service, region_name="us-east-1") for service in self.SERVICES}
        s3, sqs, dynamodb, sns = self.clients.values()
        s3.create_bucket(Bucket="storm")
        dynamodb.create_table(
            TableName="storm",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("storm", "empty", "published")}
        topic = sns.create_topic(Name="storm")["TopicArn"]
        arn = sqs.get_queue_attributes(QueueUrl=urls["published"], AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        self.names = {
            "bucket": "storm",
            "table": "storm",
            "topic": topic,
            "queue": urls["storm"],
            "empty": urls["empty"],
            "published": urls["published"],
        }
        self.lock, self.rlock, self.condition = threading.Lock(), threading.RLock(), threading.Condition()
        self.queue = __import__("queue").Queue()
        self.done = dict.fromkeys(self.SERVICES, 0)
        self.cut_off = dict.fromkeys(self.SERVICES, 0)

    def count(self, response: InvokeResponse) -> None:
        """Note which writes were answered, and which were under way when their process died."""
        for call in response.aws_calls:
            if call.operation in ("SendMessage", "Publish"):
                (self.done if call.error is None else self.cut_off)[call.service] += 1


class Sender:
    """A thread that interrupts the main one once it is told to, and again and again until it is told to stop."""

    def __init__(self, watchdog: Watchdog, draw: random.Random) -> None:
        self._watchdog, self._draw = watchdog, draw
        self._go, self._idle = threading.Semaphore(0), threading.Semaphore(0)
        self._firing = self._open = True
        self._main = threading.get_ident()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def begin(self) -> None:
        """A run begins."""
        self._firing = True
        self._go.release()

    def end(self) -> None:
        """It has ended."""
        self._firing = False
        self._idle.acquire()

    def close(self) -> None:
        """No more runs."""
        self._firing = self._open = False
        self._go.release()
        self._thread.join()

    def _run(self) -> None:
        while self._go.acquire() and self._open:
            real_sleep(self._draw.randrange(LONGEST))
            while self._firing:
                watch = self._watchdog._watch
                if watch is not None:
                    late = watch._replace(since=real_monotonic() - watch.limit)
                    # No other thread runs between the two lines: what was watched before must not come back.
                    if self._watchdog._watch is watch:
                        self._watchdog._watch = late
                pulse.send(self._main)
                real_sleep(300)
            self._idle.release()


def told(complaint: Any) -> str:
    """What a hook was given, with every exception that led to it. Not in the hook: the doors may be shut there."""
    of = getattr(complaint, "object", getattr(complaint, "thread", None))
    lines = traceback.format_exception(complaint.exc_type, complaint.exc_value, complaint.exc_traceback)
    return f"{getattr(complaint, 'err_msg', None) or 'Exception'} {of!r}\n{''.join(lines)}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The shared module, a project for the handlers, and an eye on what Python can only complain about."""
    from moto import mock_aws

    complaints: list[Any] = []
    before = sys.unraisablehook, threading.excepthook, sys.getswitchinterval()
    for name, source in {"app": APP, "waits": WAITS, **{f"own_{number}": OWN for number in range(8)}}.items():
        (tmp_path / f"{name}.py").write_text(source)
    (tmp_path / "own_parts").mkdir()
    (tmp_path / "own_parts" / "__init__.py").write_text("")
    (tmp_path / "own_parts" / "part.py").write_text("import waits\nwaits.wait()\n")
    sys.unraisablehook = threading.excepthook = complaints.append
    sys.setswitchinterval(1e-5)
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        world = World()
        patch.setitem(sys.modules, "world", world)
        yield world
    sys.unraisablehook, threading.excepthook, interval = before
    sys.setswitchinterval(interval)
    assert not complaints, "\n".join(map(told, complaints))


def elsewhere(act: Callable[[], None]) -> None:
    """Do something in a thread that holds nothing, and fail rather than hang."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - raised again in the test
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "it hangs"
    if errors:
        raise errors[0]


_LOCKS = (type(threading.Lock()), type(threading.RLock()), threading.Condition)


def locks() -> dict[int, tuple[str, Any]]:
    """Every lock that an object or a module of the process holds by name, but for those of threads and services."""
    found: dict[int, tuple[str, Any]] = {}
    for thing in gc.get_objects():
        owner = thing if isinstance(thing, type) else type(thing)
        if isinstance(thing, threading.Thread) or str(owner.__module__).startswith("pytest_lambda_env"):
            continue
        try:
            names = dict(object.__getattribute__(thing, "__dict__"))
        except (AttributeError, TypeError):
            continue
        for name, value in names.items():
            if isinstance(value, _LOCKS):
                found[id(value)] = (f"{owner.__module__}.{owner.__qualname__}.{name}", value)
    return found


def held(candidates: dict[int, tuple[str, Any]]) -> set[str]:
    """Which of them another thread can't have."""
    names: set[str] = set()

    def look() -> None:
        for name, lock in candidates.values():
            if lock.acquire(False):
                lock.release()
            else:
                names.add(name)

    elsewhere(look)
    return names


def check(world: World) -> None:
    """The import system, logging, shared locks and AWS are as usable as ever, from any thread."""
    bootstrap: Any = importlib._bootstrap

    def use() -> None:
        limbo: Any = vars(threading)["_active_limbo_lock"]
        for lock in (world.lock, world.rlock, world.condition, world.queue.mutex, limbo):
            assert lock.acquire(timeout=10)
            lock.release()
        for name in STANDARD:
            sys.modules.pop(name, None)
            importlib.import_module(name)
        logging.getLogger("health").warning("still here")
        for number, service in enumerate(World.SERVICES):
            assert getattr(world.clients[service], CALLS[number])()

    assert [key for key, lock in tuple(bootstrap._module_locks.items()) if lock() and lock().owner] == []
    elsewhere(use)


CALLS = ("list_buckets", "list_queues", "list_tables", "list_topics")


def check_state(world: World) -> None:
    """What moto keeps is whole: each object, message and item; and there are as many messages as were sent."""
    s3, sqs, dynamodb, _ = world.clients.values()

    def is_whole(text: str) -> bool:
        body = json.loads(text)
        return bool(zlib.crc32(body["text"].encode()) == body["sum"])

    for entry in s3.list_objects_v2(Bucket="storm").get("Contents", []):
        found = s3.get_object(Bucket="storm", Key=entry["Key"])["Body"].read()
        assert len(found) == entry["Size"]
        assert is_whole(found.decode())
    items = dynamodb.scan(TableName="storm")["Items"]
    assert all(is_whole(item["body"]["S"]) for item in items)
    for service, name in (("sqs", "queue"), ("sns", "published")):
        url, bodies = world.names[name], []
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [message["Body"] for message in messages]
        assert all(map(is_whole, bodies))
        assert len(bodies) == int(attributes["Attributes"]["ApproximateNumberOfMessages"])
        assert world.done[service] <= len(bodies) <= world.done[service] + world.cut_off[service]
        world.done[service] = world.cut_off[service] = 0
        sqs.purge_queue(QueueUrl=url)


@pytest.mark.skipif(not pulse.possible(), reason="only bytecode can be interrupted here")
@pytest.mark.parametrize("kind", ["deadline", "interrupt"])
@pytest.mark.parametrize("seed", range(4))
def test_storm(world: World, tmp_path: Path, kind: str, seed: int) -> None:
    """After a thousand stopped invocations no lock is held, nothing half written, and everything still works."""
    draw = random.Random(f"{kind} {seed}")  # noqa: S311 - the same draws each time
    with LambdaService(real_time_guard=600) as service, contextlib.ExitStack() as finish:
        function = service.create_function("app.handler", code=tmp_path, timeout=60)
        function.invoke({"number": 0, "deadly": 0, "steps": [0, 1, 2, 3, 4, 5]}).raise_for_error()
        held_before = held(locks())
        sender = Sender(service._watchdog, draw) if kind == "interrupt" else None
        if sender is not None:
            finish.callback(sender.close)
        outcomes = {"Sandbox.Timedout": 0, None: 0}
        for number in range(RUNS):
            for name in STANDARD:
                sys.modules.pop(name, None)
            deadly = draw.randrange(1, 14) if sender is None else 0
            steps = draw.sample(range(6), 6 if sender is None else 5)
            if sender is not None:
                sender.begin()
            response = function.invoke({"number": number, "deadly": deadly, "steps": steps})
            if sender is not None:
                sender.end()
            world.count(response)
            outcomes[response.payload["errorType"] if response.function_error else None] += 1
            if not (number + 1) % CHECK_EVERY:
                check(world)
                check_state(world)
        assert outcomes["Sandbox.Timedout"] > RUNS / 4
        assert held(locks()) - held_before == set()
