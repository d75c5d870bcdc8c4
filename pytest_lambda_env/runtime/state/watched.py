"""Which names of shared modules and classes are watched for patches (:mod:`.names`)."""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

ABSENT: Any = type("_Absent", (), {"__doc__": "Stands for a name that is not there."})()


@dataclass(frozen=True, slots=True)
class Watched:
    """Names of one module or class that are read together."""

    label: str
    owner: Any
    names: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], tuple[Any, ...]]


@functools.cache
def every_time() -> tuple[Watched, ...]:
    """The short list: each name costs some thirty nanoseconds in each invocation."""
    return tuple(
        Watched(path.replace(":", "."), owner, present, itemgetter(*present))
        for path, names in _EVERY_TIME.items()
        if (owner := owner_of(path)) is not None
        # Two at least: one name alone would be read as itself instead of as a tuple.
        if len(present := tuple(name for name in names.split() if name in vars(owner))) > 1
    )


def owner_of(path: str) -> Any:
    """The module, or the class in it (``"threading:Thread"``); None while nobody has imported it."""
    module, _, kind = path.partition(":")
    owner = sys.modules.get(module)
    return getattr(owner, kind, None) if kind else owner


_HOOKS = "excepthook unraisablehook displayhook breakpointhook __stdin__ stdin argv path_hooks dont_write_bytecode"

# Exceptions aside: nobody patches those.
_BUILTINS = " ".join(
    name
    for name, value in vars(builtins).items()
    if callable(value) and name[0] != "_" and not (isinstance(value, type) and issubclass(value, BaseException))
)

_EVERY_TIME = {
    "builtins": f"{_BUILTINS} __import__ __build_class__",
    "time": "time time_ns sleep monotonic perf_counter gmtime localtime strftime",
    "datetime": "datetime date",
    "os": "environ open stat listdir mkdir remove getcwd getpid getenv urandom _exit kill system close",
    "posixpath": "exists isfile isdir join",
    "json": "dumps loads",
    "socket": "socket create_connection getaddrinfo",
    "threading": "Thread Lock excepthook _trace_hook _profile_hook",
    "threading:Thread": "start join run",
    "logging": "root getLogger",
    "random": "random seed choice randint",
    "signal": "signal raise_signal",
    "subprocess": "Popen run",
    "tempfile": "tempdir mkdtemp",
    "logging:Logger": "callHandlers _log",
    "sys": f"modules exit settrace {_HOOKS}",
}

QUIET = {*_HOOKS.split(), "_trace_hook", "_profile_hook", "tempdir"}
"""What a program may well set once: kept for its process, and not told."""

AT_INIT = (
    *("asyncio", "asyncio.base_events", "asyncio.events", "asyncio.tasks", "builtins", "concurrent.futures", "copy"),
    *("datetime", "decimal", "email.utils", "functools", "getpass", "glob", "hashlib", "hmac", "http.client"),
    *("importlib", "io", "json", "json.decoder", "json.encoder", "locale", "logging", "logging.handlers", "ntpath"),
    *("os", "pathlib", "pickle", "platform", "posixpath", "queue", "re", "secrets", "selectors", "shutil", "signal"),
    *("smtplib", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "traceback"),
    *("urllib.parse", "urllib.request", "uuid", "warnings", "zoneinfo"),
    *("asyncio:BaseEventLoop", "concurrent.futures.thread:ThreadPoolExecutor", "http.client:HTTPConnection"),
    *("http.client:HTTPSConnection", "http.client:HTTPResponse", "json.encoder:JSONEncoder"),
    *("json.decoder:JSONDecoder", "logging:Handler", "logging:StreamHandler", "logging:Formatter", "logging:Logger"),
    *("logging:LogRecord", "pathlib:Path", "queue:Queue", "random:Random", "socket:socket", "ssl:SSLContext"),
    *("ssl:SSLSocket", "subprocess:Popen", "threading:Condition", "threading:Event", "threading:Thread"),
    *("threading:Timer", "urllib.request:OpenerDirector", "uuid:UUID"),
)
"""The long list: the modules and classes of the standard library that programs patch."""
