"""A labeled text that is generated again: it streams as any other, and its end is a verdict."""

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from gpt2_tui.labels.found import Found
from gpt2_tui.labels.plain_words import recorded_caption_parts
from gpt2_tui.ui.messages import RunEnded, Streamed
from gpt2_tui.ui.replaying import LANE, ReplayEnded, Replaying
from gpt2_tui.ui.safe_text import line_content
from gpt2_tui.ui.text_pane import TextPane

_TITLE = "REPLAY"


class ReplayPane(TextPane):
    """Shows a replay of `found`, whose record can be read; `name` is that of its file.

    `job` is for the writer to do. It ends with the pane. Nothing of it goes into the draft.
    """

    def __init__(self, found: Found, name: str) -> None:
        caption = [] if found.record is None else recorded_caption_parts(found.record)
        super().__init__(_TITLE, [*caption, f"replay of {name}"], "replay-pane")
        self.job = Replaying(found, self.post_message)
        self._verdict = Static(classes="verdict")
        self._tokens = 0
        self._is_over = False

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._verdict

    def on_unmount(self) -> None:
        self.job.stop.set()

    # The messages of its job are for the pane alone; the desk has runs of its own.

    @on(Streamed)
    def _streamed(self, message: Streamed) -> None:
        message.stop()
        if LANE in message.lanes:
            text = message.lanes[LANE]
            self.add(text.text)
            self._tokens = text.tokens
            self.show_state(f"replaying · {text.tokens} tokens the same", f"same: {text.tokens}")

    @on(ReplayEnded)
    def _replay_ended(self, message: ReplayEnded) -> None:
        message.stop()
        result = message.result
        if result is None:
            self._end("stopped", f"The replay was stopped; {self._tokens} tokens were the same")
        else:
            told = f": {result.told}" if result.told else ""
            self._end(result.outcome, f"{result.outcome}{told}")

    @on(RunEnded)
    def _run_ended(self, message: RunEnded) -> None:
        """The job is over. If it said nothing itself, it broke off: no model, or a failure."""
        message.stop()
        if not self._is_over:
            self._end("CANNOT", f"CANNOT: {message.fault or 'it broke off'}")

    def _end(self, word: str, told: str) -> None:
        self._is_over = True
        self._text.settle()
        self.show_state(f"replay: {word} · {self._tokens} tokens", word)
        self._verdict.update(line_content(told))
        self._verdict.add_class("-shown")
