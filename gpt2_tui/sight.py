"""What the model sees of a draft: its tokens, and where the window cuts them."""

from dataclasses import dataclass

from gpt2_tui.continuations import encode_prompt
from gpt2_tui.engine.window import in_sight
from gpt2_tui.loading import LoadedModel
from gpt2_tui.text.pieces import pieces


@dataclass(frozen=True)
class Sight:
    """A draft of `tokens` tokens under a window of `window`. The model sees the last `seen`.

    `pieces` are the characters that each token completes: of those in sight, and of a window's
    worth before them.
    """

    tokens: int
    seen: int
    window: int
    pieces: tuple[str, ...]

    @property
    def cut(self) -> int:
        """How many tokens are out of sight."""
        return self.tokens - self.seen

    @property
    def out_of_sight(self) -> int:
        """How many of the `pieces` are out of sight."""
        return len(self.pieces) - self.seen


def look(model: LoadedModel, text: str) -> Sight:
    """What `model` would see of a draft that is continued behind `text`. If that is empty it is
    nothing: the model then begins from `<|endoftext|>`."""
    if not text.removesuffix(" "):
        return Sight(0, 0, model.window, ())
    ids = encode_prompt(model, text, special=False).ids
    seen = len(in_sight(ids, model.window))
    shown = ids[-(seen + model.window) :]
    found = tuple(pieces(model.tokenizer.bytes_of(token_id) for token_id in shown))
    return Sight(len(ids), seen, model.window, found)
