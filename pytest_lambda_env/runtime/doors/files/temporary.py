"""``tempfile`` and ``shutil`` where they ask the machine itself: which directory is temporary, how full is a disk."""

from __future__ import annotations

import functools
import os
import tempfile
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.files.paths import Function, check_life, path_door


def temporary_directory_door(original: Function) -> Function:
    """A door for ``tempfile._gettempdir``."""
    outside = original()

    @functools.wraps(original)
    def door() -> Any:
        files = current.files
        if files is None:
            return original()
        check_life(files)
        # What the handler itself has set holds; what the machine said does not exist on Lambda.
        return "/tmp" if tempfile.tempdir in (None, outside) else tempfile.tempdir

    return door


def disk_usage_door(original: Function) -> Function:
    """A door for ``shutil.disk_usage``, which asks ``os.statvfs``, and Windows itself where there is none."""
    function = path_door(original)

    @functools.wraps(original)
    def door(path: Any) -> Any:
        __tracebackhide__ = True
        usage = function(path)
        files = current.files
        if files is None or not files.access.is_tmp(os.path.abspath(os.fsdecode(files.real(path)))):
            return usage
        size, free = files.storage.size, files.storage.free
        return type(usage)(size, size - free, free)

    return door
