"""Breaking text into rows of a terminal."""

import re

from rich.cells import cell_len, chop_cells

_WORD = re.compile(r"\s*\S+\s*|\s+")


def row_starts(text: str, width: int) -> list[int]:
    """Where each row of `text`, one line, begins when it has `width` columns.

    Rows break between words; a word that is wider than a row is broken where the row ends. What is
    appended to the text can change its last row alone.
    """
    starts = [0]
    column = 0
    for match in _WORD.finditer(text):
        word = match.group()
        # Spaces at the end of a row need no room.
        needed = cell_len(word.rstrip())
        if column and column + needed > width:
            starts.append(match.start())
            column = 0
        if needed > width:
            place = match.start()
            pieces = chop_cells(word.rstrip(), width)
            for piece in pieces[:-1]:
                place += len(piece)
                starts.append(place)
            column = cell_len(pieces[-1]) + len(word) - len(word.rstrip())
        else:
            column += cell_len(word)
    return starts
