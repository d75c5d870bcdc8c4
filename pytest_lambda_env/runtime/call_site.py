"""Where in the user's own code a call was made: for messages, so cheap enough to ask for often."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from types import FrameType

from pytest_lambda_env.runtime.package_files import is_package_file

_STANDARD_LIBRARY = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")})
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_GENERATED = ("<frozen ", "<string>", "<attrs ")

_real_getcwd = os.getcwd


def call_site() -> str:
    """``"path:12 in function"``: the innermost frame of this thread that is neither a library's nor this package's.

    Where all is a library's (a handler that is installed), the outermost of its frames; empty where there is none. The
    path is relative to the working directory if it lies below.
    """
    frame: FrameType | None = sys._getframe(1)
    library: FrameType | None = None
    while frame is not None:
        filename = frame.f_code.co_filename
        if not is_package_file(filename):
            if not _is_library(filename):
                return _described(frame)
            if not filename.startswith(_GENERATED + _STANDARD_LIBRARY):
                library = frame
        elif library is not None:
            break  # the runtime, which has called the handler
        frame = frame.f_back
    return "" if library is None else _described(library)


@functools.lru_cache(maxsize=4096)
def _is_library(filename: str) -> bool:
    if filename.startswith(_GENERATED):
        return True
    return filename.startswith(_STANDARD_LIBRARY) or any(part in filename for part in _INSTALLED)


def _described(frame: FrameType) -> str:
    path = frame.f_code.co_filename
    try:
        here = _real_getcwd() + os.sep
    except OSError:
        here = os.sep
    return f"{path.removeprefix(here)}:{frame.f_lineno} in {frame.f_code.co_name}"
