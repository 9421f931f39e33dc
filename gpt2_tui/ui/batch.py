"""What lanes wrote between two messages to the screen, which is drawn at its own pace."""

import time
from typing import TYPE_CHECKING

from gpt2_tui.ui.messages import LaneText

if TYPE_CHECKING:
    from gpt2_tui.continuations import Piece

_SECONDS_BETWEEN_MESSAGES = 0.1


class Batch:
    """Pieces of all lanes, put together until they are due."""

    def __init__(self) -> None:
        self._lanes: dict[int, LaneText] = {}
        self._first: dict[int, float] = {}
        self._sent = 0.0

    def add(self, piece: "Piece") -> None:
        now = time.monotonic()
        began = self._first.setdefault(piece.lane, now)
        speed = (piece.tokens - 1) / (now - began) if now > began else 0.0
        before = self._lanes.get(piece.lane)
        pieces = (piece.text,) if before is None else (*before.pieces, piece.text)
        self._lanes[piece.lane] = LaneText(pieces, piece.tokens, speed)

    def is_due(self) -> bool:
        return time.monotonic() - self._sent >= _SECONDS_BETWEEN_MESSAGES

    def take(self) -> dict[int, LaneText]:
        self._sent = time.monotonic()
        lanes, self._lanes = self._lanes, {}
        return lanes
