"""The history as rows, and two states side by side."""

from gpt2_tui.drafts.draft import Draft
from gpt2_tui.drafts.overview import compare, rows, what_changed
from gpt2_tui.labels.authorship import AuthoredText
from tests.labels.samples import continuation

human = AuthoredText.human


def append(draft: Draft, text: str) -> int:
    """Put text at the end as a paste does; the number of its node."""
    end = len(draft.authored.text)
    draft.replace(end, end, human(text))
    return draft.tree.current


def drawn(draft: Draft, *, folded: bool = False, with_bin: bool = False) -> list[str]:
    return [
        "│" * (row.depth - row.is_first)
        + ("├" if row.is_first else "")
        + what_changed(row.node)[1].text
        + ("*" if row.is_current else "")
        + (f" x{row.edits}" if row.edits > 1 else "")
        for row in rows(draft.tree, folded=folded, with_bin=with_bin)
    ]


def forked() -> tuple[Draft, dict[str, int]]:
    """once → (red → rose) and (blue → sky → night), where the draft is at the night."""
    draft = Draft.beginning_with(human("once"))
    nodes = {"once": draft.tree.current}
    for name in ("red", "rose"):
        nodes[name] = append(draft, name)
    draft.go_to(nodes["once"])
    for name in ("blue", "sky", "night"):
        nodes[name] = append(draft, name)
    return draft, nodes


def test_a_side_branch_stands_before_what_it_branched_off_from_goes_on() -> None:
    draft, _ = forked()
    assert drawn(draft) == ["once", "├red", "│rose", "blue", "sky", "night*"]


def test_the_way_to_where_the_draft_is_goes_straight() -> None:
    draft, nodes = forked()
    draft.go_to(nodes["red"])
    assert drawn(draft) == ["once", "├blue", "│sky", "│night", "red*", "rose"]


def test_edits_that_follow_each_other_are_one_row() -> None:
    draft, nodes = forked()
    assert drawn(draft, folded=True) == ["once", "├rose x2", "night* x3"]
    draft.bookmark(nodes["blue"])
    assert drawn(draft, folded=True) == ["once", "├rose x2", "blue", "night* x2"]
    draft.go_to(nodes["sky"])
    assert drawn(draft, folded=True) == ["once", "├rose x2", "blue", "sky*", "night"]


def test_what_is_pruned_is_shown_in_the_bin_alone() -> None:
    draft, nodes = forked()
    draft.prune(nodes["red"])
    assert drawn(draft) == ["once", "blue", "sky", "night*"]
    assert drawn(draft, with_bin=True) == ["once", "├red", "│rose", "blue", "sky", "night*"]
    draft.prune(nodes["blue"])
    assert drawn(draft) == ["once*"]
    assert len(drawn(draft, with_bin=True)) == 6
    assert draft.redo() is False
    draft.bring_back(nodes["rose"])
    assert drawn(draft) == ["once*", "red", "rose"]


def test_redo_goes_the_way_that_was_left_last() -> None:
    draft, nodes = forked()
    draft.go_to(nodes["rose"])
    assert draft.undo()
    assert draft.undo()
    assert draft.redo()
    assert draft.authored.text == "oncered"
    draft.go_to(nodes["sky"])
    assert draft.undo()
    assert draft.undo()
    assert draft.redo()
    assert draft.authored.text == "onceblue"


def test_two_branches_are_compared_from_where_they_part() -> None:
    draft, nodes = forked()
    found = compare(draft, nodes["rose"], nodes["night"])
    assert found.one.text[: found.common] == found.other.text[: found.common] == "once"
    assert (found.one.text, found.other.text) == ("onceredrose", "onceblueskynight")


def test_a_row_tells_what_changed_and_not_what_only_became_edited() -> None:
    draft = Draft.beginning_with(human("once"))
    draft.keep(AuthoredText.kept(continuation(" it rained")))
    draft.replace(6, 7, human("X"))
    gone, come = what_changed(draft.tree[draft.tree.current])
    assert (gone.text, come.text) == ("t", "X")
