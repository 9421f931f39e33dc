"""A continuation while it is written: its tokens become bytes, and its settings end it.

Writing and replaying both go through here, so the same tokens end in the same place.
"""

import codecs

from gpt2_tui.engine.loop_alarm import LoopAlarm
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.settings import Settings
from gpt2_tui.text.pieces import StopFinder
from gpt2_tui.text.sentences import sentence_ends, undecided

_CONTEXT = 200
"""So many characters before a place are enough to tell whether a sentence ends there."""


class Writing:
    """Told of each token. `ended` is set once a setting ends the continuation."""

    def __init__(self, settings: Settings, *, after_space: bool) -> None:
        """With `after_space` the prompt ends with the space that the first token begins with."""
        self.ids: list[int] = []
        self.written = bytearray()
        self.ended: StopReason | None = None
        self._length = settings.length
        self._after_space = after_space
        self._stops = StopFinder(settings.stop)
        self._sentence = _SentenceEnd() if settings.finish_sentence else None
        self._alarm = LoopAlarm() if settings.loop_alarm else None

    def add(self, token_id: int, data: bytes) -> bytes:
        """The bytes that are safe to show now that `token_id`, which means `data`, is there."""
        self.ids.append(token_id)
        if self._after_space and len(self.ids) == 1:
            data = data.removeprefix(b" ")
        data = self._stops.push(data)
        if self._stops.found:
            self.ended = StopReason.STOP_TEXT
        if self._sentence is not None:
            data = self._sentence.push(data, may_end=len(self.ids) >= self._length)
            if self._sentence.found:
                self.ended = StopReason.SENTENCE
        if self._alarm is not None and self._alarm.push(token_id) and self.ended is None:
            self.ended = StopReason.LOOP
        self.written += data
        return data

    def finish(self) -> bytes:
        """What was held back, now that nothing more comes."""
        rest = b""
        if self.ended is not StopReason.SENTENCE:
            rest = self._stops.finish()
            if self._sentence is not None:
                rest = self._sentence.finish(rest)
        self.written += rest
        return rest


class _SentenceEnd:
    """Finds the first end of a sentence from a place on, which takes a look at what follows it."""

    def __init__(self) -> None:
        # Bytes that are no characters come out of it as they went in.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._shown = ""
        self._held = ""
        self._least: int | None = None
        self.found = False

    def push(self, data: bytes, *, may_end: bool) -> bytes:
        """The bytes that belong to the text in any case; up to the end once it is `found`."""
        self._held += self._decoder.decode(data)
        text = self._shown + self._held
        if not may_end:
            return self._show(len(text))
        if self._least is None:
            self._least = len(text.rstrip())
        # White space that was shown before an end was looked for cannot be taken back.
        least = max(self._least, len(self._shown.rstrip()))
        end = next((end for end in sentence_ends(text) if end >= least), None)
        self.found = end is not None
        return self._show(undecided(text) if end is None else end)

    def finish(self, data: bytes) -> bytes:
        """`data` and what was held back."""
        self._held += self._decoder.decode(data, final=True)
        return self._show(len(self._shown) + len(self._held))

    def _show(self, end: int) -> bytes:
        """Give out the text up to `end`, a place in what is shown and held."""
        count = max(end - len(self._shown), 0)
        given, self._held = self._held[:count], self._held[count:]
        shown = self._shown + given
        self._shown = shown[-_CONTEXT:]
        if self._least is not None:
            self._least -= len(shown) - len(self._shown)
        return given.encode("utf-8", "surrogateescape")
