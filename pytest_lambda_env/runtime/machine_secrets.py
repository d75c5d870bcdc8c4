"""Files in which the machine keeps credentials of its owner; on Lambda there are none, so handler code finds none.

The variables that may lead to further ones (``AWS_CONFIG_FILE``, ``AWS_WEB_IDENTITY_TOKEN_FILE``, …) are not there
either, see :mod:`.variables`; nor do container and instance metadata answer, see :mod:`.network`.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress


def _homes() -> set[str]:
    """The owner's home: by ``HOME``, and by the user database, which is asked where ``HOME`` is not set (V47)."""
    homes = {os.path.expanduser("~")}
    if sys.platform != "win32":
        import pwd

        with suppress(KeyError):  # a container's user without an entry
            homes.add(pwd.getpwuid(os.getuid()).pw_dir)
    return {place.replace(os.sep, "/").rstrip("/") for home in homes for place in (home, os.path.realpath(home))}


_DIRECTORIES = tuple(f"{home}/.aws/" for home in _homes())
"""Profiles, credentials, and the caches of the CLI and of single sign-on."""
_FILES = frozenset({"/etc/boto.cfg", *(f"{home}/.boto" for home in _homes())})
_PROCESS_VARIABLES = re.compile(r"/proc/.+/environ")
"""The variables that the test process was started with."""


def may_be_secret(path: str) -> bool:
    """Whether a path as it is spelled could be one of these: quickly told, and nearly always not."""
    return ".aws" in path or ".boto" in path or "boto.cfg" in path or "environ" in path


def is_secret(path: str) -> bool:
    """Whether an absolute, normal path with forward slashes is one of these."""
    if f"{path}/".startswith(_DIRECTORIES) or path in _FILES:
        return True
    return _PROCESS_VARIABLES.fullmatch(path) is not None
