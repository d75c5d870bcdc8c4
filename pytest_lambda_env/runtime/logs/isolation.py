"""Python's logging configuration, which is one per interpreter, given to each environment as if it had its own.

Loggers are of two kinds. A *private* one was named by the function's code; it exists in its environment only. A
*shared* one is held by a module that all environments and the test share (``botocore``'s own logger, the root): the
object must stay the same one, so its attributes are exchanged, whole, when an environment is entered and left. Only
shared loggers that differ from the test's are exchanged, so that a warm invocation pays for what the function has
configured, not for the some hundred loggers of a process. During INIT all of them are.

While the doors of :func:`doors` are open, they tell which shared logger is about to be changed, which loggers the
import of a shared library creates, and which loggers have cached whether they are enabled. Without them, changes
are found around INIT only, and each exchange clears every cache (slow, and right).

Tried and rejected: comparing all loggers after each invocation (0.1 ms); a Logger class of our own (modules hold
plain loggers); copying handler lists (both sides would lose the list that they hold).
"""

from __future__ import annotations

import copy
import logging
import operator
import sys
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any
from weakref import WeakValueDictionary

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.logs.handlers import RequestLabels, root_handler, root_level
from pytest_lambda_env.runtime.logs.streams import LogStream

_GLOBALS = tuple(
    name
    for name in (
        "_levelToName",
        "_nameToLevel",
        "_loggerClass",
        "_logRecordFactory",
        "_handlers",
        "raiseExceptions",
        "lastResort",
        "logThreads",
        "logMultiprocessing",
        "logProcesses",
        "logAsyncioTasks",  # from Python 3.12 on
    )
    if hasattr(logging, name)
)

_module = vars(logging)
_read_globals = operator.itemgetter(*_GLOBALS)
_gmtime = staticmethod(time.gmtime)
_ATTRIBUTES = (*vars(logging.Logger("")), "manager")  # noqa: LOG001


class _World:
    """Whose configuration is in place. An instance: changing a class costs the interpreter its caches."""

    state: LoggingState | None = None
    handed_over = 0
    """How many loggers of shared libraries were first named inside an environment."""


_world = _World()
_cached: list[logging.Logger] = []
"""Loggers that have cached an answer since the last exchange, while the doors are open."""


