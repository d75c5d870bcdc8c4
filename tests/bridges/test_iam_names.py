"""What IAM calls otherwise, against botocore's own list of services and operations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import botocore.session
import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from pytest_lambda_env.bridges.managed_policies import managed_policy
from pytest_lambda_env.model.iam import managed_policies, names, resources, s3
from pytest_lambda_env.model.iam.policy import Policy


@cache
def service_model(service: str) -> Any:
    """Botocore's description of a service."""
    return botocore.session.Session().get_service_model(service)


# Deprecated operations that botocore's models have left out, or will.
LEFT_OUT = {"InvokeAsync", "GetBucketLifecycle", "PutBucketLifecycle", "SelectObjectContent", "SetUserSettings"}
TABLES: dict[str, Iterable[str]] = {
    "s3": {*s3.RENAMED, *s3.VERSIONED, *s3.ELSEWHERE},
    **{service: set(operations) for service, operations in names.renamed().items()},
}


@pytest.mark.fidelity("IA16")
@pytest.mark.parametrize("service", sorted(TABLES))
def test_every_exception_names_an_operation(service: str) -> None:
    """No row of the tables is a slip of the pen, nor one that the general rule would give."""
    known = set(service_model(service).operation_names)
    assert set(TABLES[service]) - LEFT_OUT <= known
    prefix = service_model(service).signing_name
    assert all(actions != (f"{prefix}:{name}",) for name, actions in names.renamed().get(service, {}).items())
    assert all(name != action for name, action in s3.RENAMED.items())


@pytest.mark.fidelity("IA16")
@pytest.mark.parametrize("service", sorted({*resources.WITHOUT_RESOURCE, *resources.RULES, *names.PERMISSIONLESS}))
def test_every_list_names_operations(service: str) -> None:
    """Operations without a resource, and those that need no permission, exist."""
    listed = {*resources.WITHOUT_RESOURCE.get(service, ()), *names.PERMISSIONLESS.get(service, ())}
    assert listed - LEFT_OUT <= set(service_model(service).operation_names)


@pytest.mark.fidelity("IA17")
@pytest.mark.parametrize("service", ["cognito-idp", "cognito-identity"])
def test_what_is_not_signed_needs_no_permission(service: str) -> None:
    """Botocore says of these operations that they are not signed."""
    model = service_model(service)
    listed = names.PERMISSIONLESS[service] & set(model.operation_names)
    assert listed
    assert {model.operation_model(name).auth_type for name in listed} <= {"none", "smithy.api#noAuth"}


@pytest.mark.fidelity("IA16")
def test_every_prefix_belongs_to_a_service() -> None:
    """The names that IAM spells otherwise are those that these services sign with."""
    services = "cloudcontrol", "cloudwatch", "iot-data", "iotsecuretunneling", "mturk", "resourcegroupstaggingapi"
    assert {service_model(service).signing_name for service in services} == set(names.PREFIXES)
    for service, rows in names.renamed().items():
        assert {action.partition(":")[0] for row in rows.values() for action in row} == {
            service_model(service).signing_name
        }


@pytest.mark.fidelity("IA19")
@pytest.mark.parametrize("name", sorted(managed_policies.ACTIONS))
def test_the_managed_policies_are_aws_s(name: str) -> None:
    """They allow what moto's copy of AWS's policies allows, on everything."""
    [statement] = json.loads(aws_managed_policies_data)[name]["Document"]["Statement"]
    actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
    assert set(actions) == set(managed_policies.ACTIONS[name])
    assert statement["Effect"] == "Allow"
    assert statement["Resource"] in ("*", ["*"])
    assert "Condition" not in statement


@pytest.mark.fidelity("IA19")
def test_moto_knows_all_the_others() -> None:
    """A name beyond the small table is looked up there."""
    document = managed_policy("AmazonDynamoDBFullAccess")
    assert document is not None
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
    assert Policy.read(document).says("dynamodb:PutItem", table).value == "allowed"
    assert managed_policy("AmazonDynamoDBEverything") is None
