"""Compiled modules, kept for the whole process: a cold start executes code but neither reads nor compiles it again.

Code objects are immutable, so environments may share them; module objects they never share. The names of files
in them are the real ones, so tracebacks, coverage and ``inspect`` see nothing unusual.
"""

from __future__ import annotations

from importlib.machinery import SourceFileLoader

# Bound here because the environment's own ``os.stat`` may be a door that leads elsewhere.
from os import stat
from types import CodeType

from pytest_lambda_env.simulation.real_clock import real_now

_Stamp = tuple[int, int]
_SETTLED = 50_000_000
"""Nanoseconds after which a file that is written again gets another time."""
_compiled: dict[str, tuple[_Stamp, CodeType]] = {}


class CachedSourceLoader(SourceFileLoader):
    """The standard loader of source files, with the code at hand.

    ``exec_module`` is inherited, so the frames of a failing import are exactly the interpreter's own
    (fidelity H25): what could fail has been done before the loader exists.
    """

    def __init__(self, fullname: str, path: str, code: CodeType) -> None:
        super().__init__(fullname, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        """The code as it was when the import system found the module; ``importlib.reload`` finds it anew."""
        return self._code


def cached(loader: SourceFileLoader) -> SourceFileLoader:
    """The same loader with its code from the cache; ``loader`` itself if its source does not compile.

    In the latter case the import fails in the standard loader, in the standard frames.
    """
    path = loader.path
    try:
        status = stat(path)
        stamp = (status.st_mtime_ns, status.st_size)
        code: CodeType | None
        known = _compiled.get(path)
        if real_now() * 1_000 - status.st_mtime_ns < _SETTLED:
            # Written just now, and so perhaps again within the same tick of the file system's clock. A .pyc tells
            # versions apart by whole seconds only.
            return CachedSourceLoader(loader.name, path, loader.source_to_code(loader.get_data(path), path))
        if known is not None and known[0] == stamp:
            code = known[1]
        elif known is None:
            code = loader.get_code(loader.name)
        else:
            code = loader.source_to_code(loader.get_data(path), path)
    except Exception:  # noqa: BLE001  whatever it is, the standard loader meets it again
        return loader
    if code is None:
        return loader
    _compiled[path] = (stamp, code)
    return CachedSourceLoader(loader.name, path, code)
