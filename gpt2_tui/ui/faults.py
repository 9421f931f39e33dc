"""What the user is told of an error that ended work in the background."""

from gpt2_tui.errors import UserError


def fault_line(error: BaseException) -> str:
    """One line; an error that was not made for users is named."""
    text = " ".join(str(error).split())
    return text if isinstance(error, UserError) else f"{type(error).__name__}: {text}"