class LoggingState:
    """The logging configuration of one process life.

    ``stdout`` and ``labels`` are for the root handler (:attr:`handler`); ``log_format`` and ``log_level`` are the
    values of ``AWS_LAMBDA_LOG_FORMAT`` and ``AWS_LAMBDA_LOG_LEVEL``. ``is_own_file`` tells a file of the function's
    own code from one of a shared library.
    """

    def __init__(
        self,
        stdout: LogStream,
        labels: RequestLabels,
        *,
        is_own_file: Callable[[str], bool],
        log_format: str | None = None,
        log_level: str | None = None,
    ) -> None:
        self.forward: list[logging.Handler] = []
        """The test's own root handlers, as they were at the last ``enter``."""
        self._is_own_file = is_own_file
        outer_references = logging._handlerList[:]  # type: ignore[attr-defined]
        logging._handlerList[:] = []  # type: ignore[attr-defined]
        self.handler = root_handler(stdout, labels, log_format=log_format, log_level=log_level, forward=self.forward)
        self._references = logging._handlerList[:]  # type: ignore[attr-defined]
        logging._handlerList[:] = outer_references  # type: ignore[attr-defined]
        start = {
            **{name: _module[name] for name in _GLOBALS},
            "_levelToName": logging._levelToName.copy(),
            "_nameToLevel": logging._nameToLevel.copy(),
            "_loggerClass": logging.Logger,
            "_logRecordFactory": logging.LogRecord,
            "_handlers": WeakValueDictionary(),
            "raiseExceptions": True,
            "lastResort": logging._defaultLastResort,  # type: ignore[attr-defined]
        }
        self._globals = tuple(start.values())
        self._converter: Any = _gmtime  # fidelity G09
        self._captures_warnings = False
        self._level = logging._nameToLevel[root_level(log_level) or "WARNING"]
        self._inner: dict[Any, dict[str, Any]] = {}
        self._outer: dict[Any, dict[str, Any]] = {}
        self._newborn: dict[logging.Logger, dict[str, Any] | None] = {}
        self._known: tuple[int, int] | None = None
        self._full = False
        self._caller: LoggingState | None = None

    # -- the exchange -------------------------------------------------------------------------------------------

    def enter(self, *, full: bool = False) -> None:
        """Put this configuration in place. ``full``: for INIT, every shared logger may change in any way."""
        self._caller = _world.state
        _world.state = None  # the exchange itself is nobody's change
        if self._caller is not None:
            # A handler invokes another function: that one starts from the test's world, not from its caller's.
            self._caller._take_out()
        self._full = full
        self._put_in()
        _world.state = self

    def leave(self) -> None:
        """Give back what :meth:`enter` found; keep what the function's code has changed for the next time."""
        _world.state = None
        self._take_out()
        if self._caller is not None:
            self._caller._put_in()
        _world.state = self._caller

    def _put_in(self) -> None:
        root, manager = logging.root, logging.root.manager
        base = manager.loggerDict
        self.forward[:] = root.handlers
        if not self._inner:
            self._begin(root, manager)
        if self._full:
            for shared in base.values():
                if isinstance(shared, logging.Logger) and shared not in self._inner:
                    self._inner[shared] = _start(shared)
        self._outer_globals = _read_globals(_module)
        _module.update(zip(_GLOBALS, self._globals, strict=True))
        references: list[Any] = logging._handlerList  # type: ignore[attr-defined]
        # The list itself stays: logging.shutdown() holds it as a default argument.
        self._outer_references = references[:]
        references[:] = self._references
        self._outer_converter = logging.Formatter.__dict__["converter"]
        if self._outer_converter is not self._converter:
            logging.Formatter.converter = self._converter
        for thing, attributes in self._inner.items():
            self._outer[thing] = _exchange(thing, attributes)
        if self._known != (len(base), _world.handed_over):
            self._meet_new_loggers(base)
        captures_warnings = _module["_warnings_showwarning"] is not None
        self._outer_captures_warnings = captures_warnings
        if captures_warnings != self._captures_warnings:
            logging.captureWarnings(self._captures_warnings)
        _clear_caches(everything=self._full)

    def _take_out(self) -> None:
        self._captures_warnings = _module["_warnings_showwarning"] is not None
        if self._captures_warnings != self._outer_captures_warnings:
            logging.captureWarnings(self._outer_captures_warnings)
        for thing, attributes in self._outer.items():
            self._inner[thing] = _exchange(thing, attributes)
        if self._full:
            for thing, attributes in self._outer.items():
                if self._inner[thing] == attributes and thing not in (logging.root, logging.root.manager):
                    del self._inner[thing]
        self._outer.clear()
        self._converter = logging.Formatter.__dict__["converter"]
        if self._converter is not self._outer_converter:
            logging.Formatter.converter = self._outer_converter
        references: list[Any] = logging._handlerList  # type: ignore[attr-defined]
        self._references = references[:]
        references[:] = self._outer_references
        self._globals = _read_globals(_module)
        _module.update(zip(_GLOBALS, self._outer_globals, strict=True))
        if self._newborn:
            self._hand_over_newborn()
        _clear_caches(everything=self._full)

    def _begin(self, root: logging.Logger, manager: logging.Manager) -> None:
        """Lambda's own start: one root handler, and nothing that the test has configured (fidelity G01, G03)."""
        own = {
            name: known if isinstance(known, logging.Logger) else _copy(known)
            for name, known in manager.loggerDict.items()
        }
        self._known = len(own), _world.handed_over
        self._inner[manager] = {**vars(manager), "loggerDict": own, "_disable": 0, "emittedNoHandlerWarning": False}
        self._inner[manager].update(loggerClass=None, logRecordFactory=None)
        self._inner[root] = {**_start(root), "level": self._level, "handlers": [self.handler], "disabled": False}

    # -- what changes meanwhile ---------------------------------------------------------------------------------

    def before_change(self, logger: logging.Logger, frame: FrameType) -> None:
        """A logger is about to be changed by code of this process."""
        if logger in self._newborn:
            if self._newborn[logger] is None and not self._imports_library(frame):
                self._newborn[logger] = _with_own_lists(logger)
        elif logger not in self._outer and self._base().get(vars(logger).get("name", "")) is logger:
            self._outer[logger] = _exchange(logger, _with_own_lists(logger))

    def named(self, logger: logging.Logger, frame: FrameType, *, is_new: bool) -> None:
        """Code of this process has asked for a logger by name. One that a shared library keeps must be shared."""
        if logger in self._newborn or self._base().get(logger.name) is logger:
            return
        asking = _outside_logging(frame)
        if self._is_own_file(asking.f_code.co_filename):
            return
        package = _module_name(asking).partition(".")[0]
        if logger.name.partition(".")[0] == package or self._imports_library(asking):
            # What the function's code has done to it before stays the function's.
            pristine = {"level": logging.NOTSET, "propagate": True, "disabled": False}
            self._newborn[logger] = None if is_new else {**_start(logger), **pristine}

    def _imports_library(self, frame: FrameType | None) -> bool:
        """Whether the code at a frame runs for the import of a shared library, not for the function's own code."""
        while frame is not None and not self._is_own_file(frame.f_code.co_filename):
            if frame.f_code.co_name == "<module>":
                return True
            frame = frame.f_back
        return False

    def _base(self) -> dict[str, Any]:
        loggers: dict[str, Any] = self._outer[logging.root.manager]["loggerDict"]
        return loggers

    def _hand_over_newborn(self) -> None:
        """Make loggers of shared libraries known to the test and, through it, to other environments."""
        manager = logging.root.manager
        parents = {logger: logger.parent for logger in self._newborn}
        for logger, outer in self._newborn.items():
            if outer is not None:
                self._inner[logger] = _exchange(logger, outer)
            _insert(manager, logger)
            _world.handed_over += 1
        for logger, parent in parents.items():
            if logger.parent is not parent:
                self._inner.setdefault(logger, _with_own_lists(logger))["parent"] = parent
        self._newborn.clear()

    def _meet_new_loggers(self, base: dict[str, Any]) -> None:
        """Let this environment know the loggers that the test, or a shared library, has named since."""
        manager = logging.root.manager
        for name, logger in base.items():
            known = manager.loggerDict.get(name)
            if isinstance(logger, logging.Logger) and (known is None or isinstance(known, logging.PlaceHolder)):
                outer = vars(logger).copy()
                _insert(manager, logger)
                inner = {**_start(logger), "parent": logger.parent}
                _exchange(logger, outer)
                if inner != outer:
                    self._outer[logger] = _exchange(logger, inner)
        self._known = len(base), _world.handed_over


