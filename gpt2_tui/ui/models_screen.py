"""The models of this machine: use another, on another device, or fetch one from the hub."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import DataTable, Footer, Input, Label, Select, Static

from gpt2_tui.errors import HubError
from gpt2_tui.models.choice import STARTER, ModelChoice
from gpt2_tui.models.listing import HEADING, row
from gpt2_tui.models.registry import Listed, list_models
from gpt2_tui.preferences.options import DEVICE
from gpt2_tui.ui.keys import same_key
from gpt2_tui.ui.model_pull import ModelPull, PullState
from gpt2_tui.ui.overlay import Overlay
from gpt2_tui.ui.safe_text import content, line_content
from gpt2_tui.ui.status_bar import model_parts
from gpt2_tui.ui.writer import Writer

_SECONDS_BETWEEN_LOOKS = 0.2
_BAR = 10
_FILES_SHOWN = 3
_NO_PULL = (
    "Fetch: gpt2, gpt2-medium, gpt2-large, gpt2-xl, distilgpt2, or any OWNER/NAME.\n"
    "Check or remove: gpt2-tui models verify NAME, gpt2-tui models remove NAME."
)


class ModelTable(DataTable[Text]):
    """Tells in the footer what Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Use", tooltip="Write with the model under the cursor"),
    ]


class ModelsScreen(Overlay[None]):
    """Closed by Escape or its own key; what it began goes on. Using another model stops what is
    being written; the texts stay, each under the name of what wrote it."""

    CSS_PATH = "models_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="To the desk; a pull goes on"),
        same_key("models", "back", "Back", show=False),
        Binding("p", "go_to_pull", "Fetch a model", tooltip="Type the name of a model to fetch"),
        Binding("f9", "cancel", "Cancel the pull", tooltip="What came stays for a later pull"),
    ]

    def __init__(self, writer: Writer, pull: ModelPull) -> None:
        super().__init__()
        self._writer = writer
        self._pull = pull
        self._models: list[Listed] = []
        self._seen: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static(id="models-head")
        yield ModelTable(id="models", cursor_type="row")
        with Horizontal(id="models-choice"):
            yield Label("device")
            yield Select(
                [(device, device) for device in DEVICE.choices],
                value=self._writer.choice.device,
                allow_blank=False,
                compact=True,
                id="device",
            )
            yield Label("fetch")
            yield Input(placeholder="name, or OWNER/NAME", compact=True, id="pull")
        yield Static(id="pull-state")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self._table.add_columns("", *HEADING)
        self._table.focus()
        self._look()
        self.set_interval(_SECONDS_BETWEEN_LOOKS, self._look)

    @property
    def _table(self) -> ModelTable:
        return self.query_one(ModelTable)

    def _look(self) -> None:
        """Show what changed: the model in use and the pull tell nobody, since they go on when
        this screen is gone."""
        model, pull = self._writer.model, self._pull.state
        in_use = "no model" if model is None else model_parts(model)
        head = "loading…" if self._writer.is_loading else f"in use: {in_use}"
        self.query_one("#models-head", Static).update(line_content(f"Models · {head}"))
        self.query_one("#pull-state", Static).update(content(_told(self._pull)))
        if self._writer.is_loading:
            return
        seen = (self._writer.choice, in_use, pull is not None and pull.is_over, pull and pull.name)
        if seen != self._seen:
            came = pull.name if pull is not None and self._pull_ended(seen) else None
            self._seen = seen
            self._list(came)
            select = self.query_one("#device", Select)
            with self.prevent(Select.Changed):
                select.value = self._writer.choice.device

    def _pull_ended(self, seen: tuple[object, ...]) -> bool:
        return bool(self._seen) and seen[2:] != self._seen[2:]

    def _list(self, came: str | None) -> None:
        """The table anew, with the cursor on the model that `came`, or where it was."""
        cursor = self._table.cursor_row
        self._models = list_models()
        in_use = self._writer.choice.reference or STARTER
        names = [each.name for each in self._models]
        self._table.clear()
        for each in self._models:
            mark = "●" if each.name == in_use and self._writer.model is not None else " "
            self._table.add_row(*(Text(cell) for cell in (mark, *row(each))))
        if came in names:
            cursor = names.index(came)
        elif not cursor and in_use in names:
            cursor = names.index(in_use)
        self._table.move_cursor(row=cursor)

    # What the user wants

    @on(DataTable.RowSelected)
    def _chosen(self) -> None:
        """Write with the model under the cursor from now on."""
        listed = self._models[self._table.cursor_row]
        if listed.model is None:
            self.complain(f"{listed.name} cannot be used: {listed.fault}")
        else:
            self._use(replace(self._writer.wanted, reference=listed.name))

    @on(Select.Changed, "#device")
    def _device_chosen(self, message: Select.Changed) -> None:
        if message.value != self._writer.wanted.device:
            self._use(replace(self._writer.wanted, device=str(message.value)))

    def _use(self, choice: ModelChoice) -> None:
        self._seen = ()
        self._writer.use(choice)
        self._look()

    @on(Input.Submitted, "#pull")
    def _pull_wanted(self, message: Input.Submitted) -> None:
        if not message.value.strip():
            return
        try:
            self._pull.start(message.value.strip())
        except HubError as error:
            self.complain(str(error))
        else:
            message.input.clear()
            self._table.focus()
            self._look()

    def action_go_to_pull(self) -> None:
        self.query_one("#pull", Input).focus()

    def action_cancel(self) -> None:
        if self._pull.is_running:
            self._pull.cancel()
            self.say("It stops with the next block; a later pull goes on from there")
        else:
            self.say("nothing is being fetched")

    def action_back(self) -> None:
        """From the name to the table; from there to the desk."""
        if self.query_one("#pull", Input).has_focus:
            self._table.focus()
        else:
            self.dismiss(None)


def _told(pull: ModelPull) -> str:
    """How far the pull is, in a few lines."""
    if pull.state is None or pull.state.is_over:
        return _NO_PULL
    if pull.is_stopping:
        return f"{pull.state.reference}: stopping with the next block…"
    return "\n".join(_lines(pull.state))


def _lines(pull: PullState) -> Iterator[str]:
    files = list(pull.files.values())
    if pull.waits:
        yield f"{pull.reference}: another pull is at work; waiting for it to end"
    elif pull.stage is not None:
        name, done = pull.stage
        yield f"{_bar(done)} {pull.reference}: {name}"
    elif not files:
        yield f"{pull.reference}: asking the hub…"
    else:
        last = files[-1]
        yield f"{_bar(last.done_in_all / last.size_in_all)} {pull.reference}, in all: " + _sizes(
            last.done_in_all, last.size_in_all
        )
    for each in files[-_FILES_SHOWN:]:
        yield f"{_bar(each.done / max(each.size, 1))} {each.file}: {_sizes(each.done, each.size)}"


def _bar(part: float) -> str:
    full = round(_BAR * min(part, 1.0))
    return f"{'█' * full}{'░' * (_BAR - full)} {min(part, 1.0):4.0%}"


def _sizes(done: int, size: int) -> str:
    return f"{done / 1e6:.1f} of {size / 1e6:.1f} MB"
