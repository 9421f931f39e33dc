"""Why a continuation ended. It stands alone so that a screen can name it before numpy is loaded."""

from enum import StrEnum


class StopReason(StrEnum):
    """Why a continuation is over."""

    LENGTH = "length"
    END_OF_TEXT = "end_of_text"
    STOP_TEXT = "stop_text"
    SENTENCE = "sentence"
    LOOP = "loop"
    STOPPED = "stopped"
