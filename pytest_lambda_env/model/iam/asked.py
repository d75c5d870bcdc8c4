"""From an AWS call to the permissions it needs.

The rule is ``<prefix of the service>:<operation>`` on the ARN that the parameters name; :mod:`.names` has the actions
that are called otherwise, :mod:`.resources` knows the ARNs, and S3 and DynamoDB have modules of their own. Where the
parameters don't tell the resource, any that a policy allows will do: better a denial missed than one that AWS would
not make. https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_lambda_env.errors import NotModelled
from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.iam import dynamodb, names, resources, s3
from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.place import Place


def permissions_of(call: AwsCall, account_id: str) -> tuple[Permission, ...]:
    """What a call by code of this account asks of IAM; nothing for operations that need no permission.

    Raises :class:`NotModelled` for services whose actions don't follow from the operation (API Gateway's own).
    """
    service, operation, parameters = call.service, call.operation, call.parameters
    if operation in names.PERMISSIONLESS.get(service, ()):
        return ()
    place = Place(region=call.region, account_id=account_id)
    special = _BY_SERVICE.get(service)
    found = special(operation, parameters, place) if special else None
    if found is None:
        actions = names.actions(service, operation, _prefix(call))
        found = tuple(
            Permission(action, resource, exact)
            for action in actions
            for resource, exact in resources.named(service, operation, parameters, place)
        )
    return tuple(dict.fromkeys(found))


def _kms(operation: str, parameters: Mapping[str, Any], place: Place) -> tuple[Permission, ...] | None:
    if operation != "ReEncrypt":
        return None
    return tuple(
        Permission(f"kms:ReEncrypt{end}", resource, exact)
        for end, key in (("From", "SourceKeyId"), ("To", "DestinationKeyId"))
        for resource, exact in resources.named("kms", operation, {"KeyId": parameters.get(key)}, place)
    )


_BY_SERVICE: Mapping[str, Callable[[str, Mapping[str, Any], Place], tuple[Permission, ...] | None]] = {
    "s3": s3.asked,
    "dynamodb": dynamodb.asked,
    "kms": _kms,
}


def _prefix(call: AwsCall) -> str:
    signing_name = call.signing_name or call.service
    if signing_name == "apigateway":
        raise NotModelled(
            f"What {call} needs is not modelled: IAM knows API Gateway's own API by its HTTP methods. "
            "Call it outside of the handler, or give the function no role_policy."
        )
    return names.PREFIXES.get(signing_name, signing_name)
