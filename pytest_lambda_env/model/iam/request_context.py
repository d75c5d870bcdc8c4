"""The condition keys that are known of a call by a function's code.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_lambda_env.model.iam.conditions import Context

_S3_LISTS = {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter", "s3:max-keys": "MaxKeys", "s3:versionid": "VersionId"}


def role_context(*, role_arn: str, account_id: str, function_arn: str, region: str) -> dict[str, str | None]:
    """What is known of every call that is made with a function's role.

    Temporary credentials of Lambda are no person's, so there is no MFA, no user name and no service in between.
    """
    return {
        "aws:principalarn": role_arn,
        "aws:principalaccount": account_id,
        "aws:principaltype": "AssumedRole",
        "aws:principalisawsservice": "false",
        "aws:requestedregion": region,
        "aws:resourceaccount": account_id,
        "aws:securetransport": "true",
        "aws:viaawsservice": "false",
        "aws:calledvia": None,
        "aws:calledviafirst": None,
        "aws:calledvialast": None,
        "aws:multifactorauthpresent": None,
        "aws:username": None,
        "lambda:sourcefunctionarn": function_arn,
    }


def call_context(service: str, parameters: Mapping[str, Any]) -> Context:
    """What the parameters of a call tell."""
    if service != "s3":
        return {}
    values = {key: parameters.get(name) for key, name in _S3_LISTS.items()}
    return {key: None if value is None else str(value) for key, value in values.items()}
