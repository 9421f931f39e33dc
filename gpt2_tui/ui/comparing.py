"""What a comparison does to the draft that it goes on from."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from gpt2_tui.drafts.taking import Taking
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.text.sentences import Unit
from gpt2_tui.ui.copying import copy
from gpt2_tui.ui.document import Document
from gpt2_tui.ui.draft_editor import DraftEditor
from gpt2_tui.ui.speaking_screen import SpeakingScreen

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation


class Comparing:
    """Takes the rows of one comparison into the draft, at the cursor as it is now, and into its
    history; saves and copies them. `desk` says what was done."""

    def __init__(
        self,
        desk: SpeakingScreen[None],
        document: Document,
        editor: DraftEditor,
        look_into: "Callable[[AuthoredText, Continuation, AuthoredText, int], None]",
        save: "Callable[[AuthoredText, Sequence[Continuation]], None]",
    ) -> None:
        self._desk = desk
        self._document = document
        self._editor = editor
        self._taking = Taking(editor.draft, editor.cursor, editor.keep)
        self._look_into = look_into
        self._save = save

    def begin(self) -> int:
        """Note in the draft's history that rows will be written; the number of the node."""
        return self._document.begin_generation()

    def add(self, node: int, continuation: "Continuation") -> None:
        """Note a row that was written at `node`."""
        self._document.add_continuation(node, continuation)

    def keep(self, ending: AuthoredText, continuation: "Continuation", row: str) -> None:
        """Put the row of that name in the draft, behind the `ending` of the prompt that it was
        written for."""
        if not continuation.text:
            self._desk.say(f"row {row} has no text")
        elif self._taking.take(continuation, Unit.ALL, ending):
            self._desk.say(f"Row {row} is in the draft; Ctrl+Z takes it out again")
        else:
            self._desk.say(f"all of row {row} was taken already")

    def look_into(self, prompt: AuthoredText, continuation: "Continuation", row: int) -> None:
        self._look_into(prompt, continuation, self._taking.behind, row)

    def save(self, prompt: AuthoredText, continuation: "Continuation") -> None:
        self._save(prompt, [continuation])

    def copy(self, continuation: "Continuation", *, labeled: bool) -> None:
        self._desk.say(copy(continuation, self._editor, labeled=labeled))
