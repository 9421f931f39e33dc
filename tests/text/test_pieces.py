"""Text out of bytes that come in pieces, and stop texts in it."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.text.pieces import StopFinder, TextStream, pieces, token_name

# Much of it is broken UTF-8: lead bytes, lone continuations, surrogates, what is out of range.
fragments = st.sampled_from(["a", "é", "€", "😀", "\x00", "\x1b", "\r\n", "日本", "\ufffd"]).map(
    str.encode
) | st.sampled_from(
    [b"\xff", b"\xc3", b"\xa9", b"\xe2\x82", b"\xed\xa0\x80", b"\xf0\x9f", b"\xf4\x90", b"\xc0\x80"]
)
streams = st.lists(fragments | st.binary(max_size=4), max_size=12).map(b"".join)


def cut(data: bytes, draw: st.DataObject) -> list[bytes]:
    """`data` in pieces, some of them empty."""
    places = draw.draw(st.lists(st.integers(0, len(data)), max_size=8).map(sorted))
    return [data[start:end] for start, end in pairwise([0, *places, len(data)])]


@given(data=streams, cuts=st.data())
def test_however_bytes_are_cut_the_text_is_that_of_the_whole(
    data: bytes, cuts: st.DataObject
) -> None:
    stream = TextStream()
    text = "".join(stream.push(piece) for piece in cut(data, cuts)) + stream.finish()
    assert text == data.decode("utf-8", "replace")


@given(text=st.text(max_size=20), cuts=st.data())
def test_half_a_character_never_appears(text: str, cuts: st.DataObject) -> None:
    data = text.encode()
    stream = TextStream()
    seen = ""
    given_so_far = 0
    for piece in cut(data, cuts):
        seen += stream.push(piece)
        given_so_far += len(piece)
        assert text.startswith(seen)
        assert given_so_far - len(seen.encode()) in range(4)
    assert stream.finish() == ""


def test_a_character_appears_with_its_last_byte() -> None:
    stream = TextStream()
    assert [stream.push(bytes([byte])) for byte in "é€".encode()] == ["", "é", "", "", "€"]


def test_a_character_that_is_never_finished_shows_as_a_replacement() -> None:
    stream = TextStream()
    assert stream.push("€".encode()[:2]) == ""
    assert stream.finish() == "\ufffd"


def searched_byte_by_byte(data: bytes, stop: Sequence[str]) -> tuple[bytes, bool]:
    """What stands before the first stop text to be complete; of several, the longest."""
    for end in range(len(data) + 1):
        found = [text.encode() for text in stop if data[:end].endswith(text.encode())]
        if found:
            return data[: end - max(map(len, found))], True
    return data, False


stops = st.lists(st.text("abé", min_size=1, max_size=4), max_size=4)


@given(text=st.text("abé", max_size=14), stop=stops, cuts=st.data())
def test_a_stop_text_is_found_however_the_bytes_are_cut(
    text: str, stop: list[str], cuts: st.DataObject
) -> None:
    finder = StopFinder(stop)
    out = b""
    for piece in cut(text.encode(), cuts):
        out += finder.push(piece)
        if finder.found:
            break
    found = finder.found
    out += finder.finish()
    assert (out, found) == searched_byte_by_byte(text.encode(), stop)


@given(text=st.text("ab", max_size=14), stop=stops)
def test_no_byte_of_a_stop_text_is_ever_given_out(text: str, stop: list[str]) -> None:
    finder = StopFinder(stop)
    before, _ = searched_byte_by_byte(text.encode(), stop)
    out = b""
    for number in range(len(text)):
        out += finder.push(text[number].encode())
        assert before.startswith(out)
        if finder.found:
            break


def test_what_only_began_like_a_stop_text_comes_out_after_all() -> None:
    finder = StopFinder(["END."])
    assert finder.push(b"the EN") == b"the "
    assert finder.push(b"D of") == b"END of"
    assert finder.push(b" EN") == b" "
    assert finder.finish() == b"EN"
    assert not finder.found


def test_nothing_is_held_back_without_need() -> None:
    finder = StopFinder(["\n\n"])
    assert finder.push(b"one\n") == b"one"
    assert finder.push(b"two") == b"\ntwo"


@pytest.mark.parametrize("pieces", [[b"xabcd"], [b"xabc", b"d"], [b"xa", b"bcd"]])
def test_the_stop_text_that_is_complete_first_counts(pieces: list[bytes]) -> None:
    finder = StopFinder(["abcd", "bc"])
    out = b""
    for piece in pieces:
        if not finder.found:
            out += finder.push(piece)
    assert (out, finder.found) == (b"xa", True)


@given(st.lists(st.binary(max_size=4), max_size=12))
def test_pieces_are_the_text_cut_where_tokens_complete_characters(tokens: list[bytes]) -> None:
    found = list(pieces(tokens))
    assert len(found) == len(tokens)
    assert "".join(found) == b"".join(tokens).decode("utf-8", "replace")


def test_a_character_belongs_to_the_token_that_completes_it() -> None:
    assert list(pieces([b"a\xf0", b"\x9f", b"\x98\x80b", b"\xe2"])) == ["a", "", "😀b", "\ufffd"]


def test_a_token_by_itself_shows_the_bytes_of_a_part_of_a_character() -> None:
    assert token_name(b" caf\xc3") == " caf\\xc3"
    assert token_name("é".encode()) == "é"
