"""``AF_UNIX`` sockets: their addresses are paths."""

from __future__ import annotations

import errno
import functools
import os
import socket
from collections.abc import Iterable
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.doors.files.paths import Function, check_life
from pytest_lambda_env.runtime.write_access import Change

_UNIX = getattr(socket, "AF_UNIX", None)
_real_bind = socket.socket.bind
_real_names = {name: getattr(socket.socket, name) for name in ("getpeername", "getsockname")}


def real_address(family: int, address: Any) -> Any:
    """Where an address of handler code really leads: the very argument, but for a path below ``/tmp`` (``AF_UNIX``)."""
    files = current.files
    if files is None or family != _UNIX or not address or not isinstance(address, (str, bytes, os.PathLike)):
        return address
    # Linux's abstract addresses begin with a zero byte and are no paths.
    return address if os.fsdecode(address).startswith("\0") else files.real(address)


def _bind(self: socket.socket, address: Any, /) -> None:
    __tracebackhide__ = True
    files = current.files
    if files is None or self.family != _UNIX:
        return _real_bind(self, address)
    check_life(files)
    target = real_address(self.family, address)
    if target and isinstance(target, (str, bytes)) and not os.fsdecode(target).startswith("\0"):
        try:
            files.access.check(address, target, None, Change.CREATED, follow=False)
        except FileExistsError:
            pass  # the operating system has its own word for that
        except OSError as error:
            number = error.errno or errno.EROFS
            raise OSError(number, os.strerror(number)) from None
    return _real_bind(self, target)


def _name_door(original: Function) -> Function:
    @functools.wraps(original)
    def door(self: socket.socket, /) -> Any:
        address = original(self)
        files = current.files
        return files.virtual(address) if files is not None and isinstance(address, str) else address

    return door


def doors() -> Iterable[Door]:
    """``bind``, and what tells an address. ``connect`` asks :func:`real_address` itself."""
    if _UNIX is None:
        return
    yield Door(socket.socket, "bind", _real_bind, functools.wraps(_real_bind)(_bind))
    for name, original in _real_names.items():
        yield Door(socket.socket, name, original, _name_door(original))
