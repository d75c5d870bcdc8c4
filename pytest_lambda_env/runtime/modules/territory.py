"""Whose a module is: the function's own, or shared by the whole process. Its place decides.

The function's own is what lies below one of its roots (the task root, the layers) or in a directory that its own
code added to ``sys.path``. Shared, although it may lie there:

- what is in ``site-packages`` or ``dist-packages`` (a virtualenv in the project directory) and the standard library;
- dependencies installed into the root, as ``sam build`` and ``pip install -t`` do: a ``*.dist-info`` beside them
  names them. A distribution that was installed from a local directory (PEP 610) is the author's own all the same;
- packages with an extension module in them, other than the handler's: numpy in a layer without its metadata;
- pytest, this package, and the AWS SDK, which Lambda's runtime brings along and which has to be the one that is mocked.

Two functions that install different versions of a dependency therefore share the version that was imported first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, all_suffixes

# Bound here because inside an environment the names of ``os`` may be doors that lead elsewhere.
from os import listdir, scandir, stat
from os.path import abspath, basename, dirname, join, normcase, realpath
from pathlib import Path
from typing import TypeVar

_open = open

ALWAYS_SHARED = frozenset(
    {"__main__", "_pytest", "boto3", "botocore", "conftest", "pytest", "pytest_lambda_env", "s3transfer"}
)
"""Top-level names that are never a function's own and never hidden from it."""

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_STANDARD_LIBRARY = join(normcase(dirname(abspath(os.__file__))), "")
_SUFFIXES = tuple(all_suffixes())
_EXTENSION_SUFFIXES = tuple(EXTENSION_SUFFIXES)

Result = TypeVar("Result")


class Territory:
    """The directories of one function."""

    def __init__(self, roots: Sequence[Path], own: Collection[str] = (), fresh: Collection[str] = ()) -> None:
        self.roots = [abspath(root) for root in roots]
        self.own = frozenset(own)
        self.fresh = frozenset(fresh) - ALWAYS_SHARED
        # Both spellings: sys.path may reach a root through a symbolic link, or the root may be one.
        self._prefixes = tuple({join(normcase(path), "") for root in self.roots for path in (root, realpath(root))})

    def covers(self, location: str) -> bool:
        """Whether a file or directory lies below a root and is not installed there."""
        location = normcase(location)
        if not location.startswith(self._prefixes):
            return False
        for prefix in self._prefixes:
            if (
                location.startswith(prefix)
                and _INSTALLED.isdisjoint(location[len(prefix) :].split(os.sep))
                and (prefix.startswith(_STANDARD_LIBRARY) or not location.startswith(_STANDARD_LIBRARY))
            ):
                return True
        return False

    def owns(self, spec: ModuleSpec, added: Collection[str]) -> bool:
        """Whether the module found is the function's own; ``added`` are directories its code put on ``sys.path``.

        A namespace package is its own as soon as one portion is.
        """
        top, *rest = spec.name.split(".")
        if top in ALWAYS_SHARED:
            return False
        if top in self.fresh:
            return True
        regular_package = spec.has_location and spec.submodule_search_locations is not None
        if spec.has_location and spec.origin:
            locations = [spec.origin]
            levels = 1 + len(rest) + regular_package
        elif spec.loader is None and spec.submodule_search_locations is not None:
            locations = list(spec.submodule_search_locations)
            levels = 1 + len(rest)
        else:
            return False
        for location in locations:
            directory = location
            for _ in range(levels):
                directory = dirname(directory)
            if (self.covers(location) or directory in added) and (
                top in self.own
                or not (top in _installed_into(directory) or (regular_package and _has_extension(dirname(location))))
            ):
                return True
        return False


def is_installed(file: str) -> bool:
    """Whether a file came with Python or with a distribution in the usual place."""
    file = normcase(file)
    return file.startswith(_STANDARD_LIBRARY) or not _INSTALLED.isdisjoint(file.split(os.sep))


def _until_changed(look: Callable[[str], Result]) -> Callable[[str], Result]:
    """Remember what a look at a directory found until an entry of that directory comes or goes."""
    seen: dict[str, tuple[int, Result]] = {}

    def remembered(directory: str) -> Result:
        try:
            changed = stat(directory).st_mtime_ns
        except OSError:
            changed = -1
        known = seen.get(directory)
        if known is None or known[0] != changed:
            known = seen[directory] = (changed, look(directory))
        return known[1]

    return remembered


@_until_changed
def _has_extension(package: str) -> bool:
    try:
        with scandir(package) as listing:
            entries = list(listing)
    except OSError:  # in a zip file
        return False
    if any(entry.name.endswith(_EXTENSION_SUFFIXES) for entry in entries):
        return True
    return any(_has_extension(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))


@_until_changed
def _installed_into(directory: str) -> frozenset[str]:
    """The top-level names that distributions in this directory brought."""
    try:
        entries = [join(directory, entry) for entry in listdir(directory) if entry.endswith(".dist-info")]
    except OSError:  # a zip file, or gone
        return frozenset()
    return frozenset(name for entry in entries for name in _names_of_distribution(entry))


def _names_of_distribution(dist_info: str) -> Iterator[str]:
    if '"dir_info"' in _read(join(dist_info, "direct_url.json")):
        return
    listed = _read(join(dist_info, "top_level.txt")).split()
    if listed:
        yield from listed
        return
    for row in _read(join(dist_info, "RECORD")).splitlines():
        # A path that needs quoting, because of a comma, is no importable file.
        path = row.partition(",")[0]
        if path.endswith(_SUFFIXES):
            yield path.partition("/")[0].partition(".")[0]


def _read(path: str) -> str:
    try:
        with _open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def importable_names(directory: str) -> frozenset[str]:
    """Every top-level name that an entry of this directory might provide, and some that none does."""
    try:
        return frozenset(basename(entry).partition(".")[0] for entry in listdir(directory))
    except OSError:
        return frozenset()