def _start(logger: logging.Logger) -> dict[str, Any]:
    """A shared logger's attributes as a new environment finds them.

    A library's own configuration (level, propagation, a NullHandler) was made when it was imported and is kept. Other
    handlers and filters are the test's, or stem from an import of the function's code into the test: with them,
    the same code would add its handler a second time, or none at all.
    """
    attributes = vars(logger).copy()
    if len(attributes) > len(_ATTRIBUTES) and type(logger) is logging.Logger:
        attributes = {name: attributes[name] for name in _ATTRIBUTES if name in attributes}
    handlers = attributes["handlers"]
    attributes["handlers"] = [each for each in handlers if isinstance(each, logging.NullHandler)] if handlers else []
    attributes["filters"] = []
    return attributes


def _with_own_lists(logger: logging.Logger) -> dict[str, Any]:
    return {**vars(logger), "handlers": logger.handlers[:], "filters": logger.filters[:]}


def _exchange(thing: Any, attributes: dict[str, Any]) -> dict[str, Any]:
    """Give a logger these attributes and return those it had, in one step: it is never without one that it needs."""
    before: dict[str, Any] = vars(thing)
    object.__setattr__(thing, "__dict__", attributes)
    return before


def _copy(placeholder: logging.PlaceHolder) -> logging.PlaceHolder:
    own = copy.copy(placeholder)
    own.loggerMap = placeholder.loggerMap.copy()
    return own


