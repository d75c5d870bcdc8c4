"""Where a function's code is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_lambda_env.errors import UsageError

Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCode:
    """The code of one function version.

    ``handler`` is AWS's ``"package/module.function"`` below ``task_root``. ``function`` is set where the code cannot
    be imported afresh (a function defined in a test module): it is then run as it is, and environments share it.
    ``fresh_packages`` are installed packages that a cold start imports afresh too.
    """

    handler: str
    task_root: Path
    function: Handler | None = None
    fresh_packages: tuple[str, ...] = ()

    @property
    def shared(self) -> bool:
        """Whether every environment runs the same function object, with the test's own globals."""
        return self.function is not None

    @property
    def top_level_name(self) -> str:
        """The first part of the handler's module: the package or module that is the function's own."""
        return self.handler.replace("/", ".").partition(".")[0]


def root_of(module_name: str, file: Path) -> Path:
    """The directory that makes the module in ``file`` importable as ``module_name``.

    Raises :class:`UsageError` where there is none: a script run as ``__main__``, a module loaded under a made-up name.
    """
    parts = module_name.split(".")
    place = file.parent if file.stem == "__init__" and parts[-1] != "__init__" else file.with_suffix("")
    # A file may have more suffixes than one: speed.cpython-312-x86_64-linux-gnu.so.
    names = [*place.parts[:-1], place.name.partition(".")[0]]
    if names[-len(parts) :] != parts:
        raise UsageError(
            f"{file} can't be imported as {module_name!r} from any directory, so each environment can't have its "
            f'own copy of it. Name the handler as a string, "{file.stem}.<function>", and its directory as code=.'
        )
    return place.parents[len(parts) - 1]
