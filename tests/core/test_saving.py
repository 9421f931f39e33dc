"""Samples and drafts as files of their own."""

from pathlib import Path

import pytest

from gpt2_tui.errors import StorageError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import label_draft
from gpt2_tui.saving import save, save_labeled
from tests.labels.samples import continuation, sample


@pytest.mark.parametrize("file_format", Format)
def test_each_sample_is_one_file_in_the_format_that_was_asked(
    file_format: Format, tmp_path: Path
) -> None:
    samples = [sample("one two three four five six seven"), sample("other")]
    paths = save(samples, tmp_path, file_format)
    assert [path.name for path in paths] == [
        f"one-two-three-four-five-six-seed7-lane0{file_format.suffix}",
        f"other-seed7-lane0{file_format.suffix}",
    ]
    assert [path.read_bytes() for path in paths] == [render(each, file_format) for each in samples]


def test_the_same_sample_again_is_another_file(tmp_path: Path) -> None:
    made = sample("again")
    first, second = save([made, made], tmp_path, Format.TEXT)
    assert first != second
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    "written", [b"", b"\xff\xfe", b"../../etc/passwd", b"\x1b]0;x\x07", b"con", b"a" * 5000]
)
def test_a_sample_of_any_text_gets_a_name_inside_the_folder(written: bytes, tmp_path: Path) -> None:
    (path,) = save([sample(written)], tmp_path, Format.MARKDOWN)
    assert path.parent == tmp_path
    assert list(tmp_path.iterdir()) == [path]
    assert len(path.name.encode()) < 200
    assert path.name.isprintable()


def test_what_was_saved_before_an_error_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = save([sample("one")], tmp_path, Format.TEXT)

    def broken(_made: object, _format: object) -> bytes:
        raise StorageError("no room")

    monkeypatch.setattr("gpt2_tui.saving.render", broken)
    with pytest.raises(StorageError, match="no room"):
        save([sample("two")], tmp_path, Format.TEXT)
    assert list(tmp_path.iterdir()) == [first]


def test_a_draft_with_machine_text_is_saved_with_its_label(tmp_path: Path) -> None:
    draft = AuthoredText.human("Mine. ")
    draft = draft.replaced(6, 6, AuthoredText.kept(continuation("Not mine.")))
    path = save_labeled(label_draft(draft), tmp_path)
    text = path.read_text(encoding="utf-8")
    assert path.suffix == ".md"
    assert "SYNTHETIC IN PART" in text
    assert text.endswith("\n\nMine. Not mine.\n")
