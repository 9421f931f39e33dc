"""Inside a text: a heat map of its tokens, what else the model had in mind, and other settings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Footer, Static

from gpt2_tui.continuations import Continuation
from gpt2_tui.engine.analysis import Outlook
from gpt2_tui.errors import PromptError
from gpt2_tui.inspection import (
    CLASSES,
    Branch,
    Inspected,
    Subject,
    continuation_subject,
    draft_subject,
    take_branch,
)
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.caption import caption
from gpt2_tui.loading import LoadedModel
from gpt2_tui.models.maker import Maker
from gpt2_tui.settings import TEMPERATURE, TOP_K, TOP_P, Sampling
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.authored_text import joined
from gpt2_tui.ui.inspecting import Inspecting, find_outlook
from gpt2_tui.ui.keys import same_key
from gpt2_tui.ui.messages import OutlookFound, RunEnded, SubjectRead, TokensInspected
from gpt2_tui.ui.number_control import NumberControl
from gpt2_tui.ui.overlay import Overlay
from gpt2_tui.ui.token_panel import TokenPanel, percent
from gpt2_tui.ui.token_view import TokenView
from gpt2_tui.ui.writer import Writer

_RUN = 0
_LEAD_CHARACTERS = 240
_NOUNS = {
    "fork": "place where the model was undecided",
    "surprise": "surprising token",
    "cliche": "word that was everybody's choice",
    "impossible": "token that the settings below rule out",
}


@dataclass(frozen=True)
class InsideText:
    """What the screen looks into: its name, what wrote it (None: a text for whichever model is in
    use), the whole text with its authors, from which character on it stays whatever token is picked
    before, the settings that its knobs begin with, and how its tokens are found."""

    title: str
    maker: Maker | None
    whole: AuthoredText
    stays_from: int
    sampling: Sampling
    find_subject: Callable[[LoadedModel], Subject]


def continuation_text(
    prompt: AuthoredText, continuation: Continuation, behind: AuthoredText, pane: int
) -> InsideText:
    """A finished continuation of `prompt`, shown in pane number `pane`; `behind` is what the draft
    has behind the place that it was written for."""
    maker, settings, lane = continuation.maker, continuation.settings, continuation.lane
    written = joined(prompt, AuthoredText.kept(continuation))
    return InsideText(
        title=f"Inside pane {pane} · {caption(maker.model, settings, lane)}",
        maker=maker,
        whole=joined(written, behind),
        stays_from=len(written.text),
        sampling=settings.sampling,
        find_subject=lambda model: continuation_subject(model, continuation),
    )


def draft_text(draft: AuthoredText, sampling: Sampling) -> InsideText:
    """The whole draft."""
    return InsideText(
        title="Inside the draft",
        maker=None,
        whole=draft,
        stays_from=0,
        sampling=sampling,
        find_subject=lambda model: draft_subject(model, draft.text),
    )


class InsideScreen(Overlay[Branch | None]):
    """Dismissed with a Branch if the user goes on from another token."""

    CSS_PATH: ClassVar[list[str | PurePath] | None] = ["inside_screen.tcss", "token_view.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="To the text; then to the desk"),
        same_key("inspect", "dismiss", "Back", show=False),
        Binding("f", "jump('fork', 1)", "Fork", tooltip="To the next place of two minds"),
        Binding("s", "jump('surprise', 1)", "Surprise", tooltip="To the next surprising token"),
        Binding("c", "jump('cliche', 1)", "Cliché", tooltip="To the next word anybody would say"),
        Binding("x", "jump('impossible', 1)", "Ruled out", tooltip="To the next one ruled out"),
        Binding("F", "jump('fork', -1)", show=False),
        Binding("S", "jump('surprise', -1)", show=False),
        Binding("C", "jump('cliche', -1)", show=False),
        Binding("X", "jump('impossible', -1)", show=False),
        Binding("h", "heat", "Heat", tooltip="Heat map by rank or by probability"),
        Binding("b", "boundaries", "Bounds", tooltip="Show where tokens end"),
    ]

    def __init__(self, writer: Writer, text: InsideText) -> None:
        super().__init__()
        # The style sheet has rules for these sizes.
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-wide")]
        self._writer = writer
        self._text = text
        self._job = Inspecting(_RUN, self._find_model, text.find_subject, self.post_message)
        self._subject: Subject | None = None
        self._tokens: list[Inspected] = []
        self._outlooks: tuple[Outlook, ...] = ()
        self._version = 0
        self._by_rank = True
        self._is_over = False

    def compose(self) -> ComposeResult:
        yield Static(Content(one_line(self._text.title)), id="title")
        with Horizontal(id="inside"):
            yield TokenView(self._classes_of)
            yield TokenPanel()
        with Horizontal(id="knobs"):
            for field, short in ((TEMPERATURE, "temp"), (TOP_K, "k"), (TOP_P, "p")):
                yield NumberControl(field, short)
            yield Static(id="outlook")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        for field in (TEMPERATURE, TOP_K, TOP_P):
            value = getattr(self._text.sampling, field.name)
            self._control(field.name).set_value(value)
        self.view.focus()
        self._show_progress("waiting until nothing is being written…")
        self._writer.queue(self._job)

    def on_unmount(self) -> None:
        self._job.end()

    @property
    def view(self) -> TokenView:
        return self.query_one(TokenView)

    @property
    def panel(self) -> TokenPanel:
        return self.query_one(TokenPanel)

    @property
    def sampling(self) -> Sampling:
        """The settings that are tried on the text."""
        return Sampling(
            temperature=self._control("temperature").value or 0,
            top_k=int(self._control("top_k").value or 0),
            top_p=self._control("top_p").value or TOP_P.default,
            top_p_rule=self._text.sampling.top_p_rule,
        )

    def _control(self, name: str) -> NumberControl:
        return self.query_one(f"#setting-{name}", NumberControl)

    def _find_model(self, in_use: LoadedModel) -> LoadedModel:
        """What wrote the text looks into it. Called on the writer's thread."""
        maker = self._text.maker
        return in_use if maker is None else self._writer.models.that_wrote(maker)

    # What comes from the writer's thread

    @on(SubjectRead)
    def _subject_read(self, message: SubjectRead) -> None:
        self._subject = message.subject
        self._show_progress("")

    @on(TokensInspected)
    def _tokens_inspected(self, message: TokensInspected) -> None:
        self._tokens += message.tokens
        if self._subject is None:
            return
        lead = self._subject.before.decode("utf-8", "replace")[-_LEAD_CHARACTERS:]
        self.view.show([token.text for token in self._tokens], before=lead)
        self._show_progress("")
        self._show_heat()
        self._show_token()

    @on(RunEnded)
    def _run_ended(self, message: RunEnded) -> None:
        self._is_over = True
        self._show_progress("")
        if message.fault is not None:
            self.complain(message.fault)
        self._try_settings()

    def _show_progress(self, waiting: str) -> None:
        done, total = len(self._tokens), 0
        if self._subject is not None:
            total = len(self._subject.shown)
        state = f"{done} tokens" if self._is_over and done == total else f"{done} of {total} tokens"
        if self._is_over and done < total:
            state += ", stopped"
        self.view.border_subtitle = waiting or state

    # The heat map

    def _classes_of(self, number: int) -> list[str]:
        token = self._tokens[number]
        names = [f"token--class-{token.rank_class if self._by_rank else token.probability_class}"]
        if number < len(self._outlooks) and self._outlooks[number].probability == 0:
            names.append("token--impossible")
        return names

    def _show_heat(self) -> None:
        self.view.border_title = f"Heat map by {'rank' if self._by_rank else 'probability'}"
        styles = [
            self.view.get_visual_style(f"token--class-{each}", partial=True)
            for each in range(CLASSES)
        ]
        self.panel.show_classes(self._tokens, self._by_rank, styles)
        self.view.refresh()

    def action_heat(self) -> None:
        self._by_rank = not self._by_rank
        self._show_heat()

    def action_boundaries(self) -> None:
        self.view.boundaries = not self.view.boundaries

    @on(TokenView.Moved)
    def _show_token(self) -> None:
        number = self.view.cursor
        model = self._job.model
        if model is not None and number < len(self._tokens):
            known = number < len(self._outlooks)
            outlook = self._outlooks[number] if known else None
            self.panel.show_token(number + 1, self._tokens[number], outlook, model.tokenizer)

    # Jumping

    def action_jump(self, kind: str, direction: int) -> None:
        """To the next token of a kind, or the one before; around the end if need be."""
        count = len(self._tokens)
        here = self.view.cursor
        for distance in range(1, count + 1):
            number = (here + direction * distance) % count
            if self._is_of(kind, number):
                self.view.focus()
                self.view.go_to(number)
                return
        self.say(f"there is no {_NOUNS[kind]}")

    def _is_of(self, kind: str, number: int) -> bool:
        token = self._tokens[number]
        match kind:
            case "fork":
                return token.is_fork
            case "surprise":
                return token.is_surprising
            case "cliche":
                return token.is_cliche
            case _:
                return number < len(self._outlooks) and self._outlooks[number].probability == 0

    # Other settings

    @on(NumberControl.Changed)
    def _try_settings(self) -> None:
        self._version += 1
        version = self._version
        find_outlook(
            tuple(self._tokens),
            self.sampling,
            version,
            self.post_message,
            is_stale=lambda: version != self._version,
        )

    @on(NumberControl.Refused)
    def _setting_refused(self, message: NumberControl.Refused) -> None:
        self.complain(message.reason)

    @on(OutlookFound)
    def _outlook_found(self, message: OutlookFound) -> None:
        if message.version != self._version:
            return
        self._outlooks = message.outlooks
        self.query_one("#outlook", Static).update(_summary(self._outlooks))
        self.view.refresh()
        self._show_token()

    # Going on

    @on(TokenView.Chosen)
    def _choose(self) -> None:
        self.panel.focus_alternatives()

    @on(TokenPanel.Picked)
    def _go_on(self, message: TokenPanel.Picked) -> None:
        model = self._job.model
        if model is None or self._subject is None:
            return
        place = self.view.cursor
        try:
            branch = take_branch(
                model,
                self._subject,
                self._text.whole,
                place,
                self._tokens[place].analysis,
                message.token_id,
                stays_from=self._text.stays_from,
            )
        except PromptError as error:
            self.complain(str(error))
        else:
            self.dismiss(branch)

    def action_back(self) -> None:
        """From the alternatives or the knobs to the text; from the text to the desk."""
        if self.view.has_focus:
            self.dismiss(None)
        else:
            self.view.focus()


def _summary(outlooks: tuple[Outlook, ...]) -> Content:
    if not outlooks:
        return Content("")
    ruled_out = sum(each.probability == 0 for each in outlooks)
    cut = sum(each.cut for each in outlooks) / len(outlooks)
    about = "" if all(each.is_exact for each in outlooks) else "≈ "
    return Content(
        f"{about}{ruled_out} of {len(outlooks)} impossible, {percent(cut)} of probability cut"
    )
