"""A draft remembers every state it was in, and whose words were whose in each."""

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gpt2_tui.drafts.draft import Draft
from gpt2_tui.drafts.plain_file import Form, digest_of
from gpt2_tui.drafts.store import Store
from gpt2_tui.labels.authorship import AuthoredText
from tests.drafts.writing import makers
from tests.labels.samples import continuation

human = AuthoredText.human
FILE = Path("story.md")


def marked(authored: AuthoredText) -> list[tuple[str, str, int | None, bytes]]:
    """Every character with who wrote it, in a form that outlives a store."""
    return [
        (
            character,
            span.origin.value,
            None if span.continuation is None else span.continuation.lane,
            b"" if span.continuation is None else span.continuation.written,
        )
        for span in authored.spans
        for character in authored.text[span.start : span.end]
    ]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class DraftMachine(RuleBasedStateMachine):
    """Anything that can be done to a draft, in any order, beside a list of all its states."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.draft = Draft.beginning_with(human("It rained."), clock=self.clock)
        self.lanes = 0
        self.states: dict[int, list[tuple[str, str, int | None, bytes]]] = {}
        self.folder = TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "history.sqlite3")
        self.remember()

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def remember(self) -> None:
        """What the current node holds; a node that typing goes on in holds the last of it."""
        self.states[self.draft.tree.current] = marked(self.draft.authored)

    def place(self, share: float) -> int:
        return round(share * len(self.draft.authored.text))

    @rule(share=st.floats(0, 1), text=st.text("ab \n😀", min_size=1, max_size=6))
    def type_or_paste(self, share: float, text: str) -> None:
        place = self.place(share)
        expected = self.draft.authored.text[:place] + text + self.draft.authored.text[place:]
        self.draft.replace(place, place, human(text))
        assert self.draft.authored.text == expected
        self.remember()

    @rule(text=st.text("xyz ", min_size=1, max_size=8), pause=st.sampled_from([0.1, 5.0]))
    def type_on(self, text: str, pause: float) -> None:
        for character in text:
            self.clock.now += pause
            end = len(self.draft.authored.text)
            self.draft.replace(end, end, human(character))
            self.remember()

    @rule(one=st.floats(0, 1), other=st.floats(0, 1), text=st.sampled_from(["", "", "new"]))
    def delete_or_replace(self, one: float, other: float, text: str) -> None:
        start, end = sorted((self.place(one), self.place(other)))
        self.draft.replace(start, end, human(text))
        self.remember()

    @rule(times=st.integers(1, 5))
    def backspace(self, times: int) -> None:
        for _ in range(times):
            end = len(self.draft.authored.text)
            self.draft.replace(max(end - 1, 0), end, AuthoredText())
            self.remember()

    @rule(text=st.sampled_from([" He slept.", " Übrigens 😀", ""]))
    def generate_and_keep(self, text: str) -> None:
        node = self.draft.begin_generation()
        self.remember()
        made = continuation(text, self.draft.authored.text, lane=self.lanes)
        self.lanes += 1
        self.draft.add_continuation(node, made)
        self.draft.keep(AuthoredText.kept(made))
        self.remember()
        assert self.draft.continuations_at(node) == [made]

    @rule(share=st.floats(0, 1), size=st.integers(1, 8), to=st.floats(0, 1))
    def copy_and_paste(self, share: float, size: int, to: float) -> None:
        start = self.place(share)
        part = self.draft.authored.part(start, start + size)
        place = self.place(to)
        self.draft.replace(place, place, part)
        self.remember()

    @rule(share=st.floats(0, 1), text=st.text("It raned.", max_size=5))
    def become_another_text(self, share: float, text: str) -> None:
        place = self.place(share)
        authored = self.draft.authored.part(0, place)
        self.draft.become(authored.spliced(place, place, human(text)))
        self.remember()

    @rule(data=st.data())
    def become_what_it_was_at_another_node(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from([node.number for node in self.draft.tree]))
        self.draft.become(self.draft.text_at(number))
        self.remember()

    @rule()
    def undo_and_redo_come_back(self) -> None:
        before = marked(self.draft.authored)
        if self.draft.undo():
            assert self.draft.redo()
            assert marked(self.draft.authored) == before

    @rule()
    def undo(self) -> None:
        text = self.draft.authored
        assert self.draft.undo() == (self.draft.authored is not text)

    @rule()
    def redo(self) -> None:
        self.draft.redo()

    @rule(data=st.data())
    def go_to(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from([node.number for node in self.draft.tree]))
        self.draft.go_to(number)
        assert self.draft.tree.current == number
        assert not self.draft.tree.is_in_bin(number)

    @precondition(lambda self: len(self.draft.tree) > 1)
    @rule(data=st.data())
    def prune(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from([node.number for node in self.draft.tree][1:]))
        self.draft.prune(number)
        assert self.draft.tree.is_in_bin(number)

    @rule(data=st.data())
    def bookmark(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from([node.number for node in self.draft.tree]))
        before = self.draft.tree[number].bookmarked
        self.draft.bookmark(number)
        assert self.draft.tree[number].bookmarked is not before

    @rule(from_history=st.booleans())
    def save_and_open_again(self, from_history: bool) -> None:
        old = self.draft
        text = old.authored.text
        digest = digest_of(Form().encode(text))
        self.store.write(old.take_changes(), FILE, digest, None, closed=True)
        self.store.close()
        self.draft = self.store.load(None if from_history else text)
        self.draft._clock = self.clock
        assert [dataclasses.replace(node, change=None) for node in self.draft.tree] == [
            dataclasses.replace(node, change=None) for node in old.tree
        ]
        assert marked(self.draft.authored) == marked(old.authored)
        assert self.draft.cursor == old.cursor
        assert makers(self.draft.authored) == makers(old.authored)

    @invariant()
    def the_text_is_that_of_its_node(self) -> None:
        assert self.states[self.draft.tree.current] == marked(self.draft.authored)
        assert sum(len(span) for span in self.draft.authored.spans) == len(self.draft.authored.text)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert set(self.states) == {node.number for node in self.draft.tree}
        for number, state in self.states.items():
            assert marked(self.draft.text_at(number)) == state

    @invariant()
    def what_is_current_is_not_in_the_bin(self) -> None:
        assert not self.draft.tree.is_in_bin(self.draft.tree.current)


TestDraft = DraftMachine.TestCase
TestDraft.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
