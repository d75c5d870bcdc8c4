"""The grammar of policy documents: what is wrong with one is named, with its place.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NoReturn

from pytest_lambda_env.errors import NotModelled, UsageError
from pytest_lambda_env.model.iam import conditions
from pytest_lambda_env.model.iam.conditions import Condition
from pytest_lambda_env.model.iam.statement import Statement

Kind = Literal["identity", "resource"]
"""Identity-based policies belong to a role, and have no ``Principal``; resource-based ones must name it."""

_VERSIONS = ("2012-10-17", "2008-10-17")
_DOCUMENT = ("Version", "Id", "Statement")
_STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)
_ACTION = re.compile(r"\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?-]+")
_PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")


def read(document: Mapping[str, Any] | str, kind: Kind) -> tuple[Statement, ...]:
    """The statements of a document, given as a mapping or as JSON text. Raises :class:`UsageError`."""
    fields = _fields(document)
    _check_names(fields, _DOCUMENT, "A policy document")
    version = fields.get("Version", _VERSIONS[1])
    if version not in _VERSIONS:
        raise UsageError(f"A policy document's Version is {_VERSIONS[0]!r}, not {version!r}.")
    if "Statement" not in fields:
        raise UsageError('A policy document has a Statement: {"Version": "2012-10-17", "Statement": [...]}.')
    statements = fields["Statement"]
    listed = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(listed, (list, tuple)):
        raise UsageError(f"Statement of a policy document is a statement or a list of them, not {statements!r}.")
    read_ones = tuple(_statement(each, number, kind) for number, each in enumerate(listed, 1))
    named = [each.sid for each in read_ones if each.sid]
    for sid in named:
        if named.count(sid) > 1:
            raise UsageError(f"Two statements of the policy have the Sid {sid!r}; it must be unique.")
    return read_ones


def _fields(document: Mapping[str, Any] | str) -> Mapping[str, Any]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise UsageError(f"A policy document is a dictionary or JSON text, and this is no JSON: {error}.") from None
    if not isinstance(document, Mapping):
        raise UsageError(f"A policy document is a dictionary or JSON text, not {document!r}.")
    return document


def _statement(fields: Any, number: int, kind: Kind) -> Statement:
    where = f"Statement {number} of the policy"
    if not isinstance(fields, Mapping):
        raise UsageError(f"{where} is a dictionary, not {fields!r}.")
    sid = fields.get("Sid", "")
    if sid:
        where = f"Statement {number} ({sid}) of the policy"
    _check_names(fields, _STATEMENT, where)
    if not isinstance(sid, str):
        _refuse(where, "Sid", sid, "a text")
    effect = fields.get("Effect")
    if effect not in ("Allow", "Deny"):
        _refuse(where, "Effect", effect, "'Allow' or 'Deny'")
    not_actions = _one_of(fields, "Action", where)
    not_resources = _one_of(fields, "Resource", where, needed=kind == "identity")
    if "NotPrincipal" in fields:
        raise NotModelled(f"{where}: NotPrincipal is not modelled; name the principals that are meant.")
    if ("Principal" in fields) == (kind == "identity"):
        right = "must name a Principal" if kind == "resource" else "has no Principal: the role itself is meant"
        raise UsageError(f"{where} {right}.")
    return Statement(
        effect=effect,
        actions=_checked(fields, "NotAction" if not_actions else "Action", where, _is_action, _ACTION_FORM),
        not_actions=not_actions,
        resources=_checked(
            {"Resource": "*", **fields}, "NotResource" if not_resources else "Resource", where, _is_arn, _ARN_FORM
        ),
        not_resources=not_resources,
        principals=_principals(fields.get("Principal", {}), where),
        conditions=_conditions(fields.get("Condition", {}), where),
        sid=sid,
    )


_ACTION_FORM = "'service:Action', such as 's3:GetObject' or 's3:Get*', or '*'"
_ARN_FORM = "an ARN, such as 'arn:aws:s3:::bucket/*', or '*'"


def _is_action(text: str) -> bool:
    return _ACTION.fullmatch(text) is not None


def _is_arn(text: str) -> bool:
    return text == "*" or (text.startswith("arn:") and (text.count(":") >= 5 or "*" in text))


def _one_of(fields: Mapping[str, Any], name: str, where: str, *, needed: bool = True) -> bool:
    """Whether the element is there in its negative form."""
    if name in fields and f"Not{name}" in fields:
        raise UsageError(f"{where} has both {name} and Not{name}; it must have one of them.")
    if needed and name not in fields and f"Not{name}" not in fields:
        raise UsageError(f"{where} must have {name} or Not{name}.")
    return f"Not{name}" in fields


def _checked(fields: Mapping[str, Any], name: str, where: str, is_right: Any, form: str) -> tuple[str, ...]:
    values = _texts(fields[name], name, where)
    for value in values:
        if not is_right(value):
            _refuse(where, name, value, form)
    return values


def _texts(given: Any, name: str, where: str) -> tuple[str, ...]:
    values = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if not values or not all(isinstance(value, str) and value for value in values):
        _refuse(where, name, given, "a text or a list of texts")
    return values


def _principals(given: Any, where: str) -> dict[str, tuple[str, ...]]:
    if given == "*":
        return {"AWS": ("*",)}
    if not isinstance(given, Mapping):
        _refuse(where, "Principal", given, "'*' or a dictionary such as {'Service': 's3.amazonaws.com'}")
    _check_names(given, _PRINCIPALS, f"Principal of {where.replace('Statement', 'statement', 1)}")
    found = {kind: _texts(names, f"Principal.{kind}", where) for kind, names in given.items()}
    if "AWS" in found:
        found["AWS"] = tuple(
            f"arn:aws:iam::{each}:root" if _ACCOUNT_ID.fullmatch(each) else each for each in found["AWS"]
        )
    return found


def _conditions(given: Any, where: str) -> tuple[Condition, ...]:
    if not isinstance(given, Mapping):
        _refuse(
            where, "Condition", given, "a dictionary such as {'StringEquals': {'aws:SourceAccount': '123456789012'}}"
        )
    found = []
    for operator, keys in given.items():
        _check_operator(operator, where)
        if not isinstance(keys, Mapping):
            _refuse(where, f"Condition.{operator}", keys, "a dictionary of condition keys")
        for key, values in keys.items():
            texts = [values] if isinstance(values, (str, bool, int, float)) else values
            if not isinstance(texts, (list, tuple)) or not texts:
                _refuse(where, f"Condition.{operator}.{key}", values, "a value or a list of values")
            found.append(Condition(operator=operator, key=key, values=tuple(map(_text, texts))))
    return tuple(found)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_operator(operator: str, where: str) -> None:
    quantifier, name, _ = conditions.parts(operator)
    known = {*conditions.OPERATORS, *conditions.NEGATIVE, "null"}
    if quantifier in conditions.QUANTIFIERS:
        if name in known:
            return
        if name in conditions.NOT_MODELLED:
            raise NotModelled(f"{where}: the condition operator {operator} is not modelled; leave it out of the test.")
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Is {near[0]!r} meant (in any case)?" if near else ""
    raise UsageError(f"{where}: {operator!r} is no condition operator of IAM.{hint}")


def _check_names(fields: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for name in fields:
        if name not in allowed:
            near = difflib.get_close_matches(str(name), allowed, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it may have {', '.join(allowed)}."
            raise UsageError(f"{where} has no {name!r}; {hint}")


def _refuse(where: str, name: str, value: object, right: str) -> NoReturn:
    raise UsageError(f"{where}: {name} must be {right}, not {value!r}.")
