"""Seeded chance. Each purpose draws from a stream of its own, so a new draw in one place shifts no other."""

from __future__ import annotations

import random


class Entropy:
    """All randomness of one simulation, from one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}

    def stream(self, purpose: str) -> random.Random:
        """The generator for one purpose, for example ``"request-ids"``. The same seed gives the same draws."""
        stream = self._streams.get(purpose)
        if stream is None:
            # A string seeds through SHA-512: independent of PYTHONHASHSEED and of the other streams.
            stream = self._streams[purpose] = random.Random(f"{self.seed}/{purpose}")  # noqa: S311
        return stream

    def hex(self, purpose: str, digits: int) -> str:
        """A random lower-case hexadecimal string of that many digits."""
        return f"{self.stream(purpose).getrandbits(4 * digits):0{digits}x}"

    def uuid4(self, purpose: str) -> str:
        """A random UUID in version 4's form."""
        bits = self.stream(purpose).getrandbits(128)
        # RFC 9562, section 5.4: version nibble 4, variant bits 10.
        bits = (bits & ~(0xF << 76) | (0x4 << 76)) & ~(0x3 << 62) | (0x2 << 62)
        digits = f"{bits:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
