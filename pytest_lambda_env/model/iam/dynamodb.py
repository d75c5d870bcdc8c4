"""What DynamoDB's operations need: one permission for each table, or index, that a call names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.place import Place

_TRANSACTED = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
_STATEMENT = re.compile(
    r"""\s*(?:(?P<select>SELECT)\b.*?\bFROM|(?P<insert>INSERT)\s+INTO|(?P<update>UPDATE)|(?P<delete>DELETE)\s+FROM)\s+
    (?P<q>"?)(?P<table>[A-Za-z0-9_.:/-]+?)(?P=q)(?:\."?(?P<index>[A-Za-z0-9_.-]+)"?)?(?=\s|$)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_WITHOUT_TABLE = frozenset(
    {"DescribeLimits", "ListBackups", "ListExports", "ListGlobalTables", "ListImports", "ListTables"}
)


def asked(operation: str, parameters: Mapping[str, Any], place: Place) -> tuple[Permission, ...] | None:
    """The permissions of a call, or None where the general rule holds."""
    if operation in _WITHOUT_TABLE:
        return (Permission(f"dynamodb:{operation}", "*"),)
    if operation in ("BatchGetItem", "BatchWriteItem"):
        tables = parameters.get("RequestItems", {})
        return tuple(Permission(f"dynamodb:{operation}", _table(each, place)) for each in tables)
    if operation in ("TransactGetItems", "TransactWriteItems"):
        return tuple(_transacted(parameters.get("TransactItems", ()), place))
    if operation in ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"):
        return tuple(_partiql(parameters, place))
    table = parameters.get("TableName")
    if not isinstance(table, str):
        return None
    index = parameters.get("IndexName")
    return (Permission(f"dynamodb:{operation}", _table(table, place) + (f"/index/{index}" if index else "")),)


def _table(given: str, place: Place) -> str:
    return given if given.startswith("arn:") else place.arn("dynamodb", f"table/{given}")


def _transacted(items: Any, place: Place) -> Iterator[Permission]:
    for item in items:
        for kind, details in item.items():
            yield Permission(f"dynamodb:{_TRANSACTED.get(kind, kind)}", _table(details.get("TableName", ""), place))


def _partiql(parameters: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    listed = parameters.get("Statements") or parameters.get("TransactStatements") or (parameters,)
    for each in listed:
        found = _STATEMENT.match(each.get("Statement", ""))
        if found is None:
            yield Permission("dynamodb:PartiQLSelect", place.arn("dynamodb", "table/*"), exact=False)
            continue
        verb = next(verb for verb in ("Select", "Insert", "Update", "Delete") if found[verb.lower()])
        index = f"/index/{found['index']}" if found["index"] else ""
        yield Permission(f"dynamodb:PartiQL{verb}", _table(found["table"], place) + index)
