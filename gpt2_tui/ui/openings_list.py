"""What stands below an empty draft: openings to begin with, and where a larger model is."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gpt2_tui.openings import openings
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.keys import KEEP_KEYS, key_name
from gpt2_tui.ui.safe_text import content

_BEGIN = "Begin with one of these: {first} … {last}, a click, or Tab and Enter."
_LARGER = "For the real GPT-2: {models}, or gpt2-tui models pull gpt2 in a shell."


class OpeningsList(Vertical):
    """All openings, numbered as the keys that take them are."""

    @dataclass
    class Picked(Message):
        """The draft shall begin with this."""

        text: str

    def __init__(self) -> None:
        super().__init__()
        self._openings = openings()

    def compose(self) -> ComposeResult:
        yield Static(id="openings-larger")
        yield Static(id="openings-begin")
        yield OptionList(*(_line(n, text) for n, text in enumerate(self._openings, start=1)))

    def on_mount(self) -> None:
        self.show_keys()

    def show_keys(self) -> None:
        """Name the keys as they are now."""
        first, last = (key_name(self, key.name) for key in (KEEP_KEYS[0], KEEP_KEYS[-1]))
        begin = _BEGIN.format(first=first, last=last)
        self.query_one("#openings-begin", Static).update(content(begin))
        larger = _LARGER.format(models=key_name(self, "models"))
        self.query_one("#openings-larger", Static).update(content(larger))

    def pick(self, number: int) -> None:
        """Begin with opening `number`, counted from 1."""
        if number <= len(self._openings):
            self.post_message(self.Picked(self._openings[number - 1]))

    @on(OptionList.OptionSelected)
    def _selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.pick(message.option_index + 1)


def _line(number: int, text: str) -> Option:
    return Option(Content.assemble((f"{number:2}  ", "bold"), one_line(text)))
