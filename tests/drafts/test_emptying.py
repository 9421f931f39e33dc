"""The history's bin is emptied: what was in it is gone, from the file too; all else stays."""

from pathlib import Path

from gpt2_tui import locations
from gpt2_tui.labels.authorship import AuthoredText
from tests.drafts.writing import killed, write_in
from tests.labels.samples import continuation


def history() -> bytes:
    return b"".join(path.read_bytes() for path in locations.history_folder().iterdir())


def test_what_was_pruned_is_gone_and_the_rest_is_there(tmp_path: Path) -> None:
    story = tmp_path / "story.md"
    writing = write_in(story)
    writing.type("The keeper")
    writing.keep(" forgets xylophones.")
    draft = writing.draft
    pruned = draft.tree.current
    writing.type(" Zebras too.")
    draft.go_to(1)
    writing.keep("A gull sat.")
    draft.prune(next(n for n in draft.tree.children(1) if n in draft.tree.ancestors(pruned)))
    in_bin = len(draft.tree.in_bin())
    assert in_bin > 2
    before = len(draft.tree)
    assert draft.empty_bin() == in_bin
    assert len(draft.tree) == before - in_bin
    assert [made.continuation.text for made in draft.made()] == ["A gull sat."]
    writing.type(" It slept.")
    writing.save()
    assert b"gull" in history()
    for gone in (b"xylophones", b"Zebras"):
        assert gone not in history()
    writing.close()

    again = write_in(story)
    assert again.draft.authored.text == "A gull sat. It slept."
    assert [node.number for node in again.draft.tree] == [node.number for node in draft.tree]
    assert again.draft.undo()
    assert again.draft.authored.text == "A gull sat."
    assert [origin for _, origin in again.origins()] == ["machine"]
    again.close()


def test_before_it_was_ever_saved_and_after_a_kill(tmp_path: Path) -> None:
    story = tmp_path / "story.md"
    with killed(story) as writing:
        draft = writing.draft
        writing.keep(" forgets xylophones.")
        draft.undo()
        draft.prune(draft.tree.children(1)[0])
        draft.empty_bin()
        writing.type("It rained.")
        writing.save()
    again = write_in(story)
    assert again.draft.authored.text == "It rained."
    assert b"xylophones" not in history()
    again.close()


def test_what_is_written_for_a_state_that_is_gone_is_gone_too_until_it_is_kept(
    tmp_path: Path,
) -> None:
    writing = write_in(tmp_path / "story.md")
    draft = writing.draft
    node = draft.begin_generation()
    draft.prune(node)
    draft.empty_bin()
    made = continuation(" forgets xylophones.", "")
    draft.add_continuation(node, made)
    assert draft.made() == []
    writing.hand_over()
    writing.save()
    assert b"xylophones" not in history()
    draft.keep(AuthoredText.kept(made))
    writing.hand_over()
    writing.save()
    writing.close()
    again = write_in(tmp_path / "story.md")
    assert again.origins() == [(" forgets xylophones.", "machine")]
    again.close()


def test_a_continuation_that_is_used_elsewhere_stays_and_can_be_kept_again(tmp_path: Path) -> None:
    writing = write_in(tmp_path / "story.md")
    draft = writing.draft
    made, other = continuation(" slept.", ""), continuation(" woke.", "")
    node = draft.begin_generation()
    for each in (made, other):
        draft.add_continuation(node, each)
    draft.keep(AuthoredText.kept(made))
    draft.go_to(1)
    # The same text in another branch, as a paste does it.
    draft.replace(0, 0, AuthoredText.kept(made))
    draft.prune(node)
    draft.empty_bin()
    writing.hand_over()
    writing.save()
    assert [each.continuation for each in draft.made()] == [made]
    assert draft.continuations_at(node) == []
    draft.keep(AuthoredText.kept(other))
    assert draft.tree.current > node
    writing.close()
    again = write_in(tmp_path / "story.md")
    assert [text for text, _ in again.origins()] == [" slept.", " woke."]
    again.close()
