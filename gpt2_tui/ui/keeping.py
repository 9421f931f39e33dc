"""What the desk does with finished text: save it, copy it. Every function says what it did.

None of it touches a widget, so it can run on any thread; the label code and numpy behind it are
imported when first needed.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gpt2_tui import locations
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.caption import SYNTHETIC, caption

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation


def save_samples(prompt: AuthoredText, continuations: "Sequence[Continuation]") -> str:
    """Save each continuation with its prompt as a labeled file. Raises StorageError."""
    from gpt2_tui.labels.formats import Format
    from gpt2_tui.labels.record import make_sample
    from gpt2_tui.saving import save

    samples = [make_sample(prompt, continuation) for continuation in continuations]
    paths = save(samples, locations.samples_folder(), Format.MARKDOWN)
    if len(paths) == 1:
        return f"Saved with its label, {samples[0].caption}: {paths[0]}"
    models = " and ".join(sorted({each.maker.model for each in continuations}))
    labels = f"each with its label, {SYNTHETIC} · {models} and its settings"
    return f"Saved {len(paths)} samples, {labels}, in {paths[0].parent}"


def save_labeled_draft(draft: AuthoredText) -> str:
    """Save a copy of the draft under its label. Raises StorageError."""
    from gpt2_tui.saving import save_labeled

    path = save_labeled(draft, locations.drafts_folder())
    return f"A copy with its label: {path}"


def labeled_text(continuation: "Continuation") -> str:
    """The text of a continuation under its caption, for the clipboard."""
    made = continuation
    return f"[{caption(made.maker.model, made.settings, made.lane)}]\n\n{made.text}"
