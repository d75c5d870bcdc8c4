"""Runs pytest on a generated file in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_now = time.perf_counter


def run_pytest(directory: Path, *arguments: str) -> float:
    """Seconds of one run, whose tests must pass: of the processor, which neighbours disturb least, where it tells."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(directory)}
    # Everybody has compiled files; only the run that writes them does not.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = _spent()
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    took = _spent() - began
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return took


def _spent() -> float:
    """Seconds that child processes have spent so far."""
    if resource is None:
        return _now()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
