"""The wildcards of policies: ``*`` for any run of characters, ``?`` for any one, across colons and slashes alike.

``${*}``, ``${?}`` and ``${$}`` stand for the characters themselves.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(r"\$\{([*?$])\}|(\*+)|(\?)|(.)", re.DOTALL)
_ESCAPES = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})

_ANY_RUN, _ANY_ONE = "*", "?"
_Token = tuple[str, str]
"""A wildcard and nothing, or nothing and a character."""


def escaped(text: str) -> str:
    """The pattern that only this text matches."""
    return text.translate(_ESCAPES)


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole text matches the pattern."""
    return _expression(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def overlap(one: str, other: str) -> bool:
    """Whether some text matches both patterns."""
    first, second = _tokens(one), _tokens(other)
    # Which ends of `second` can be reached where so much of `first` is used up.
    reached = {0}
    for index in range(len(first) + 1):
        reached = _past_runs(second, reached)
        if index == len(first):
            break
        wildcard, character = first[index]
        if wildcard == _ANY_RUN:
            reached = set(range(min(reached), len(second) + 1)) if reached else set()
        else:
            reached = {after for at in reached for after in _steps(second, at, character)}
    return len(second) in reached


def _past_runs(tokens: tuple[_Token, ...], places: set[int]) -> set[int]:
    """The places, and those behind a ``*`` that stands for nothing."""
    found = set(places)
    for place in sorted(places):
        at = place
        while at < len(tokens) and tokens[at][0] == _ANY_RUN:
            at += 1
            found.add(at)
    return found


def _steps(tokens: tuple[_Token, ...], at: int, character: str) -> tuple[int, ...]:
    """Where one character leads; an empty one is any."""
    if at == len(tokens):
        return ()
    wildcard, own = tokens[at]
    if wildcard == _ANY_RUN:
        return (at,)
    if wildcard == _ANY_ONE or not character or own == character:
        return (at + 1,)
    return ()


@lru_cache(maxsize=4096)
def _expression(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    parts = [{_ANY_RUN: ".*", _ANY_ONE: "."}.get(wild) or re.escape(own) for wild, own in _tokens(pattern)]
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _tokens(pattern: str) -> tuple[_Token, ...]:
    found: list[_Token] = []
    for literal, run, one, character in _TOKEN.findall(pattern):
        found.append((_ANY_RUN, "") if run else (_ANY_ONE, "") if one else ("", literal or character))
    return tuple(found)
