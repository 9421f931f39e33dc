"""Characters that act on a terminal, replaced by ones that can be seen.

A byte-level model can write ESC, C1 controls, bidirectional overrides and line separators; a file
or a label can hold them too. On a screen they move the cursor, set the clipboard or reorder the
line. Every stand-in is one character for one character, so that positions stay the same.
"""

_FIRST_PICTURE = 0x2400
_DELETE_PICTURE = "\u2421"
_STAND_IN = "\ufffd"
_KEPT = frozenset("\n\t")
_BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_SEPARATORS = [0x2028, 0x2029]
_SURROGATES = range(0xD800, 0xE000)
_LONGEST_QUOTE = 60

STAND_INS = {
    **{code: chr(_FIRST_PICTURE + code) for code in range(0x20) if chr(code) not in _KEPT},
    0x7F: _DELETE_PICTURE,
    **dict.fromkeys([*range(128, 160), *_BIDI, *_SEPARATORS, *_SURROGATES], _STAND_IN),
}


def visible(text: str) -> str:
    """`text` with a stand-in for every character that would act on a terminal.

    Newlines and tabs stay.
    """
    return text.translate(STAND_INS)


def one_line(text: str) -> str:
    """`visible(text)` with newlines and tabs made visible too, for titles and messages."""
    return visible(text).replace("\n", "\u2424").replace("\t", "\u2409")


def quoted(text: str) -> str:
    """What somebody gave, on one line, and no more of it than a message has room for."""
    line = one_line(text)
    return line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE] + "…"
