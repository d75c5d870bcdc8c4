"""The comparison's own asserts are explained like a test's."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("parity.comparison")
