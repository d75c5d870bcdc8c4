"""What may differ between two runtimes: the frames of their own code in a stack trace, and how deep they are called."""

from __future__ import annotations

import re

_OWN = r"(?:awslambdaric|pytest_lambda_env|parity)[\\/]"
# In text, two spaces (or no-break spaces) lead a frame and four its source and carets.
_FRAME = re.compile(
    rf'(?:\A|\n)\x1e?(?: +\| )?[ \u00a0]{{2}}File "[^"\n]*[\\/]{_OWN}[^"\n]*", line \d+, in [^\n\x1e]*'
    r"(?:\n\x1e?(?: +\| )?[ \u00a0]{4}[^\n\x1e]*)*"
)
# In JSON each frame is a string of its own.
_JSON_FRAME = rf'"  File \\"(?:[^"\\]|\\\\)*[\\/]{_OWN}(?:[^"\\]|\\.)*"'
_JSON_TRACE = re.compile(rf"\[{_JSON_FRAME}(?:, {_JSON_FRAME})*\]")
_JSON_FRAMES = re.compile(rf"{_JSON_FRAME}, |, {_JSON_FRAME}")
# The test itself, and below it the runtime, stand above a handler that prints where it is.
_STACK = re.compile(r'(?<=Stack \(most recent call last\):\n)(?:\x1e?  File "(?!.*/app\.py").*\n(?:\x1e?    .*\n)*)*')
_TASK = re.compile(r'"Task-\d+"')  # counted for the interpreter, not for the process that a runtime pretends
_REPEATED = re.compile(r"\[Previous line repeated \d+ more times\]")


def masked(text: str) -> str:
    """Text without frames of either runtime. A trace of nothing else still shows that it was one.

    A record separator (U+001E) may stand before a line: a frame's lines may be log events of their own.
    """
    text = _TASK.sub('"Task"', _REPEATED.sub("[Previous line repeated]", text))
    text = _JSON_FRAMES.sub("", _JSON_TRACE.sub('["<runtime>"]', text))
    return _FRAME.sub("", _STACK.sub("", text))


def masked_payload(payload: bytes) -> bytes:
    """The same for a payload, whatever its bytes."""
    return masked(payload.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
