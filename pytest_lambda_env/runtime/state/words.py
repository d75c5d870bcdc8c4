"""How a change is told to people."""

from __future__ import annotations

import os
from types import FunctionType

from pytest_lambda_env.model.sandbox import Leftover


def state(what: str, value: object) -> Leftover:
    """A change to what the whole process shares: ``signal handler of SIGTERM: <function h at app.py:3>``."""
    return Leftover(kind="state", what=f"{what}: {described(value)}")


def described(value: object) -> str:
    """A value by its place in the code, or by its representation, which may be as hostile as its maker."""
    if isinstance(value, FunctionType):
        code = value.__code__
        return f"<function {code.co_name} at {os.path.basename(code.co_filename)}:{code.co_firstlineno}>"
    if isinstance(value, type):
        return f"<class {type.__repr__(value)[8:-2]}>"
    if type(value) in (str, int, float, tuple, set, bool, type(None)):
        return repr(value)[:80]
    return repr(value) if type(value).__module__.startswith("pytest_lambda_env") else f"<{type(value).__name__} object>"
