"""Copying a continuation from the desk or a comparison to the clipboard."""

from typing import TYPE_CHECKING

from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.text.visible import visible
from gpt2_tui.ui import keeping
from gpt2_tui.ui.draft_editor import DraftEditor

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation


def copy(continuation: "Continuation", editor: DraftEditor, *, labeled: bool) -> str:
    """Copy its text, with or without its label; what to say of it. `editor` will know whose words
    they are, should they be pasted there."""
    text = visible(keeping.labeled_text(continuation) if labeled else continuation.text)
    editor.app.copy_to_clipboard(text)
    editor.remember_copied(text, AuthoredText.kept(continuation))
    if labeled:
        return "Copied with its label; T copies the text alone"
    return "Copied without its label; say yourself that it is synthetic"
