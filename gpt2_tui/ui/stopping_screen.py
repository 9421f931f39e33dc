"""What ends a continuation, beside its length: stop texts, the end of a sentence, a loop."""

import re
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Label, TextArea

from gpt2_tui.settings import Stopping
from gpt2_tui.text.lines import as_lines
from gpt2_tui.ui.keys import same_key
from gpt2_tui.ui.overlay import Overlay
from gpt2_tui.ui.settling import after_keys

_TOKENS_TO_FINISH = 60
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\\\": "\\"}
_TYPED = {character: typed for typed, character in _ESCAPES.items()}
_SENTENCE = f"End at a sentence, up to {_TOKENS_TO_FINISH} tokens behind the length"
_LOOP = "Loop alarm: end a pane that goes round in a circle"
_KEEP_GOING = "Write on past <|endoftext|>"
_STOP = "Stop texts, one a line; \\n is a new line"


class _Tick(Checkbox):
    """A checkbox that can be read without colour."""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]  # noqa: N802 - Textual's name
        return "X" if self.value else " "


class StoppingScreen(ModalScreen[Stopping], Overlay[Stopping]):
    """Gives back what was chosen when it is closed."""

    CSS_PATH = "stopping_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "done", "Done", priority=True),
        same_key("stopping", "done", "Done", show=False),
    ]

    def __init__(self, stopping: Stopping) -> None:
        super().__init__()
        self._before = stopping

    def compose(self) -> ComposeResult:
        before = self._before
        with VerticalScroll(id="stopping", can_focus=False) as box:
            box.border_title = "Stopping"
            box.border_subtitle = "Tab goes on, Space changes, Esc is done"
            yield _Tick(_SENTENCE, before.finish_sentence > 0, id="sentence", compact=True)
            yield _Tick(_LOOP, before.loop_alarm, id="loop", compact=True)
            yield _Tick(_KEEP_GOING, before.keep_going, id="keep-going", compact=True)
            yield Label(_STOP)
            yield TextArea(
                "\n".join(map(_escaped, before.stop)), id="stop", tab_behavior="focus", compact=True
            )

    def action_done(self) -> None:
        after_keys(self, self._finish)

    def _finish(self) -> None:
        stopping = Stopping(
            stop=self._stop_texts(),
            finish_sentence=self._finish_sentence() if self._is_ticked("sentence") else 0,
            keep_going=self._is_ticked("keep-going"),
            loop_alarm=self._is_ticked("loop"),
        )
        self.dismiss(stopping)

    def _stop_texts(self) -> tuple[str, ...]:
        """One a line. A line that is as it was stands for the text that it was made of: one from a
        label can hold what no editor can."""
        before = {_escaped(text): text for text in self._before.stop}
        lines = as_lines(self.query_one("#stop", TextArea).text).split("\n")
        return tuple(before.get(line, _unescaped(line)) for line in lines if line)

    def _finish_sentence(self) -> int:
        return self._before.finish_sentence or _TOKENS_TO_FINISH

    def _is_ticked(self, name: str) -> bool:
        return self.query_one(f"#{name}", Checkbox).value


def _escaped(text: str) -> str:
    return as_lines(re.sub(r"[\n\r\t\\]", lambda found: _TYPED[found[0]], text))


def _unescaped(line: str) -> str:
    return re.sub(r"\\[nrt\\]", lambda found: _ESCAPES[found[0]], line)
