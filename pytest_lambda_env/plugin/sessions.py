"""Which services a test has used, and what a whole session adds up to, also under xdist."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from pytest_lambda_env.plugin import options

if TYPE_CHECKING:
    from pytest_lambda_env.service import LambdaService

_now = time.perf_counter

_WORKER_OUTPUT = "lambda_env"


class Session:
    """Collects from every test; one per pytest session and xdist worker."""

    def __init__(self, config: pytest.Config) -> None:
        self.report_path = options.report_path(config)
        self.totals: dict[str, float] = {}
        self.journals: list[dict[str, Any]] = []

    def test_ended(self, item: pytest.Item, service: LambdaService, real_seconds: float) -> None:
        """A test is done with its service."""
        from pytest_lambda_env.metering.totals import totals_of
        from pytest_lambda_env.simulation.instant import instant_of

        totals = totals_of(
            service.journal,
            service.forgotten,
            until=instant_of(service.clock.now),
            virtual_seconds=service.clock.elapsed.total_seconds(),
            real_seconds=real_seconds,
        )
        self.add_totals(asdict(totals))
        if self.report_path is not None:
            from pytest_lambda_env.reporting.journal_json import journal_json

            self.journals.append(
                {
                    "test": item.nodeid,
                    "seed": service.seed,
                    "dropped": service.journal.dropped,
                    "journal": journal_json(service.journal),
                }
            )

    def add_totals(self, totals: dict[str, float]) -> None:
        """Add a test's or a worker's totals."""
        for name, value in totals.items():
            self.totals[name] = self.totals.get(name, 0) + value

    def summary(self) -> str | None:
        """One line for the terminal, or None if nothing was simulated."""
        if not self.totals:
            return None
        from pytest_lambda_env.metering.totals import Totals

        return str(Totals(**self.totals))  # type: ignore[arg-type]

    def finish(self, config: pytest.Config) -> None:
        """Hand over to the xdist controller, or write the report."""
        output = getattr(config, "workeroutput", None)
        if output is not None:
            output[_WORKER_OUTPUT] = json.dumps([self.totals, self.journals])
        elif self.report_path is not None:
            self.report_path.parent.mkdir(parents=True, exist_ok=True)
            self.report_path.write_text(json.dumps({"tests": self.journals}, indent=1), encoding="utf-8")

    def worker_finished(self, output: dict[str, Any]) -> None:
        """Take over what an xdist worker has collected."""
        totals, journals = json.loads(output.get(_WORKER_OUTPUT, "[{}, []]"))
        self.add_totals(totals)
        self.journals.extend(journals)


class Stopwatch:
    """Real seconds since it was made, whatever the doors do to clocks."""

    def __init__(self) -> None:
        self._since = _now()

    def read(self) -> float:
        """Real seconds."""
        return _now() - self._since


SESSION = pytest.StashKey[Session]()
SERVICE = pytest.StashKey["LambdaService"]()
