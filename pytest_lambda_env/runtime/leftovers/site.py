"""Where handler code made something: the nearest of its own frames."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import NamedTuple

from pytest_lambda_env.runtime.package_files import is_package_file

_LIBRARY = ("site-packages", "dist-packages")


class Site(NamedTuple):
    """A place in the function's own code; ``by_library`` where an installed package stands between it and the door."""

    filename: str
    line: int
    function: str
    by_library: bool


class Sites:
    """The sites of one function; ``is_own_file`` tells its code from everything else, ``root`` shortens file names."""

    def __init__(self, is_own_file: Callable[[str], bool], root: str) -> None:
        self._is_own_file = is_own_file
        self._root = root + os.sep
        # Each file is asked about once: an open file costs a microsecond that way instead of three.
        self._kinds: dict[str, str] = {}

    def here(self) -> Site | None:
        """The nearest site on the calling thread's stack; None where none of the function's code is on it."""
        frame: FrameType | None = sys._getframe(1)
        by_library = False
        while frame is not None:
            filename = frame.f_code.co_filename
            kind = self._kinds.get(filename) or self._kind(filename)
            if kind == "own":
                return Site(filename, frame.f_lineno, frame.f_code.co_name, by_library)
            by_library |= kind == "library"
            frame = frame.f_back
        return None

    def text(self, site: Site | None) -> str:
        """A site for people: ``app.py:12 in handler``."""
        if site is None:
            return ""
        return f"{self.file(site.filename)}:{site.line} in {site.function}"

    def file(self, filename: str) -> str:
        """A file of the function as people know it: relative to its task root."""
        return filename.removeprefix(self._root).replace(os.sep, "/")

    def _kind(self, filename: str) -> str:
        if is_package_file(filename):
            kind = "door"
        elif self._is_own_file(filename):
            kind = "own"
        else:
            kind = "library" if any(each in filename for each in _LIBRARY) else "standard"
        self._kinds[filename] = kind
        return kind
