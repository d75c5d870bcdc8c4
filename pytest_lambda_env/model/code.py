"""Where a function's code is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCode:
    """The code of one function version.

    ``handler`` is AWS's ``"package/module.function"`` below ``task_root``. ``function`` is set where the code cannot
    be imported afresh (a function defined in a test module): it is then run as it is, and environments share it.
    """

    handler: str
    task_root: Path
    function: Handler | None = None

    @property
    def shared(self) -> bool:
        """Whether every environment runs the same function object, with the test's own globals."""
        return self.function is not None
