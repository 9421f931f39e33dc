"""The texts that are measured: samples of the model, and pieces of held-out books as long."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gpt2_tui.continuations import Finished, Request, write
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import Sampling, Settings
from gpt2_tui.text.tokenizer import Tokenizer

from .books import Book

COUNT = 200
LENGTH = 200
SEED = 1
SAMPLING = Sampling(temperature=0.8, top_k=40)

_LANES_AT_ONCE = 8
_MOST_CHARACTERS = 20
"""More than a token has on average by far: a piece is cut from so many characters a token."""


@dataclass(frozen=True)
class Text:
    """A text and its tokens."""

    ids: tuple[int, ...]
    text: str


def samples(model: LoadedModel, advance: Callable[[int], None]) -> Iterator[Text]:
    """What `command()` prints, in the order of the lanes; `advance` is told how many more there
    are."""
    settings = Settings(SAMPLING, length=LENGTH, seed=SEED)
    for first in range(0, COUNT, _LANES_AT_ONCE):
        request = Request("", settings, tuple(range(first, min(first + _LANES_AT_ONCE, COUNT))))
        made = [each.continuation for each in write(model, request) if isinstance(each, Finished)]
        made.sort(key=lambda each: each.lane)
        yield from (Text(each.ids, each.text) for each in made)
        advance(len(made))


def command() -> str:
    """The command line that gives the samples."""
    return (
        f"gpt2-tui sample --count {COUNT} --length {LENGTH} --temperature {SAMPLING.temperature} "
        f"--top-k {SAMPLING.top_k} --seed {SEED}"
    )


def human_texts(
    books: Sequence[Book], tokenizer: Tokenizer, lengths: Sequence[int]
) -> Iterator[Text]:
    """One piece for each of `lengths`, in tokens: from the beginnings of lines at even distances
    in the books, one after the other. Raises ValueError where a book is too short for it."""
    total = sum(len(book.text) for book in books)
    for number, length in enumerate(lengths):
        place = number * total // len(lengths)
        for book in books:
            if place < len(book.text):
                yield _piece(book, place, tokenizer, length)
                break
            place -= len(book.text)


def _piece(book: Book, place: int, tokenizer: Tokenizer, length: int) -> Text:
    """A piece from the beginning of the line behind `place` on, or further up near the end."""
    room = length * _MOST_CHARACTERS
    start = book.text.rfind("\n", 0, max(0, len(book.text) - room)) + 1
    behind = book.text.find("\n", place) + 1
    start = min(start, behind) if behind else start
    ids = tokenizer.encode(book.text[start : start + room])[:length]
    if len(ids) < length:
        raise ValueError(f"{book.title} has no {length} tokens behind character {start}")
    return Text(tuple(ids), tokenizer.decode(ids).decode("utf-8", "replace"))
