"""The line of the library that says what to look for: words, a kind of text, a model."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Select

from gpt2_tui.library.entry import Kind
from gpt2_tui.library.query import Query, parse
from gpt2_tui.ui.safe_text import line_content

_PLACEHOLDER = "words, also model:gpt2 temperature:0.8 top-k:40 top-p:0.9 seed:7"
_BIN = "bin"
_KINDS = {
    "all texts": (None, False),
    "samples": (Kind.SAMPLE, False),
    "drafts": (Kind.DRAFT, False),
    _BIN: (None, True),
}
_ANY_KIND = next(iter(_KINDS))
_ANY_MODEL = ""


class LibrarySearch(Horizontal):
    """Posts Changed once something else is to be looked for."""

    class Changed(Message):
        """Another text is looked for."""

    class Submitted(Message):
        """The words are typed; the list is next."""

    def __init__(self) -> None:
        super().__init__(id="library-search")

    def compose(self) -> ComposeResult:
        yield Input(placeholder=_PLACEHOLDER, compact=True, id="library-words")
        yield Select(
            [(name, name) for name in _KINDS],
            value=_ANY_KIND,
            allow_blank=False,
            compact=True,
            id="library-kind",
        )
        yield Select(
            [("all models", _ANY_MODEL)],
            value=_ANY_MODEL,
            allow_blank=False,
            compact=True,
            id="library-model",
        )

    @property
    def words(self) -> Input:
        return self.query_one("#library-words", Input)

    @property
    def has_words(self) -> bool:
        return bool(self.words.value.strip())

    @property
    def is_in_bin(self) -> bool:
        return self._kind.value == _BIN

    @property
    def sought(self) -> Query:
        """What is looked for. Raises SettingsError where a setting is no number."""
        kind, in_bin = _KINDS[str(self._kind.value)]
        return parse(
            self.words.value, Query(kind=kind, whole_model=str(self._model.value), in_bin=in_bin)
        )

    def turn_to_bin(self) -> None:
        """Look into the bin, or out of it."""
        self._kind.value = _ANY_KIND if self.is_in_bin else _BIN

    def show_models(self, models: list[str]) -> None:
        """Offer these models; the chosen one stays chosen if it is among them."""
        chosen = self._model.value
        names = [(line_content(name), name) for name in models]
        options = [(line_content("all models"), _ANY_MODEL), *names]
        with self.prevent(Select.Changed):
            self._model.set_options(options)
            if chosen in [value for _, value in options]:
                self._model.value = chosen

    @property
    def _kind(self) -> Select[str]:
        return self.query_one("#library-kind", Select)

    @property
    def _model(self) -> Select[str]:
        return self.query_one("#library-model", Select)

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        self.post_message(self.Changed())

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.post_message(self.Submitted())
