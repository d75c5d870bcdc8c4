"""Who calls: an AWS service, an account, or a user or role of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pytest_lambda_env.errors import UsageError

_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com)")
_ARN = re.compile(r"arn:aws[a-z-]*:(iam|sts)::(?P<account>[0-9]{12}):(?P<resource>.+)")
_SESSION = re.compile(r"assumed-role/(?P<role>[^/]+)/.+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """``kind`` as the keys of ``Principal`` are called; ``name`` is a service's name or an ARN."""

    kind: Literal["AWS", "Service"]
    name: str
    account_id: str = ""

    @classmethod
    def of(cls, name: str) -> Principal:
        """From a service's name (``s3.amazonaws.com``), an account id, or an ARN of IAM's or STS's."""
        if _SERVICE.fullmatch(name):
            return cls(kind="Service", name=name)
        if _ACCOUNT_ID.fullmatch(name):
            return cls(kind="AWS", name=f"arn:aws:iam::{name}:root", account_id=name)
        found = _ARN.fullmatch(name)
        if found is None:
            raise UsageError(
                f"Not a caller: {name!r}; it must be a service such as 's3.amazonaws.com', an account id, or "
                "the ARN of an account, user or role."
            )
        return cls(kind="AWS", name=name, account_id=found["account"])

    def is_among(self, principals: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether a statement's ``Principal`` means this caller.

        ``*`` means everyone; an account means whoever calls from it; a role means its sessions too.
        """
        if "*" in principals.get("AWS", ()):
            return True
        names = principals.get(self.kind, ())
        return self.name in names or (self.kind == "AWS" and any(self._belongs_to(each) for each in names))

    def _belongs_to(self, name: str) -> bool:
        found = _ARN.fullmatch(name)
        if name == self.account_id:
            return True
        if found is None or found["account"] != self.account_id:
            return False
        own = _ARN.fullmatch(self.name)
        session = _SESSION.fullmatch(own["resource"]) if own else None
        return found["resource"] == "root" or (
            session is not None
            and found["resource"].startswith("role/")
            and found["resource"].rpartition("/")[2] == session["role"]
        )
