"""One uniform number for each (seed, lane, position), and nothing else behind it.

A counter-based hash, in the manner of Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3"
(2011): there is no state, so a lane's luck depends neither on its neighbours nor on what was drawn
before. BLAKE2b is the hash because every Python has it and it gives the same bits everywhere.
"""

import hashlib
import struct

RULE = "blake2b-53/1"
"""The name of this rule in labels."""

_COUNTER = struct.Struct("<QQQ")
_PERSON = b"gpt2-tui/draw/1"


def uniform(seed: int, lane: int, position: int) -> float:
    """A number in [0, 1) with 53 bits; `position` counts from 0 in the continuation."""
    digest = hashlib.blake2b(
        _COUNTER.pack(seed, lane, position), digest_size=8, person=_PERSON
    ).digest()
    return float((int.from_bytes(digest, "little") >> 11) * 2.0**-53)
