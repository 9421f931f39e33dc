"""Beside the text: the token under the cursor, what the model would rather have had, and how the
text's tokens are spread over the classes of the heat map."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gpt2_tui.engine.analysis import Outlook
from gpt2_tui.inspection import PROBABILITY_LIMITS, RANK_LIMITS, Inspected, histogram
from gpt2_tui.text.pieces import token_name
from gpt2_tui.text.tokenizer import Tokenizer
from gpt2_tui.text.visible import one_line

RANK_NAMES = (
    "1",
    *(f"≤ {limit}" for limit in RANK_LIMITS[1:]),
    f"> {RANK_LIMITS[-1]}",
)
PROBABILITY_NAMES = (
    *(f"≥ {100 * limit:g} %" for limit in PROBABILITY_LIMITS),
    f"< {100 * PROBABILITY_LIMITS[-1]:g} %",
)

_BAR = "▪"


class TokenPanel(VerticalScroll, can_focus=False):
    """Facts, alternatives and histogram. Enter on an alternative posts `Picked`."""

    @dataclass
    class Picked(Message):
        """Go on from the token under the cursor with this one instead."""

        token_id: int

    def __init__(self) -> None:
        super().__init__()
        self._token: Inspected | None = None
        self._tokenizer: Tokenizer | None = None
        self._heading = Content("")
        self._bars: list[tuple[Content, int]] = []

    def compose(self) -> ComposeResult:
        yield Static(id="facts")
        yield OptionList(id="alternatives", compact=True)
        yield Static(id="classes")

    def on_resize(self) -> None:
        self._draw_bars()
        if self._token is not None and self._tokenizer is not None:
            self._list_alternatives(self._token, self._tokenizer)

    def show_token(
        self, number: int, token: Inspected, outlook: Outlook | None, tokenizer: Tokenizer
    ) -> None:
        """Show the token of a number, counted from 1."""
        score = token.analysis.score
        name = one_line(token_name(tokenizer.bytes_of(score.token_id)))
        marks = [
            word
            for word, holds in (
                ("fork", token.is_fork),
                ("surprise", token.is_surprising),
                ("cliché", token.is_cliche),
            )
            if holds
        ]
        lines = [
            Content.assemble((f"{number} ", "$text-muted"), (f"‹{name}›", "bold")),
            Content(f"{percent(score.probability)} · rank {score.rank} · {score.bits:.1f} bits"),
            Content(
                f"entropy {token.analysis.entropy:.1f} bits" + "".join(f" · {m}" for m in marks)
            ),
            _outlook_line(outlook),
        ]
        self.query_one("#facts", Static).update(Content("\n").join(lines))
        if token is not self._token:
            self._token, self._tokenizer = token, tokenizer
            self._list_alternatives(token, tokenizer)

    def show_classes(
        self, tokens: Sequence[Inspected], by_rank: bool, styles: Sequence[Style]
    ) -> None:
        """Show how many tokens each class has; its name is drawn as its tokens are."""
        classes = [each.rank_class if by_rank else each.probability_class for each in tokens]
        names = RANK_NAMES if by_rank else PROBABILITY_NAMES
        self._heading = Content.styled("ranks" if by_rank else "probabilities", "$text-muted")
        self._bars = [
            (Content.assemble((name, style), " " * (9 - len(name))), count)
            for name, style, count in zip(names, styles, histogram(classes), strict=True)
        ]
        self._draw_bars()

    def _draw_bars(self) -> None:
        room = max(self.size.width - 16, 4)
        total = max(sum(count for _, count in self._bars), 1)
        lines = [
            name + Content(f"{count:>4} {_BAR * round(room * count / total)}")
            for name, count in self._bars
        ]
        self.query_one("#classes", Static).update(Content("\n").join([self._heading, *lines]))

    def focus_alternatives(self) -> None:
        options = self.query_one(OptionList)
        options.highlighted = 0
        options.focus()

    def _list_alternatives(self, token: Inspected, tokenizer: Tokenizer) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        room = max(self.size.width - 14, 6)
        for each in token.analysis.alternatives:
            name = Content(one_line(token_name(tokenizer.bytes_of(each.token_id))))
            mark = "▸" if each.token_id == token.analysis.score.token_id else " "
            line = Content.assemble(
                f"{mark}{each.rank:>2} {percent(each.probability):>7} ",
                name.truncate(room, ellipsis=True),
            )
            options.add_option(Option(line, id=str(each.token_id)))

    @on(OptionList.OptionSelected)
    def _picked(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        if message.option.id is not None:
            self.post_message(self.Picked(int(message.option.id)))


def percent(probability: float) -> str:
    """A probability in percent, with as many digits as it takes to tell it from 0."""
    value = 100 * probability
    if value >= 0.01 or value == 0:
        return f"{value:.2f} %"
    return "<0.01 %"


def _outlook_line(outlook: Outlook | None) -> Content:
    if outlook is None:
        return Content("")
    about = "" if outlook.is_exact else "≈ "
    cut = f"{percent(outlook.cut)} cut"
    if outlook.probability == 0:
        return Content.styled(f"below: {about}impossible · {cut}", "bold $text-error")
    return Content(f"below: {about}{percent(outlook.probability)} · {cut}")