def _insert(manager: logging.Manager, logger: logging.Logger) -> None:
    """Add a logger to the manager's hierarchy, as ``Manager.getLogger`` adds a new one."""
    known = manager.loggerDict.get(logger.name)
    if isinstance(known, logging.Logger):
        return
    manager.loggerDict[logger.name] = logger
    if known is not None:
        manager._fixupChildren(known, logger)  # type: ignore[attr-defined]
    manager._fixupParents(logger)  # type: ignore[attr-defined]


def _clear_caches(*, everything: bool) -> None:
    if everything or logging.Logger.isEnabledFor is not _is_enabled_for:
        logging.root.manager._clear_cache()  # type: ignore[attr-defined]
        _cached.clear()
    while _cached:
        _cached.pop()._cache.clear()  # type: ignore[attr-defined]


def _outside_logging(frame: FrameType) -> FrameType:
    while frame.f_back is not None and _module_name(frame).partition(".")[0] == "logging":
        frame = frame.f_back
    return frame


def _module_name(frame: FrameType) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name


# -- doors --------------------------------------------------------------------------------------------------------

_real_get_logger = logging.Manager.getLogger
_real_is_enabled_for = logging.Logger.isEnabledFor
_real_setattr = logging.Logger.__setattr__


def _get_logger(self: logging.Manager, name: str) -> logging.Logger:
    state = _world.state
    if state is None or current.life is None:
        return _real_get_logger(self, name)
    is_new = not isinstance(self.loggerDict.get(name), logging.Logger)
    logger = _real_get_logger(self, name)
    state.named(logger, sys._getframe(1), is_new=is_new)
    return logger


def _is_enabled_for(self: logging.Logger, level: int) -> bool:
    # The original's own first lines: a cached answer costs nothing more than before.
    if self.disabled:
        return False
    try:
        enabled: bool = self._cache[level]  # type: ignore[attr-defined]
    except KeyError:
        _cached.append(self)
        return _real_is_enabled_for(self, level)
    return enabled


def _set_attribute(self: logging.Logger, name: str, value: object) -> None:
    _note(self, sys._getframe(1))
    _real_setattr(self, name, value)


def _note(logger: Any, frame: FrameType) -> None:
    state = _world.state
    if state is not None and current.life is not None and isinstance(logger, logging.Logger):
        state.before_change(logger, _outside_logging(frame))


def _noting(owner: type, name: str) -> Door:
    real: Callable[[Any, Any], None] = getattr(owner, name)

    def method(self: Any, thing: Any) -> None:
        _note(self, sys._getframe(1))
        real(self, thing)

    method.__name__, method.__doc__ = name, real.__doc__
    return Door(owner, name, real, method)


def doors() -> Iterable[Door]:
    """Every way to change a logger but the lists themselves (``logger.handlers.append``)."""
    yield Door(logging.Manager, "getLogger", _real_get_logger, _get_logger)
    yield Door(logging.Logger, "isEnabledFor", _real_is_enabled_for, _is_enabled_for)
    # Level, propagate, disabled, parent, handlers and filters as a whole, and attributes of the function's own.
    yield Door(logging.Logger, "__setattr__", _real_setattr, _set_attribute)
    yield _noting(logging.Logger, "addHandler")
    yield _noting(logging.Logger, "removeHandler")
    yield _noting(logging.Filterer, "addFilter")
    yield _noting(logging.Filterer, "removeFilter")
