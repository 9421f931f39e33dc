"""The screens that lie over the desk and are about the draft: into it, beside it, back in it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.ui.comparing import Comparing
from gpt2_tui.ui.document import Document
from gpt2_tui.ui.draft_editor import DraftEditor
from gpt2_tui.ui.settings_bar import SettingsBar
from gpt2_tui.ui.speaking_screen import SpeakingScreen
from gpt2_tui.ui.writer import Writer

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation
    from gpt2_tui.inspection import Branch
    from gpt2_tui.ui.inside_screen import InsideText

_NO_MODEL = "this needs the model, which is not loaded yet"


class DraftScreens:
    """Opens them over `desk`. `write_on` goes on from a token that was picked in one of them, and
    `save` saves continuations of a prompt.

    They are imported when they are opened: some bring numpy, and the first frame need not wait.
    """

    def __init__(
        self,
        desk: SpeakingScreen[None],
        writer: Writer,
        document: Document,
        editor: DraftEditor,
        bar: SettingsBar,
        write_on: "Callable[[Branch | None], Awaitable[None]]",
        save: "Callable[[AuthoredText, Sequence[Continuation]], None]",
    ) -> None:
        self._desk = desk
        self._writer = writer
        self._document = document
        self._editor = editor
        self._bar = bar
        self._write_on = write_on
        self._save = save

    def look_into_draft(self) -> None:
        """Every token of the draft, as the model sees it."""
        if self._writer.model is None:
            self._desk.say(_NO_MODEL)
            return
        from gpt2_tui.ui.inside_screen import draft_text

        self._push_inside(draft_text(self._editor.authored, self._bar.sampling))

    def look_into(
        self, prompt: AuthoredText, continuation: "Continuation", behind: AuthoredText, pane: int
    ) -> None:
        """Every token of a continuation of `prompt` that pane number `pane` shows; `behind` is what
        the draft has behind the place that it was written for."""
        from gpt2_tui.ui.inside_screen import continuation_text

        self._push_inside(continuation_text(prompt, continuation, behind, pane))

    def compare(self) -> None:
        """Continuations of the draft that differ in one setting."""
        model = self._writer.model
        if model is None:
            self._desk.say(_NO_MODEL)
            return
        from gpt2_tui.ui.compare_screen import CompareScreen

        editor = self._editor
        editor.drop_ghost()
        settings = self._bar.settings(self._bar.seed_or_fresh)
        comparing = Comparing(self._desk, self._document, editor, self.look_into, self._save)
        self._desk.app.push_screen(
            CompareScreen(comparing, model.name, self._writer, editor.before_cursor, settings)
        )

    def show_sight(self) -> None:
        """What the model sees of the draft."""
        model = self._writer.model
        if model is None:
            self._desk.say(_NO_MODEL)
            return
        from gpt2_tui.ui.sight_screen import SightScreen

        self._desk.app.push_screen(SightScreen(model, self._editor.before_cursor.text))

    async def show_history(self, being_written: Callable[[], int | None]) -> None:
        """The tree of the draft's states, which may leave it at another one; `being_written` gives
        the state for which a run still writes."""
        from gpt2_tui.ui.tree_screen import TreeScreen

        await self._editor.settle()
        self._editor.note_cursor()
        here = self._editor.authored

        def show(_: None) -> None:
            if self._editor.authored is not here:
                self._editor.show_draft()

        self._desk.app.push_screen(TreeScreen(self._document, being_written), show)

    def _push_inside(self, text: "InsideText") -> None:
        from gpt2_tui.ui.inside_screen import InsideScreen

        self._desk.app.push_screen(InsideScreen(self._writer, text), self._branched)

    async def _branched(self, branch: "Branch | None") -> None:
        """Have the draft be what was branched off, and go on from there."""
        if branch is None:
            return
        app = self._desk.app
        while app.screen is not self._desk:
            app.pop_screen()
        self._editor.become(branch.text, branch.rest)
        self._editor.focus()
        # The editor can hold less than a model can write; then the ids are not those of the text.
        same = self._editor.before_cursor.text == branch.text.text
        await self._write_on(branch if same else None)
        self._desk.say("The token you picked is in the draft; Ctrl+Z brings back what was there")
