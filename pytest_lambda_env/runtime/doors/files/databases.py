"""Databases in a file, which libraries written in C open by themselves: ``sqlite3`` and ``dbm``.

They are redirected when somebody imports them. What they write counts in ``/tmp`` when that is surveyed.

Not redirected: a database that an SQL statement names (``ATTACH DATABASE '/tmp/x.db'``, ``VACUUM INTO``), because a
connection's own methods can't be replaced and an authorizer would take the place of the handler's; and
``sqlite3.Connection`` called as a class.
"""

from __future__ import annotations

import errno
import functools
import os
import sys
import urllib.parse
from collections.abc import Iterable
from typing import Any

from pytest_lambda_env.runtime.current import current
from pytest_lambda_env.runtime.doors.belongings import noted_connection
from pytest_lambda_env.runtime.doors.door import Door
from pytest_lambda_env.runtime.doors.files.paths import Function, check_life
from pytest_lambda_env.runtime.doors.imported import LateFunction
from pytest_lambda_env.runtime.files import EnvironmentFiles
from pytest_lambda_env.runtime.write_access import absolute_name

_real_stat = os.stat
_URI = 6  # the position of ``uri`` among connect's parameters


def _sqlite_door(original: Function) -> Function:
    @functools.wraps(original)
    def door(database: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(database, *args, **kwargs)
        check_life(files)
        is_uri = args[_URI] if len(args) > _URI else kwargs.get("uri")
        if is_uri and isinstance(database, str) and database.startswith("file:"):
            return noted_connection(original(_uri(files, database), *args, **kwargs))
        target = files.real(database)
        if _is_file(target):
            files.storage.others_write()
            if not files.access.permits(target):
                target = _read_only(target, "")
                if len(args) > _URI:
                    args = (*args[:_URI], True, *args[_URI + 1 :])
                else:
                    kwargs["uri"] = True
        return noted_connection(original(target, *args, **kwargs))

    return door


def _uri(files: EnvironmentFiles, database: str) -> str:
    uri = urllib.parse.urlsplit(database)
    path = urllib.parse.unquote(uri.path)
    query = dict(urllib.parse.parse_qsl(uri.query))
    if not _is_file(path) or query.get("mode") == "memory":
        return database
    target = files.real(path)
    files.storage.others_write()
    if query.get("mode") != "ro" and not files.access.permits(target):
        return _read_only(target, uri.query)
    return database if target is path else uri._replace(path=urllib.parse.quote(target)).geturl()


def _is_file(database: Any) -> bool:
    return isinstance(database, (str, bytes, os.PathLike)) and os.fsdecode(database) not in ("", ":memory:")


def _read_only(target: Any, options: str) -> str:
    """The URI of a database on a read-only file system: it can be read if it is there."""
    place = absolute_name(target, None) or os.fsdecode(target)
    try:
        _real_stat(place)
    except OSError:
        raise sys.modules["sqlite3"].OperationalError("unable to open database file") from None
    query = {**dict(urllib.parse.parse_qsl(options)), "mode": "ro"}
    return f"file:{urllib.parse.quote(place)}?{urllib.parse.urlencode(query)}"


def _dbm_door(original: Function) -> Function:
    @functools.wraps(original)
    def door(filename: Any, flags: str = "r", *args: Any) -> Any:
        __tracebackhide__ = True
        files = current.files
        if files is None:
            return original(filename, flags, *args)
        check_life(files)
        target = files.real(filename)
        files.storage.others_write()
        if not flags.startswith("r") and not files.access.permits(target):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fspath(filename))
        return original(target, flags, *args)

    return door


_LATE = (
    LateFunction("_sqlite3", "connect", _sqlite_door, copies=("sqlite3.dbapi2", "sqlite3")),
    LateFunction("_gdbm", "open", _dbm_door, copies=("dbm.gnu",)),
    LateFunction("_dbm", "open", _dbm_door, copies=("dbm.ndbm",)),
)


def doors() -> Iterable[Door]:
    """The functions that open a database."""
    for late in _LATE:
        yield Door(late, "state", late.AWAY, late.IN_PLACE)
