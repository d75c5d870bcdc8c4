"""Wildcards of policies against a reference that tries everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_lambda_env.model.iam.wildcards import escaped, matches, overlap

PATTERNS = st.text("ab:/*?", max_size=8)
TEXTS = st.text("ab:/", max_size=8)


def reference(pattern: str, text: str) -> bool:
    """The definition, word by word."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(reference(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and reference(pattern[1:], text[1:])


def common(one: str, other: str) -> bool:
    """Whether some text matches both, by the definition."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return common(one[1:], other) or common(one, other[1:])
    if other[0] == "*":
        return common(other, one)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and common(one[1:], other[1:])


@given(PATTERNS, TEXTS)
def test_a_pattern_matches_as_its_definition_says(pattern: str, text: str) -> None:
    """``*`` is any run of characters, ``?`` any one, and the whole text must match."""
    assert matches(pattern, text) == reference(pattern, text)


@given(st.text("aB*?${}\n:/", max_size=10), st.text("aB*?${}\n:/", max_size=10))
def test_escaped_text_matches_itself_alone(one: str, other: str) -> None:
    """What is escaped has no wildcard and no variable left."""
    assert matches(escaped(one), one)
    assert matches(escaped(one), other) == (one == other)


@given(st.text("aA*?", max_size=6), st.text("aA", max_size=6))
def test_case_matters_only_if_it_should(pattern: str, text: str) -> None:
    """Ignoring it is comparing everything in small letters."""
    assert matches(pattern, text, ignore_case=True) == matches(pattern.lower(), text.lower())


@given(PATTERNS, PATTERNS)
def test_patterns_overlap_where_a_text_matches_both(one: str, other: str) -> None:
    """It is the same both ways, and agrees with the definition."""
    assert overlap(one, other) == overlap(other, one) == common(one, other)
