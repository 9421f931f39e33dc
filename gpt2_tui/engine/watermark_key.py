"""The watermark's published key, the sub-key of a lane, and which draws are marked.

No numpy behind it: a label that names the watermark is read on machines that run no model.
"""

import hashlib
import struct
from collections.abc import Sequence

RULE = "gumbel-max-4/1"
KEY = "gpt2-tui-published/1"
"""The names of the rule and of the key in labels."""

SUB_KEYS = 64
CONTEXT = 4
"""How many tokens before a draw decide its random numbers."""

_PUBLISHED = b"gpt2-tui published watermark key"
_PERSON = b"gpt2-tui/mark/1"
_SEED_PERSON = b"gpt2-tui/subkey1"
_IDS = struct.Struct(f"<{CONTEXT}Q")
_WORDS = struct.Struct("<2Q")

Words = tuple[int, int]
"""Two numbers of 64 bits: all that the random numbers of a context are made of."""


def sub_key(seed: int, lane: int) -> int:
    """The number, below SUB_KEYS, of the part of the published key that a lane draws with.

    The lane is added to a hash of the seed, so that lanes of one seed have different ones until
    all are in use; with the same one, two panes that once share four tokens share all luck after.
    """
    digest = hashlib.blake2b(struct.pack("<Q", seed), digest_size=8, person=_SEED_PERSON).digest()
    return (int.from_bytes(digest, "little") + lane) % SUB_KEYS


class FreshContexts:
    """The contexts of one text, each handed out once; for the generator and for the detector.

    A context that came before would bring the same random numbers: drawing with them again would
    favour loops, and counting them again would make chance look like evidence.
    """

    def __init__(self) -> None:
        self._seen: set[tuple[int, ...]] = set()

    def words(self, before: Sequence[int]) -> Words | None:
        """The words of the context at the end of the ids `before`; None if they are fewer than
        CONTEXT, or if that context came before."""
        context = tuple(before[-CONTEXT:])
        if len(context) < CONTEXT or context in self._seen:
            return None
        self._seen.add(context)
        digest = hashlib.blake2b(
            _IDS.pack(*context), digest_size=_WORDS.size, key=_PUBLISHED, person=_PERSON
        ).digest()
        first, second = _WORDS.unpack(digest)
        return first, second
