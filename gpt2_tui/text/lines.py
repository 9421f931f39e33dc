"""Text as an editor of lines holds it, and how it is drawn there."""

from itertools import accumulate

from gpt2_tui.text.visible import visible

# An editor takes each of these for the end of a line and writes a newline in its place.
_LINE_BREAKERS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# A terminal can send a lone surrogate, and no file of UTF-8 can hold it.
_SURROGATES = "".join(map(chr, range(0xD800, 0xE000)))
_SHOWN = str.maketrans({each: visible(each) for each in _LINE_BREAKERS + _SURROGATES})


def as_lines(text: str) -> str:
    """`text` with newlines as the only ends of lines, and a stand-in for each character that an
    editor or a file of UTF-8 cannot hold."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_SHOWN)


def line_starts(text: str) -> list[int]:
    """Where each line of `text` begins, in characters."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1])]
