"""Where in the user's own code a call was made: for messages, so cheap enough to ask for often."""

from __future__ import annotations

import functools
import os
import sys
from types import FrameType
from typing import Literal

from pytest_lambda_env.runtime.package_files import is_package_file

_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_BOOTSTRAP = os.path.join(os.path.dirname(__file__), "client", "bootstrap.py")
"""The runtime, which calls the handler."""
_GENERATED = ("<frozen ", "<string>", "<attrs ")

_real_getcwd = os.getcwd


def call_site() -> str:
    """``"path:12 in function"``: the innermost frame of this thread that is neither a library's nor this package's.

    A handler that is itself installed is the outermost frame below the runtime. Empty where there is neither, as in a
    library's own thread. The path is relative to the working directory if it lies below.
    """
    frame: FrameType | None = sys._getframe(1)
    installed: FrameType | None = None
    while frame is not None and frame.f_code.co_filename != _BOOTSTRAP:
        kind = _kind(frame.f_code.co_filename)
        if kind == "own":
            return _described(frame)
        if kind == "installed":
            installed = frame
        frame = frame.f_back
    return "" if frame is None or installed is None else _described(installed)


@functools.lru_cache(maxsize=4096)
def _kind(filename: str) -> Literal["own", "installed", "neither"]:
    if filename.startswith(_GENERATED) or is_package_file(filename):
        return "neither"
    if any(part in filename for part in _INSTALLED):
        return "installed"
    return "neither" if filename.startswith(_STANDARD_LIBRARY) else "own"


def _described(frame: FrameType) -> str:
    path = frame.f_code.co_filename
    try:
        here = _real_getcwd() + os.sep
    except OSError:
        here = os.sep
    return f"{path.removeprefix(here)}:{frame.f_lineno} in {frame.f_code.co_name}"
