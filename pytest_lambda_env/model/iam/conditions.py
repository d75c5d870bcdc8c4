"""``Condition`` of a statement: operators over the keys that are known of a request.

A context names each key that is known, in small letters, with its value; None says that the request has none. A key
that it doesn't name is one that this simulator can't tell, and raises :class:`NotModelled`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pytest_lambda_env.errors import NotModelled
from pytest_lambda_env.model.iam.wildcards import escaped, matches

Context = Mapping[str, str | tuple[str, ...] | None]

_VARIABLE = re.compile(r"\$\{(?P<key>[^}*?$,]+)(?:,\s*'(?P<default>[^']*)')?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One operator with one key; ``values`` are alternatives."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Whether a request with this context meets it."""
        quantifier, name, if_exists = parts(self.operator)
        found = value_of(self.key, context)
        if name == "null":
            return (found is None) == (self.values[0].lower() == "true")
        positive, test = _negated(name)
        if found is None:
            return if_exists or not positive or quantifier == "forallvalues"
        wanted = [each for each in (with_variables(value, context) for value in self.values) if each is not None]
        results = [
            any(test(value, each) for value in wanted) == positive
            for each in ((found,) if isinstance(found, str) else found)
        ]
        return all(results) if quantifier == "forallvalues" or (not quantifier and not positive) else any(results)


def value_of(key: str, context: Context) -> str | tuple[str, ...] | None:
    """The value of a condition key or policy variable; :class:`NotModelled` for one that can't be told."""
    try:
        return context[key.lower()]
    except KeyError:
        known = ", ".join(sorted(context)) or "none"
        raise NotModelled(
            f"The policy asks for the condition key {key}, which is not modelled here (known are: {known}). "
            "Leave that statement out of the test's policy."
        ) from None


def with_variables(pattern: str, context: Context) -> str | None:
    """The pattern with its policy variables (``${aws:PrincipalAccount}``) filled in; None if one has no value."""
    if "${" not in pattern:
        return pattern
    missing = False

    def fill(found: re.Match[str]) -> str:
        nonlocal missing
        value = value_of(found["key"], context)
        if not isinstance(value, str):
            value = found["default"]
        missing |= value is None
        return escaped(value or "")

    filled = _VARIABLE.sub(fill, pattern)
    return None if missing else filled


def parts(written: str) -> tuple[str, str, bool]:
    """An operator's quantifier, its bare name, both in small letters, and whether it ends in ``IfExists``."""
    quantifier, _, name = written.lower().rpartition(":")
    bare = name.removesuffix("ifexists")
    return quantifier, bare, bare != name


def _negated(name: str) -> tuple[bool, Callable[[str, str], bool]]:
    positive = name.replace("not", "", 1)
    return positive == name, OPERATORS[positive]


def _like(pattern: str, value: str) -> bool:
    return matches(pattern, value)


def _arn_like(pattern: str, value: str) -> bool:
    """Each of the six parts by itself; ``ArnEquals`` and ``ArnLike`` behave alike."""
    wanted, found = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(found) and all(map(matches, wanted, found))


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, value: compare(float(value), float(wanted))


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "stringequals": lambda wanted, value: matches(_literally(wanted), value),
    "stringequalsignorecase": lambda wanted, value: matches(_literally(wanted), value, ignore_case=True),
    "stringlike": _like,
    "arnequals": _arn_like,
    "arnlike": _arn_like,
    "bool": lambda wanted, value: wanted.lower() == value.lower(),
    "numericequals": _number(operator.eq),
    "numericlessthan": _number(operator.lt),
    "numericlessthanequals": _number(operator.le),
    "numericgreaterthan": _number(operator.gt),
    "numericgreaterthanequals": _number(operator.ge),
}
"""The positive ones: those with ``Not`` in their names are the contrary."""

NEGATIVE = frozenset(
    {"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike", "numericnotequals"}
)
QUANTIFIERS = frozenset({"", "forallvalues", "foranyvalue"})
NOT_MODELLED = frozenset(
    {
        *("dateequals", "datenotequals", "datelessthan", "datelessthanequals", "dategreaterthan"),
        *("dategreaterthanequals", "ipaddress", "notipaddress", "binaryequals"),
    }
)


def _literally(wanted: str) -> str:
    """A pattern for text in which ``*`` and ``?`` mean themselves; ``${*}`` does as well."""
    return re.sub(r"(?<!\$\{)[*?]", lambda found: f"${{{found[0]}}}", wanted)
