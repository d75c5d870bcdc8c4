"""Child processes of handler code: what they inherit, and that they run in real time.

A child knows nothing of doors. So whatever of the environment it is to see is handed to it when it starts: each of
``_preparations`` may change the arguments of ``subprocess.Popen`` before the child is made.

Names below ``/tmp`` are translated in its arguments, its working directory and its variables; ``TMPDIR`` leads there.
A name that the child itself makes up or reads from a file leads to the machine's ``/tmp``; and the file system is
read-only for no child. What it writes to the environment's ``/tmp`` counts there.
"""

from __future__ import annotations

import functools
import inspect
import os
import subprocess
from collections.abc import Callable, Iterable
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.belongings import command_started
from pytest_lambda_env.runtime.doors.children import child_variables
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.files import EnvironmentFiles

Arguments = dict[str, Any]
"""The arguments of one ``Popen`` by name, defaults included; a preparation changes them in place."""

_real_popen = subprocess.Popen.__init__
_start_command = command_started(_real_popen)
_signature = inspect.signature(_real_popen)
_real_time_waits = {name: getattr(subprocess.Popen, name) for name in ("wait", "communicate")}


def _hand_on_variables(arguments: Arguments) -> None:
    # The C environment is the test process's own: hand the environment's variables on explicitly.
    arguments["env"] = child_variables(arguments["env"])


def _lead_to_tmp(arguments: Arguments) -> None:
    files = current.files
    if files is None:
        return
    command = arguments["args"]
    if isinstance(command, (str, bytes, os.PathLike)):
        arguments["args"] = _translated(files, command)
    else:
        arguments["args"] = [_translated(files, each) for each in command]
    for place in ("cwd", "executable"):
        arguments[place] = files.real(arguments[place])
    variables = {
        name: _translated(files, value) if "/tmp" in os.fsdecode(value) else value
        for name, value in arguments["env"].items()
    }
    for name in ("TMPDIR", "TEMP", "TMP") if os.name == "nt" else ("TMPDIR",):
        variables.setdefault(name, files.real_tmp())
    arguments["env"] = variables
    files.storage.others_write()


def _translated(files: EnvironmentFiles, word: Any) -> Any:
    if isinstance(word, bytes):
        return os.fsencode(_translated(files, os.fsdecode(word)))
    text = os.fspath(word) if isinstance(word, os.PathLike) else word
    if not isinstance(text, str) or ("/tmp" not in text and "/var/task" not in text):
        return word
    if text.startswith("/") and ("/." in text or "//" in text) and not any(map(str.isspace, text)):
        return files.real(text)
    return files.in_words(text)


_preparations: tuple[Callable[[Arguments], None], ...] = (_hand_on_variables, _lead_to_tmp)


def _popen(self: Any, *args: Any, **kwargs: Any) -> None:
    life = current.life
    if life is None:
        return _real_popen(self, *args, **kwargs)
    life.check()
    try:
        bound = _signature.bind(self, *args, **kwargs)
    except TypeError:
        return _real_popen(self, *args, **kwargs)  # which says it best
    bound.apply_defaults()
    asked = bound.arguments["args"]
    for prepare in _preparations:
        prepare(bound.arguments)
    try:
        _start_command(*bound.args, **bound.kwargs)
    except OSError as error:
        if current.files is not None and isinstance(error.filename, str):
            error.filename = current.files.virtual(error.filename)
        raise
    self.args = asked
    return None


def _in_real_time(name: str) -> Door:
    real = _real_time_waits[name]

    @functools.wraps(real)
    def waits_really(self: Any, *args: Any, **kwargs: Any) -> Any:
        clock, current.clock = current.clock, None
        try:
            return real(self, *args, **kwargs)
        finally:
            current.clock = clock
            if current.files is not None:
                current.files.storage.others_write()

    return Door(subprocess.Popen, name, real, waits_really)


def doors() -> Iterable[Door]:
    """``subprocess.Popen``, which all of ``subprocess`` and ``asyncio``'s subprocesses are built on."""
    yield Door(subprocess.Popen, "__init__", _real_popen, functools.wraps(_real_popen)(_popen))
    for name in _real_time_waits:
        yield _in_real_time(name)
