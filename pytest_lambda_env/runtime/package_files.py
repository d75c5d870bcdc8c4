"""Which source files are this package's: stack traces hide them, and pursuing a killed process spares them."""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep


def is_package_file(filename: str) -> bool:
    """Whether a code object's file belongs to this package."""
    return filename.startswith(_PACKAGE)
