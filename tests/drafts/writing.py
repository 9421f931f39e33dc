"""A draft that is written without a screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpt2_tui import locations
from gpt2_tui.drafts.autosave import Autosave, Report
from gpt2_tui.drafts.opening import OpenDraft, open_file, open_unnamed
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.models.maker import Maker
from tests.labels.samples import continuation

PATIENCE = 30.0


class Writing:
    """An open draft and its saving; `told` is all that the saving reported."""

    def __init__(self, opened: OpenDraft) -> None:
        self.opened = opened
        self.draft = opened.draft
        self.told: list[Report] = []
        self.autosave = Autosave(opened, self.told.append)
        self.autosave.start()
        if opened.is_unsaved:
            self.hand_over()

    @property
    def notes(self) -> str:
        return "\n".join(self.opened.notes)

    def hand_over(self) -> None:
        self.autosave.hand_over(self.draft.take_changes())

    def type(self, text: str, at: int | None = None) -> None:
        for character in text:
            place = len(self.draft.authored.text) if at is None else at
            self.draft.replace(place, place, AuthoredText.human(character))
            at = None if at is None else at + 1
            self.hand_over()

    def keep(self, text: str) -> None:
        node = self.draft.begin_generation()
        made = continuation(text, self.draft.authored.text)
        self.draft.add_continuation(node, made)
        self.draft.keep(AuthoredText.kept(made))
        self.hand_over()

    def save(self) -> None:
        self.autosave.flush(PATIENCE)

    def close(self) -> Path:
        self.hand_over()
        self.autosave.flush(PATIENCE, closed=True)
        return self.autosave.finish(self.draft.authored.text)

    def origins(self) -> list[tuple[str, str]]:
        authored = self.draft.authored
        return [
            (authored.text[span.start : span.end], span.origin.value) for span in authored.spans
        ]


def write_in(path: Path | None, text: str = "") -> Writing:
    return Writing(open_unnamed(text) if path is None else open_file(path))


@contextmanager
def killed(path: Path | None) -> Iterator[Writing]:
    """A draft that is written and saved, and then its process is gone."""
    writing = write_in(path)
    yield writing
    # All that the system does for a process that was killed.
    writing.opened.place.leave()


def makers(authored: AuthoredText) -> list[Maker]:
    """What wrote each synthetic span."""
    return [span.continuation.maker for span in authored.spans if span.continuation is not None]


def write_and_close(story: Path) -> None:
    """A person's words and a model's behind those of the file."""
    writing = write_in(story)
    writing.type(" Hard.")
    writing.keep(" He slept.")
    assert writing.close() == story


def stores() -> list[Path]:
    """The histories that there are."""
    return sorted(locations.history_folder().glob("*.sqlite3"))
