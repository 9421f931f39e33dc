"""Text from a stream of token bytes: characters appear when they are whole, stop texts never."""

import codecs
from collections.abc import Iterable, Iterator, Sequence


class TextStream:
    """Decodes bytes that come in pieces; a character split between tokens waits for its end.

    Bytes that can never become a character turn into U+FFFD, as in
    `bytes.decode("utf-8", "replace")`.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, data: bytes) -> str:
        """The characters that `data` completes."""
        return self._decoder.decode(data)

    def finish(self) -> str:
        """What is left when nothing more comes."""
        return self._decoder.decode(b"", final=True)


class StopFinder:
    """Finds the first stop text in a stream of bytes, and holds back what might become one."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = [text.encode() for text in stop]
        self._held = b""
        self.found = False

    def push(self, data: bytes) -> bytes:
        """The bytes that are safe to show; sets `found` when a stop text is complete.

        The stop text itself and all behind it are not given out.
        """
        pending = self._held + data
        matches = [
            (place + len(text), place) for text in self._stop if (place := pending.find(text)) >= 0
        ]
        if matches:
            # What is complete first counts, so that it does not matter how the bytes were cut.
            _, place = min(matches)
            self.found = True
            self._held = b""
            return pending[:place]
        safe = len(pending) - self._longest_start_of_a_stop(pending)
        self._held = pending[safe:]
        return pending[:safe]

    def finish(self) -> bytes:
        """What was held back, now that nothing more comes."""
        held, self._held = self._held, b""
        return held

    def _longest_start_of_a_stop(self, pending: bytes) -> int:
        longest = 0
        for text in self._stop:
            for length in range(min(len(text) - 1, len(pending)), longest, -1):
                if pending.endswith(text[:length]):
                    longest = length
                    break
        return longest


def pieces(tokens: Iterable[bytes]) -> Iterator[str]:
    """The characters that each token completes: none, where it holds but part of one.

    What is left incomplete at the end is U+FFFD in the piece of the last token.
    """
    stream = TextStream()
    last: str | None = None
    for token in tokens:
        if last is not None:
            yield last
        last = stream.push(token)
    if last is not None:
        yield last + stream.finish()


def token_name(token: bytes) -> str:
    """A token by itself, for lists: bytes that are no whole character as `\\xe2`."""
    return token.decode("utf-8", "backslashreplace")
