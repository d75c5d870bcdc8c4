"""Each environment has a logging configuration of its own, and the test keeps its own."""

from __future__ import annotations

import contextlib
import gc
import logging
import logging.config
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Doors
from pytest_lambda_env.runtime.logs import isolation
from pytest_lambda_env.runtime.logs.handlers import RequestLabels
from pytest_lambda_env.runtime.logs.isolation import LoggingState
from pytest_lambda_env.runtime.logs.log import EnvironmentLog
from pytest_lambda_env.runtime.logs.streams import Streams
from pytest_lambda_env.simulation.instant import Instant

LIBRARY_DIRECTORY = "/opt/python/"


class Life:
    """A process that the test can end."""

    over = False

    def check(self) -> None:
        """Never unwinds: what is tested here is what happens silently."""


class Environment:
    """One process life whose code is the test's own."""

    def __init__(self, log_format: str | None = None, log_level: str | None = None) -> None:
        self.life = Life()
        self.log = EnvironmentLog("stream", lambda: Instant(0))
        self.streams = Streams(self.log, self.life)
        self.labels = RequestLabels()
        self.state = LoggingState(
            self.streams.stdout,
            self.labels,
            is_own_file=lambda name: not name.startswith(LIBRARY_DIRECTORY),
            log_format=log_format,
            log_level=log_level,
        )

    @contextlib.contextmanager
    def running(self, *, init: bool = False) -> Iterator[None]:
        """The time in which code of the process runs on this thread."""
        before, current.life = current.life, self.life
        self.streams.enter()
        self.state.enter(full=init)
        try:
            yield
        finally:
            self.state.leave()
            self.streams.leave()
            current.life = before

    def init(self) -> contextlib.AbstractContextManager[None]:
        """The time in which the function's code is imported."""
        return self.running(init=True)


