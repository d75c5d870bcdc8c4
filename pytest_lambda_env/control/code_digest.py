"""``CodeSha256``: what tells one state of a function's code from another (fidelity V06, V07)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from pytest_lambda_env.control.code_files import code_files
from pytest_lambda_env.errors import InvalidParameterValueException
from pytest_lambda_env.model.code import FunctionCode
from pytest_lambda_env.model.quotas import UNZIPPED_BYTES


def code_sha256(code: FunctionCode) -> str:
    """A digest of the code, in base64. Equal code has equal digests, wherever it lies, in each run.

    Raises AWS's error for code of more than 250 MB (fidelity I95).
    """
    digest = hashlib.sha256()
    if code.function is not None:
        for part in _parts_of(code.function):
            digest.update(f"{len(part)}\0{part}".encode())
        return base64.b64encode(digest.digest()).decode()
    size = 0
    for name, path in code_files(code.task_root):
        data = path.read_bytes()
        size += len(data)
        if size > UNZIPPED_BYTES:
            raise InvalidParameterValueException(f"Unzipped size must be smaller than {UNZIPPED_BYTES} bytes")
        digest.update(f"\0{name}\0{len(data)}\0".encode())
        digest.update(data)
    return base64.b64encode(digest.digest()).decode()


def _parts_of(function: Callable[..., Any]) -> Iterator[str]:
    """A function of a test module: its name and its code, not what it has closed over."""
    yield getattr(function, "__qualname__", type(function).__qualname__)
    code = getattr(function, "__code__", None)
    if code is not None:
        yield from _parts_of_code(code)


def _parts_of_code(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts_of_code(constant)
        elif isinstance(constant, frozenset):
            yield repr(sorted(map(repr, constant)))  # the order of a set changes from run to run
        else:
            yield repr(constant)
