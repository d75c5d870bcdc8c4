"""Whether a person is debugging: then time spent is theirs, not the handler's."""

from __future__ import annotations

import sys

_DEBUGGERS = ("pydevd", "_pydevd_bundle", "bdb", "pdb", "debugpy", "pudb")


def debugger_active() -> bool:
    """Whether a debugger traces the calling thread."""
    if "pydevd" in sys.modules:  # from Python 3.12 on it uses sys.monitoring and sets no trace function
        return True
    tracer = sys.gettrace()
    if tracer is None:
        return False
    module = getattr(tracer, "__module__", None) or ""
    return module.partition(".")[0] in _DEBUGGERS
