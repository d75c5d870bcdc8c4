"""Where the copies of published code lie: one temporary directory, gone with the service."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


class CodeStore:
    """Makes a directory for each copy. The first one is made when it is needed."""

    def __init__(self) -> None:
        self._root: str | None = None

    def directory(self) -> Path:
        """A new, empty directory."""
        if self._root is None:
            # Links are followed: where the temporary directory is one, files are known by their real names.
            self._root = os.path.realpath(tempfile.mkdtemp(prefix="lambda-versions-"))
        return Path(tempfile.mkdtemp(dir=self._root))

    def close(self) -> None:
        """Remove every copy."""
        root, self._root = self._root, None
        if root is not None:
            shutil.rmtree(root, ignore_errors=True)