@pytest.fixture(params=[True, False], ids=["doors", "no doors"])
def doors(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Open the doors, or leave them shut: what happens around INIT must not need them."""
    opened = Doors(isolation.doors())
    if request.param:
        opened.open()
    yield request.param
    if request.param:
        opened.close()


@pytest.fixture
def open_doors() -> Iterator[None]:
    """Open the doors, as they are while a service is open."""
    opened = Doors(isolation.doors())
    opened.open()
    yield
    opened.close()


@pytest.fixture
def name() -> str:
    """A logger's name that nothing else in this process uses."""
    return "x" + uuid.uuid4().hex


@pytest.fixture
def shared(name: str) -> logging.Logger:
    """A logger that the test, or a library, has made before any environment."""
    return logging.getLogger(name)


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """After each test, logging is as it was before it."""
    root = logging.root
    before = _picture()
    handlers = root.handlers[:]
    yield
    root.handlers[:] = [handler for handler in root.handlers if handler in handlers]
    assert _picture() == before


def _picture() -> dict[str, Any]:
    root = logging.root
    return {
        "root": (root.level, root.filters[:], root.propagate, root.disabled),
        "disable": root.manager.disable,
        "converter": logging.Formatter.converter,
        "class": logging.getLoggerClass(),
        "factory": logging.getLogRecordFactory(),
        "names": logging._levelToName.copy(),
        "raise": logging.raiseExceptions,
        "last": logging.lastResort,
        "warnings": logging._warnings_showwarning,  # type: ignore[attr-defined]
    }


def run_as(path: str, code: str, module: str = "library", **names: Any) -> dict[str, Any]:
    """Run code as the body of a module that lives in a file of that name."""
    namespace = {"__name__": module, "logging": logging, **names}
    exec(compile(code, path, "exec"), namespace)  # noqa: S102
    return namespace


# -- the start -----------------------------------------------------------------------------------------------------


@pytest.mark.fidelity("G01", "G03")
def test_lambdas_own_start(doors: bool) -> None:
    """The function finds one handler, of AWS's class, and the level WARNING, whatever the test has set."""
    logging.getLogger().addHandler(logging.StreamHandler())
    logging.disable(logging.CRITICAL)
    try:
        with Environment().init():
            root = logging.getLogger()
            assert [type(handler).__name__ for handler in root.handlers] == ["LambdaLoggerHandler"]
            assert (root.level, root.filters, root.disabled) == (logging.WARNING, [], False)
            assert root.manager.disable == 0
            assert logging.Formatter.converter(0) == time.gmtime(0)
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.fidelity("G21")
@pytest.mark.parametrize(
    ("level", "expected"), [("DEBUG", 10), ("TRACE", 10), ("FATAL", 50), ("trace", 30), (None, 30)]
)
def test_the_configured_level(level: str | None, expected: int) -> None:
    """AWS_LAMBDA_LOG_LEVEL sets the root's level where Python knows it."""
    with Environment("JSON", level).init():
        assert logging.getLogger().level == expected


@pytest.mark.fidelity("G02")
def test_basic_config_does_nothing() -> None:
    """The root has a handler, so basicConfig without force changes neither level nor handlers."""
    environment = Environment()
    with environment.init():
        logging.basicConfig(level=logging.DEBUG)
        assert logging.root.level == logging.WARNING
        assert logging.root.handlers == [environment.state.handler]


@pytest.mark.fidelity("G09")
def test_the_functions_formatters_show_utc() -> None:
    """Any formatter of the function's shows UTC; outside, the test's show local time as before."""
    before = logging.Formatter.converter
    with Environment().init():
        assert (
            logging.Formatter()
            .formatTime(logging.makeLogRecord({"created": 0.0, "msecs": 0.0}))
            .startswith("1970-01-01 00:00")
        )
    assert logging.Formatter.converter is before


def test_records_of_the_function(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """A logged line is in the environment's log and on stdout, and its record in caplog."""
    environment = Environment()
    environment.labels.aws_request_id = "rid"
    with environment.init():
        logging.getLogger("app").warning("hi %s", "there")
        logging.getLogger("app").info("dropped")
    assert environment.log.text().endswith("Z\trid\thi there\n")
    assert capsys.readouterr().out == environment.log.text()
    assert caplog.messages == ["hi there"]


# -- what stays, and where -----------------------------------------------------------------------------------------


def test_configuration_stays_with_the_environment(doors: bool) -> None:
    """What INIT set on the root is there in a warm invocation, and neither in the test nor in another environment."""
    first, second = Environment(), Environment()
    extra = logging.StreamHandler()
    before = logging.root.handlers[:]
    with first.init():
        logging.getLogger().setLevel(logging.INFO)
        logging.getLogger().addHandler(extra)
        logging.disable(logging.DEBUG)
        logging.addLevelName(25, "NOTICE")
    with second.init():
        assert logging.root.level == logging.WARNING
        assert extra not in logging.root.handlers
        assert logging.getLevelName(25) == "Level 25"
    assert logging.root.handlers == before
    assert logging.root.manager.disable == 0
    with first.running():
        assert logging.root.level == logging.INFO
        assert logging.root.handlers == [first.state.handler, extra]
        assert logging.root.manager.disable == logging.DEBUG
        assert logging.getLevelName(25) == "NOTICE"


def test_loggers_of_the_function_are_its_own(doors: bool, name: str) -> None:
    """A name that only the function used is one logger for its whole life, and another or none elsewhere."""
    first, second = Environment(), Environment()
    with first.init():
        mine = logging.getLogger(name + ".part")
        mine.setLevel(logging.DEBUG)
    with second.init():
        assert logging.getLogger(name + ".part") is not mine
        assert logging.getLogger(name + ".part").level == logging.NOTSET
    assert not [known for known in logging.root.manager.loggerDict if known.startswith(name)]
    with first.running():
        assert logging.getLogger(name + ".part") is mine
        assert logging.getLogger(name) is mine.parent


def test_an_environments_loggers_are_collected_with_it(open_doors: None, name: str) -> None:
    """Nothing outside keeps the loggers of an environment that is gone."""

    class Marked(logging.Logger):
        pass

    logging.getLogger(name + ".shared")
    environment = Environment()
    with environment.init():
        logging.setLoggerClass(Marked)
        logging.getLogger(name + ".own").warning("cached")
    del environment
    gc.collect()
    assert not [thing for thing in gc.get_objects() if type(thing) is Marked]


CHANGES: dict[str, Callable[[logging.Logger], None]] = {
    "level": lambda logger: logger.setLevel(logging.DEBUG),
    "propagate": lambda logger: setattr(logger, "propagate", False),
    "disabled": lambda logger: setattr(logger, "disabled", True),
    "handler": lambda logger: logger.addHandler(logging.StreamHandler()),
    "filter": lambda logger: logger.addFilter(logging.Filter()),
    "handlers": lambda logger: setattr(logger, "handlers", [logging.StreamHandler()]),
    "attribute": lambda logger: setattr(logger, "init", True),
}
IN_PLACE: dict[str, Callable[[logging.Logger], None]] = {
    "clear": lambda logger: logger.handlers.clear(),
    "append": lambda logger: logger.handlers.append(logging.StreamHandler()),
    "remove": lambda logger: logger.removeHandler(logger.handlers[0]),
    "filters": lambda logger: logger.filters.append(logging.Filter()),
}


def state_of(logger: logging.Logger) -> dict[str, Any]:
    """What can be configured, as values."""
    attributes = {**vars(logger), "handlers": logger.handlers[:], "filters": logger.filters[:]}
    del attributes["_cache"]
    return attributes


@pytest.mark.parametrize("change", [*CHANGES, *IN_PLACE])
def test_init_changes_a_shared_logger(doors: bool, change: str, shared: logging.Logger) -> None:
    """A library's logger keeps INIT's changes for this environment alone, however they were made."""
    shared.addHandler(logging.NullHandler())
    before = state_of(shared)
    first, second = Environment(), Environment()
    with first.init():
        assert logging.getLogger(shared.name) is shared
        {**CHANGES, **IN_PLACE}[change](shared)
        changed = state_of(shared)
    assert changed != before
    assert state_of(shared) == before
    with second.init():
        assert state_of(shared) == before
    with first.running():
        assert state_of(shared) == changed
    assert state_of(shared) == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_warm_invocation_changes_a_shared_logger(open_doors: None, change: str, shared: logging.Logger) -> None:
    """What a warm invocation changes on a library's logger stays with the environment, too."""
    environment = Environment()
    with environment.init():
        pass
    before = state_of(shared)
    with environment.running():
        CHANGES[change](shared)
        changed = state_of(shared)
    assert changed != before
    assert state_of(shared) == before
    with environment.running():
        assert state_of(shared) == changed


def test_the_tests_later_changes_stay_the_tests(open_doors: None, shared: logging.Logger) -> None:
    """The test may configure a logger between invocations; the function's own configuration of it still holds."""
    environment = Environment()
    with environment.init():
        shared.setLevel(logging.ERROR)
    shared.setLevel(logging.INFO)
    with environment.running():
        assert shared.level == logging.ERROR
    assert shared.level == logging.INFO


def test_a_logger_that_the_test_names_later(doors: bool, name: str) -> None:
    """A logger that the test or a library makes after INIT is the same object in the environment."""
    environment = Environment()
    with environment.init():
        child = logging.getLogger(name + ".child")
    later = logging.getLogger(name)
    later.addHandler(logging.StreamHandler())
    with environment.running():
        assert logging.getLogger(name) is later
        assert child.parent is later
        assert later.handlers == []
    assert len(later.handlers) == 1


def test_a_parent_that_only_the_function_names(doors: bool, name: str) -> None:
    """The function's own logger stands above a shared one in its environment, and not outside."""
    child = logging.getLogger(name + ".child")
    environment = Environment()
    with environment.init():
        parent = logging.getLogger(name)
        assert child.parent is parent
    assert child.parent is logging.root
    with environment.running():
        assert child.parent is parent
    assert logging.getLogger(name) is not parent
    assert child.parent is logging.getLogger(name)


def test_code_that_the_test_has_imported_as_well(doors: bool, shared: logging.Logger) -> None:
    """A logger that the function's code configured in the test process is found unconfigured by it on Lambda."""

    def configure() -> None:
        logger = logging.getLogger(shared.name)
        if not getattr(logger, "init", False):
            logger.addHandler(logging.StreamHandler())
            logger.init = True  # type: ignore[attr-defined]

    configure()
    outside = shared.handlers[:]
    environment = Environment()
    with environment.init():
        configure()
        assert len(shared.handlers) == 1
        assert shared.handlers != outside
    assert shared.handlers == outside


# -- libraries -----------------------------------------------------------------------------------------------------


def test_a_librarys_logger_is_shared(open_doors: None, name: str) -> None:
    """A library imported first inside an environment keeps the one logger that all later ones configure."""
    first, second = Environment(), Environment()
    with first.init():
        library = run_as(
            LIBRARY_DIRECTORY + "lib.py",
            "log = logging.getLogger(name); log.addHandler(logging.NullHandler()); log.setLevel(30)",
            name=name,
        )
        logging.getLogger(name).setLevel(logging.DEBUG)
    log = library["log"]
    assert logging.getLogger(name) is log
    assert (log.level, [type(handler) for handler in log.handlers]) == (logging.WARNING, [logging.NullHandler])
    with second.init():
        assert logging.getLogger(name) is log
        assert log.level == logging.WARNING
        log.setLevel(logging.ERROR)
    with first.running():
        assert log.level == logging.DEBUG
    with second.running():
        assert log.level == logging.ERROR


def test_a_librarys_logger_that_the_function_configured_first(open_doors: None, name: str) -> None:
    """The function may silence a library before it imports it; that is the function's own doing all the same."""
    environment = Environment()
    with environment.init():
        logging.getLogger(name).setLevel(logging.CRITICAL)
        log = run_as(LIBRARY_DIRECTORY + "lib.py", "log = logging.getLogger(name)", name=name)["log"]
        assert log.level == logging.CRITICAL
    assert logging.getLogger(name) is log
    assert log.level == logging.NOTSET
    with environment.running():
        assert log.level == logging.CRITICAL


def test_a_library_that_makes_a_logger_for_the_function(open_doors: None, name: str) -> None:
    """A logger that a library's function makes under a name of the caller's is the caller's own."""
    library = run_as(LIBRARY_DIRECTORY + "lib.py", "def make(name): return logging.getLogger(name)")
    with Environment().init():
        library["make"](name)
    assert name not in logging.root.manager.loggerDict


def test_a_library_names_its_loggers_late(open_doors: None, name: str) -> None:
    """A logger under the library's own name is shared even if it is made in a call from the function."""
    library = run_as(LIBRARY_DIRECTORY + "lib.py", "def make(): return logging.getLogger(__name__ + '.pool')", name)
    with Environment().init():
        made = library["make"]()
    assert name + ".pool" in logging.root.manager.loggerDict
    assert logging.getLogger(name + ".pool") is made
    assert made.parent is logging.root


def test_a_librarys_logger_below_one_of_the_functions(open_doors: None, name: str) -> None:
    """A library's logger hangs below the function's own one inside, and below the root for everyone else."""
    environment = Environment()
    with environment.init():
        own = logging.getLogger(name)
        code = "log = logging.getLogger(name + '.part')"
        log = run_as(LIBRARY_DIRECTORY + "lib.py", code, name=name)["log"]
        assert log.parent is own
    assert log.parent is logging.root
    with environment.running():
        assert log.parent is own


@pytest.mark.parametrize("imported_by", ["caller", "callee"])
def test_a_librarys_logger_above_a_known_one(open_doors: None, name: str, imported_by: str) -> None:
    """A parent that a library names inside an environment is the parent of a known logger everywhere from then on."""
    child = logging.getLogger(name + ".child")
    caller, callee = Environment(), Environment()
    library: dict[str, Any] = {}

    def import_library() -> None:
        library.update(run_as(LIBRARY_DIRECTORY + "lib.py", "log = logging.getLogger(name)", name=name))
        assert child.parent is library["log"]

    with caller.init():
        if imported_by == "caller":
            import_library()
        with callee.init():
            if imported_by == "callee":
                import_library()
            assert child.parent is library["log"]
    assert child.parent is library["log"]
    assert logging.getLogger(name) is library["log"]
    with caller.running():
        assert child.parent is library["log"]


def test_a_librarys_family_of_loggers(open_doors: None, name: str) -> None:
    """Parents and children that a library names in any order hang together outside as inside."""
    environment, other = Environment(), Environment()
    with other.init():
        pass
    with environment.init():
        logs = run_as(
            LIBRARY_DIRECTORY + "lib.py",
            "child = logging.getLogger(name + '.a.b'); parent = logging.getLogger(name)",
            name=name,
        )
    assert logs["child"].parent is logs["parent"]
    assert logs["parent"].parent is logging.root
    with other.running():
        assert logging.getLogger(name + ".a.b") is logs["child"]
        assert logging.getLogger(name + ".a").parent is logs["parent"]
        assert logs["child"].parent is logging.getLogger(name + ".a")
    assert logs["child"].parent is logs["parent"]


# -- what harms --------------------------------------------------------------------------------------------------


class Watched(logging.Handler):
    """A handler of the test that knows whether it was closed."""

    closed = False

    def emit(self, record: logging.LogRecord) -> None:
        """Take anything."""

    def close(self) -> None:
        """Remember."""
        self.closed = True
        super().close()


@pytest.mark.parametrize(
    "harm",
    [
        logging.shutdown,
        lambda: logging.root.handlers.clear(),  # noqa: PLW0108 - the list of the world that it runs in
        lambda: logging.basicConfig(force=True, level=logging.INFO),
        lambda: logging.config.dictConfig({"version": 1, "root": {"level": "INFO"}}),
        lambda: list(map(logging.Handler.close, logging.root.handlers)),
        lambda: setattr(logging, "raiseExceptions", False),
        lambda: setattr(logging, "lastResort", None),
        lambda: logging.setLoggerClass(type("Own", (logging.Logger,), {})),
        lambda: logging.setLogRecordFactory(lambda *args, **kwargs: logging.makeLogRecord({})),
        lambda: setattr(logging.Formatter, "converter", staticmethod(time.localtime)),
        lambda: logging.captureWarnings(True),
    ],
)
def test_a_function_cannot_harm_the_tests_logging(doors: bool, harm: Callable[[], object]) -> None:
    """Whatever a function does to logging as a whole, the test's handlers and settings stay as they are."""
    handler = Watched()
    handler.set_name("watched")
    logging.root.addHandler(handler)
    references = logging._handlerList[:]  # type: ignore[attr-defined]
    handlers = logging.root.handlers[:]
    environment = Environment()
    with environment.init():
        harm()
    with environment.running():
        harm()
    assert not handler.closed
    assert logging.root.handlers == handlers
    assert logging._handlers["watched"] is handler  # type: ignore[attr-defined]
    assert logging._handlerList == references  # type: ignore[attr-defined]


def test_dict_config_disables_loggers_in_the_environment_only(doors: bool, shared: logging.Logger) -> None:
    """disable_existing_loggers, which is dictConfig's default, reaches no logger of the test."""
    environment = Environment()
    with environment.init():
        logging.config.dictConfig({"version": 1})
        assert shared.disabled
    assert not shared.disabled
    with environment.running():
        assert shared.disabled


def test_shutdown_still_reaches_the_functions_own_handlers(tmp_path: Path) -> None:
    """The function's own handlers are closed when the function asks for it."""
    with Environment().init():
        handler = Watched()
        logging.shutdown()
    assert handler.closed


def test_captured_warnings_stay_captured_in_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    """Capturing warnings holds for the environment from then on, and never for the test."""
    environment = Environment()
    outside = warnings.showwarning
    with environment.init():
        logging.captureWarnings(True)
    assert warnings.showwarning is outside
    with environment.running(), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("careful", stacklevel=1)
    assert "UserWarning: careful" in environment.log.text()
    assert "\t[WARNING]" not in environment.log.text()
    assert warnings.showwarning is outside


# -- caches --------------------------------------------------------------------------------------------------------


def test_cached_levels_do_not_cross(doors: bool, shared: logging.Logger) -> None:
    """A logger answers by the levels of the world that it is asked in, though it caches its answers."""
    environment = Environment()
    assert not shared.isEnabledFor(logging.DEBUG)
    with environment.init():
        assert not shared.isEnabledFor(logging.DEBUG)
        logging.getLogger().setLevel(logging.DEBUG)
        assert shared.isEnabledFor(logging.DEBUG)
    for _ in range(2):
        assert not shared.isEnabledFor(logging.DEBUG)
        with environment.running():
            assert shared.isEnabledFor(logging.DEBUG)


def test_the_doors_keep_logging_as_it_is(open_doors: None, name: str) -> None:
    """With the doors open and no environment, loggers work as ever, disabled ones too."""
    logger = logging.getLogger(name)
    assert logging.getLogger(name) is logger
    logger.setLevel(logging.INFO)
    assert (logger.isEnabledFor(logging.INFO), logger.isEnabledFor(logging.DEBUG)) == (True, False)
    logger.disabled = True
    assert not logger.isEnabledFor(logging.INFO)


# -- nesting -------------------------------------------------------------------------------------------------------


def test_an_invoked_function_starts_from_the_tests_world(doors: bool, shared: logging.Logger, name: str) -> None:
    """A function that a handler invokes sees nothing of its caller's configuration, nor the caller of its."""
    caller, callee = Environment(), Environment()
    with caller.init():
        logging.getLogger().setLevel(logging.DEBUG)
        shared.setLevel(logging.ERROR)
        own = logging.getLogger(name + ".own")
        with callee.init():
            assert logging.root.level == logging.WARNING
            assert shared.level == logging.NOTSET
            assert logging.getLogger(name + ".own") is not own
            shared.setLevel(logging.INFO)
            logging.getLogger().warning("callee")
        assert (logging.root.level, shared.level) == (logging.DEBUG, logging.ERROR)
        assert logging.getLogger(name + ".own") is own
        logging.getLogger().warning("caller")
    assert shared.level == logging.NOTSET
    assert "callee" in callee.log.text()
    assert "callee" not in caller.log.text()
    assert "caller" in caller.log.text()


def test_an_invoked_functions_records_reach_caplog_once(caplog: pytest.LogCaptureFixture) -> None:
    """The callee's records go to the test's handlers, not through its caller's."""
    caller, callee = Environment(), Environment()
    with caller.init(), callee.init():
        logging.getLogger().warning("once")
    assert caplog.messages == ["once"]
    assert caller.log.text() == ""


# -- all of it ---------------------------------------------------------------------------------------------------

steps = st.lists(
    st.tuples(
        st.sampled_from(["test", "a", "b"]),
        st.sampled_from(["", "s", "s.t", "p", "p.q"]),
        st.sampled_from(["level", "propagate", "disabled", "handler", "none"]),
        st.integers(1, 50),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, prefix=st.uuids())
def test_worlds_never_mix(open_doors: None, steps: list[tuple[str, str, str, int]], prefix: uuid.UUID) -> None:
    """However the test and two environments take turns, each finds every logger as it left it itself."""
    for known in ("s", "s.t"):
        logging.getLogger(f"{prefix}.{known}")
    environments = {"a": Environment(), "b": Environment()}
    for environment in environments.values():
        with environment.init():
            pass
    model: dict[tuple[str, str], dict[str, Any]] = {}
    for world, suffix, change, value in steps:
        place = environments[world].running() if world in environments else contextlib.nullcontext()
        with place:
            # The test leaves the names alone that only functions use, so that these stay private.
            name = f"{prefix}.{'s' if world == 'test' and suffix.startswith('p') else suffix}".rstrip(".")
            logger = logging.getLogger(name)
            key = world, name
            if key in model:
                assert {known: state_of(logger)[known] for known in model[key]} == model[key]
            if change == "none":
                continue
            if change == "level":
                logger.setLevel(value)
            elif change == "handler":
                logger.addHandler(logging.NullHandler())
            else:
                setattr(logger, change, value % 2 == 0)
            found = state_of(logger)
            model[key] = {known: found[known] for known in ("level", "propagate", "disabled", "handlers")}
