"""Writing: where settings end a continuation, and which bytes belong to it."""

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.settings import Settings
from gpt2_tui.text.sentences import sentence_ends
from gpt2_tui.writing import Writing

TEXT = st.text(alphabet='aB .!?"\né', max_size=60)
CUTS = st.lists(st.integers(1, 5), min_size=1, max_size=10)


def tokens_of(data: bytes, sizes: Sequence[int]) -> list[bytes]:
    """`data` cut into pieces of these sizes, in turn; characters are cut too."""
    found, number = [], 0
    while data:
        size = sizes[number % len(sizes)]
        found.append(data[:size])
        data, number = data[size:], number + 1
    return found


def written(
    settings: Settings, tokens: Sequence[bytes], *, after_space: bool = False
) -> tuple[bytes, StopReason | None]:
    """What comes of tokens, all of them different, and why it ended."""
    writing = Writing(settings, after_space=after_space)
    shown = bytearray()
    for token_id, data in enumerate(tokens):
        shown += writing.add(token_id, data)
        if writing.ended is not None:
            break
    shown += writing.finish()
    assert shown == writing.written
    return bytes(shown), writing.ended


@given(data=st.binary(max_size=60) | TEXT.map(str.encode), sizes=CUTS)
def test_without_an_end_all_bytes_come_out(data: bytes, sizes: list[int]) -> None:
    # So long that no end of a sentence counts.
    settings = Settings(length=1000, finish_sentence=9)
    assert written(settings, tokens_of(data, sizes)) == (data, None)


@example(text="??ééé\n\n", sizes=[3, 5, 1], length=4)  # the last token ends the paragraph
@given(text=TEXT, sizes=CUTS, length=st.integers(1, 20))
def test_it_ends_at_the_first_end_of_a_sentence_behind_the_length(
    text: str, sizes: list[int], length: int
) -> None:
    tokens = tokens_of(text.encode(), sizes)
    least = len(b"".join(tokens[:length]).decode("utf-8", "ignore").rstrip())
    end = next((each for each in sentence_ends(text) if each >= least), None)
    if len(tokens) < length:
        end = None
    found, reason = written(Settings(length=length, finish_sentence=1000), tokens)
    if end is None:
        assert (found, reason) == (text.encode(), None)
    else:
        # White space before the last token of the length was shown already.
        shown = len(b"".join(tokens[: length - 1]).decode("utf-8", "ignore"))
        assert (found, reason) == (text[: max(end, shown)].encode(), StopReason.SENTENCE)


def test_a_sentence_that_ends_with_the_length_needs_one_token_to_be_sure() -> None:
    settings = Settings(length=2, finish_sentence=10)
    assert written(settings, [b"He went", b".", b'"', b" Then", b" she"]) == (
        b'He went."',
        StopReason.SENTENCE,
    )


def test_a_stop_text_and_the_end_of_a_sentence_go_together() -> None:
    settings = Settings(length=1, finish_sentence=10, stop=("###",))
    assert written(settings, [b"He went", b" ##", b"#"]) == (b"He went ", StopReason.STOP_TEXT)
    assert written(settings, [b"He went.", b" #", b"##"]) == (b"He went. ", StopReason.STOP_TEXT)
    assert written(settings, [b"He went.", b" So ###"]) == (b"He went.", StopReason.SENTENCE)


def test_the_space_that_stands_there_already_is_not_written_again() -> None:
    for tokens, text in [
        ([b" then", b" he"], b"then he"),
        ([b"  ", b" x"], b"  x"),
        ([b"<|endoftext|>", b" x"], b"<|endoftext|> x"),
    ]:
        assert written(Settings(), tokens, after_space=True) == (text, None)


def test_a_loop_ends_it_and_all_of_it_is_written() -> None:
    writing = Writing(Settings(loop_alarm=True), after_space=False)
    for _ in range(40):
        assert writing.ended is None
        writing.add(7, b"ha ")
    assert writing.ended is StopReason.LOOP
    writing.finish()
    assert writing.written == b"ha " * 40
