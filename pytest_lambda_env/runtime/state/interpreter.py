"""The state of the interpreter that one process has for itself while its code runs, beyond what other parts give it.

Everything in here is put in force when the process is entered and taken out when it is left. Where a handler invokes
another function, what is the caller's is taken out first: the other function starts from the test's world.
"""

from __future__ import annotations

import contextvars
import decimal
import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import TypeVar

from pytest_lambda_env.model.sandbox import Leftover
from pytest_lambda_env.runtime.state import descriptors
from pytest_lambda_env.runtime.state.chance import Chance
from pytest_lambda_env.runtime.state.names import Names
from pytest_lambda_env.runtime.state.settings import Settings, in_force
from pytest_lambda_env.runtime.state.unset import Unset
from pytest_lambda_env.runtime.state.watched import AT_INIT, every_time

Result = TypeVar("Result")

_table = sys.modules
_entered: list[InterpreterState] = []


class InterpreterState:
    """Patched names, settings, random numbers, event loop and context variables of one process.

    ``seed`` gives the random numbers' beginning. ``is_own`` knows the names of the function's own modules.
    ``third_parties`` are paths of modules and classes whose names are compared at INIT too.
    """

    def __init__(
        self, *, seed: Callable[[], int], is_own: Callable[[str], bool], third_parties: Iterable[str] = ()
    ) -> None:
        self._names = Names(every_time(), (*AT_INIT, *third_parties), is_own)
        self._settings = Settings()
        self._chance = Chance(seed)
        self._unset = Unset()
        self._variables: dict[contextvars.ContextVar[object], object] = {}
        self._modules: dict[str, ModuleType] = {}
        self._is_init = True
        self._leftovers: list[Leftover] = []

    def enter(self) -> None:
        """Put the process's own state in force."""
        if _entered:
            _entered[-1]._take_out()
        _entered.append(self)
        self._put_in()

    def leave(self) -> Sequence[Leftover]:
        """Put the test's in force; tells what was changed that the test process shares, each change once."""
        self._take_out()
        self._is_init = False
        _entered.pop()
        if _entered:
            _entered[-1]._put_in()
        leftovers, self._leftovers = self._leftovers, []
        return leftovers

    def end(self) -> None:
        """The process has ended."""
        self._names.end()
        self._unset.end()

    def run(self, work: Callable[[], Result]) -> Result:
        """Call ``work`` with the test's context variables, and those that the process has set itself."""
        context = contextvars.copy_context()
        before = contextvars.copy_context()
        if self._variables:
            for variable, value in self._variables.items():
                context.run(variable.set, value)
        else:
            # Its context is an object that is changed in place, so the test's must not be seen at all.
            context.run(decimal.setcontext, decimal.DefaultContext.copy())
        try:
            return context.run(work)
        finally:
            for variable, value in context.items():
                if before.get(variable) is not value:
                    self._variables[variable] = value

    def _put_in(self) -> None:
        if self._is_init:
            self._modules = dict(_table)
        self._settings.put_in()
        self._unset.put_in()
        self._chance.put_in()
        self._names.put_in(is_init=self._is_init)
        in_force.settings = self._settings

    def _take_out(self) -> None:
        in_force.settings = None
        leftovers = self._leftovers
        if "sys" not in _table or "builtins" not in _table:
            leftovers.append(Leftover(kind="state", what="sys.modules: emptied"))
            _table.update({name: module for name, module in self._modules.items() if name not in _table})
        leftovers += self._names.take_out(is_init=self._is_init)
        self._chance.take_out()
        self._unset.take_out()
        leftovers += self._settings.take_out()
        leftovers += descriptors.take_out()
