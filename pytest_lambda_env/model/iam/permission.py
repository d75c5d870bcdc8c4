"""What IAM is asked before an AWS call is answered: whether an action may be done to a resource."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """One action (``s3:GetObject``) on one resource's ARN, or on ``*``, where an action has no resource.

    Where the parameters of a call don't tell the whole ARN (the random end of a secret's, the key that encrypted
    something), ``exact`` is False, and ``resource`` has the wildcards of a policy in place of what is not known.
    """

    action: str
    resource: str
    exact: bool = True

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"
