"""What every test gets."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["pytester"]

# The same examples in each run, no database between runs, and no limit that a busy machine could break.
settings.load_profile("ci")
