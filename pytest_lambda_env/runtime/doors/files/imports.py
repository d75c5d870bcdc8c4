"""Importing a module by the location of its file, which the import system reads past every door.

``sys.path`` is looked after by :mod:`..modules`. Not covered: a loader of ``importlib.machinery`` that handler code
makes itself.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterable
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door

_real = importlib.util.spec_from_file_location


@functools.wraps(_real)
def _spec_from_file_location(name: str, location: Any = None, **options: Any) -> Any:
    files = current.files
    target = location if files is None else files.real(location)
    spec = _real(name, target, **options)
    if spec is not None and target is not location:
        spec.origin = str(location)  # what the module will know as its __file__
    return spec


def doors() -> Iterable[Door]:
    """``importlib.util.spec_from_file_location``."""
    yield Door(importlib.util, "spec_from_file_location", _real, _spec_from_file_location)
