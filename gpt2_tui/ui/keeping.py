"""What the desk does with finished text: save it, copy it. Every function says what it did.

None of it touches a widget, so it can run on any thread; the label code and numpy behind it are
imported when first needed.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gpt2_tui import locations
from gpt2_tui.errors import SigningError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.caption import SYNTHETIC, caption

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation
    from gpt2_tui.labels.record import Sample

_NO_KEY = "there is no key of yours; `gpt2-tui sample --sign` makes one"


def save_samples(
    prompt: AuthoredText, continuations: "Sequence[Continuation]", *, signed: bool
) -> str:
    """Save each continuation with its prompt as a labeled file; if they are to be signed, but
    cannot be, what is said tells why. Raises StorageError."""
    from gpt2_tui.labels.formats import Format
    from gpt2_tui.labels.record import make_sample
    from gpt2_tui.saving import save

    samples = [make_sample(prompt, continuation) for continuation in continuations]
    samples, signature = _signed(samples) if signed else (samples, "")
    paths = save(samples, locations.samples_folder(), Format.MARKDOWN)
    if len(paths) == 1:
        return f"Saved with its label, {samples[0].caption}{signature}: {paths[0]}"
    models = " and ".join(sorted({each.maker.model for each in continuations}))
    labels = f"each with its label, {SYNTHETIC} · {models} and its settings{signature}"
    return f"Saved {len(paths)} samples, {labels}, in {paths[0].parent}"


def save_labeled_draft(draft: AuthoredText, *, signed: bool) -> str:
    """Save a copy of the draft under its label, as `save_samples` does. Raises StorageError."""
    from gpt2_tui.labels.record import label_draft
    from gpt2_tui.saving import save_labeled

    samples = [label_draft(draft)]
    samples, signature = _signed(samples) if signed else (samples, "")
    path = save_labeled(samples[0], locations.drafts_folder())
    return f"A copy with its label{signature}: {path}"


def who_will_sign() -> str:
    """Whose key signs what is saved from now on, or why none does."""
    from gpt2_tui.labels.signing import fingerprint, stored_key

    try:
        key = stored_key()
    except SigningError as error:
        return f"Labels cannot be signed: {error}"
    if key is None:
        return f"Labels cannot be signed: {_NO_KEY}"
    return f"Labels will be signed by {fingerprint(key.public)} (you)"


def _signed(samples: "list[Sample]") -> "tuple[list[Sample], str]":
    """The samples signed with the user's key, and by whom; without a key as they are, and why."""
    from gpt2_tui.labels.signing import fingerprint, sign, stored_key

    try:
        key = stored_key()
    except SigningError as error:
        return samples, f", NOT SIGNED ({error})"
    if key is None:
        return samples, f", NOT SIGNED ({_NO_KEY})"
    return [sign(sample, key) for sample in samples], f", signed by {fingerprint(key.public)} (you)"


def labeled_text(continuation: "Continuation") -> str:
    """The text of a continuation under its caption, for the clipboard."""
    made = continuation
    return f"[{caption(made.maker.model, made.settings, made.lane)}]\n\n{made.text}"
