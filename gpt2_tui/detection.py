"""Looking for the watermark in a file: in the token ids that a label records, and in the text.

The ids of an intact label are those that were drawn, so nothing is lost. The text alone, encoded
again, is all that there is without a label; its tokens are not always the same.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, zip_longest

from gpt2_tui.engine.watermark_evidence import LEAST_TOKENS, Evidence, Finding, weigh
from gpt2_tui.errors import ModelError, PromptError
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record_check import Record
from gpt2_tui.labels.verdict import Judgment, Verdict, judge_reading
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.manifest import TOKENIZER_FILE
from gpt2_tui.models.registry import list_models
from gpt2_tui.text import plain
from gpt2_tui.text.tokenizer import Tokenizer

MOST_BYTES = 1 << 22
"""Of one text, and of tokens in one label."""

_MOST_SEARCHED = 64 * MOST_BYTES


@dataclass(frozen=True)
class FileText:
    """A text in a file and the judgment on its label; no body where the two cannot be parted."""

    body: bytes | None
    judgment: Judgment


class Source(StrEnum):
    """Where tokens come from."""

    LABEL = "label"
    TEXT = "text"


@dataclass(frozen=True)
class Result:
    """The evidence of one sequence of tokens; `generation` is the number, from 1, of the one in the
    label whose ids they are."""

    source: Source
    generation: int | None
    evidence: Evidence


class Tokenizers:
    """The tokenizers of the models on this machine, by sha256, each loaded once."""

    def __init__(self, given: ModelFolder | None) -> None:
        """`given` is the model that the user named: then no other is used."""
        self._given = given
        self._loaded: dict[str, Tokenizer] = {}

    def of_given(self) -> Tokenizer:
        """That of the named model. Raises PromptError if there is none, or ModelError."""
        if self._given is None:
            raise PromptError(
                "it has no label that names its tokenizer; name the model that may have written "
                "it with --model (the bundled one is starter)"
            )
        return self.with_digest(self._given.manifest.files[TOKENIZER_FILE].sha256)

    def with_digest(self, sha256: str) -> Tokenizer:
        """The one that a label names. Raises ModelError."""
        if sha256 in self._loaded:
            return self._loaded[sha256]
        folders = self._folders() if self._given is None else [self._given]
        for folder in folders:
            if folder.manifest.files[TOKENIZER_FILE].sha256 == sha256:
                return self._load(folder)
        if self._given is not None:
            raise ModelError("its label names another tokenizer than that of --model")
        raise ModelError(
            "no model on this machine has the tokenizer that its label names; get one that has "
            "with `gpt2-tui models pull`"
        )

    def _folders(self) -> Iterator[ModelFolder]:
        return (each.model for each in list_models() if each.model is not None)

    def _load(self, folder: ModelFolder) -> Tokenizer:
        shape = folder.manifest.architecture
        tokenizer = Tokenizer.from_file(folder.tokenizer_path, shape.vocabulary, shape.end_of_text)
        if tokenizer.sha256 != folder.manifest.files[TOKENIZER_FILE].sha256:
            raise ModelError(f"{folder.tokenizer_path} was altered; export the model again")
        self._loaded[tokenizer.sha256] = tokenizer
        return tokenizer


def texts_in(data: bytes) -> list[FileText]:
    """The labeled texts of a file, then what is outside of them; or the file as it is."""
    reading = read_labels(data)
    bodies = [found.body for found in reading.samples] or [data]
    # The last judgment can be of what is outside: that has no body.
    pairs = zip_longest(bodies, judge_reading(reading))
    return [
        FileText(None if judgment.verdict is Verdict.MALFORMED else body, judgment)
        for body, judgment in pairs
    ]


def names_watermark(text: FileText) -> bool | None:
    """Whether a generation of its label names a watermark; None without a readable label."""
    record = text.judgment.record
    if record is None:
        return None
    return any(each.settings.sampling.watermark for each in record.generations)


def examine(text: FileText, tokenizers: Tokenizers) -> list[Result]:
    """What speaks for the watermark: in the ids of an intact label, and in the text itself.

    Raises PromptError or ModelError where nothing can be judged.
    """
    if text.body is None:
        raise PromptError(_why_no_text(text.judgment))
    if len(text.body) > MOST_BYTES:
        raise PromptError(f"the text has more than {MOST_BYTES} bytes; judge parts of it")
    record = text.judgment.record
    results = []
    if record is None:
        tokenizer = tokenizers.of_given()
        body = plain.decode(text.body, "the text")
    else:
        tokenizer = tokenizers.with_digest(record.maker.tokenizer_sha256)
        body = text.body.decode("utf-8", "replace")
        if text.judgment.verdict is Verdict.INTACT:
            results = list(_by_label(text.body, record, tokenizers))
    results.append(Result(Source.TEXT, None, weigh(tokenizer.encode(body))))
    if all(each.evidence.finding is Finding.NOT_JUDGED for each in results):
        raise PromptError(
            f"{results[-1].evidence.tokens} tokens are too few to judge by; it takes "
            f"{LEAST_TOKENS}, each behind four that did not stand together before"
        )
    return results


def _by_label(body: bytes, record: Record, tokenizers: Tokenizers) -> Iterator[Result]:
    generations = record.generations
    if sum(len(each.ids) for each in generations) > MOST_BYTES:
        raise PromptError(f"its label has more than {MOST_BYTES} tokens; it is not judged")
    pieces: list[list[bytes]] = [[] for _ in generations]
    for span in record.spans:
        if span.generation is not None and span.origin is Origin.MACHINE:
            pieces[span.generation].append(body[span.start : span.end])
    for number, (generation, kept) in enumerate(zip(generations, pieces, strict=True), 1):
        tokenizer = tokenizers.with_digest(generation.maker.tokenizer_sha256)
        ids = _ids_in_text(kept, generation.ids, tokenizer)
        yield Result(Source.LABEL, number, weigh(ids))


def _ids_in_text(pieces: Sequence[bytes], ids: Sequence[int], tokenizer: Tokenizer) -> list[int]:
    """Those of a generation's ids that stand in the text: a person may have kept parts alone.

    None of them if they do not spell the pieces, as in a forged label, or if finding these takes
    too long.
    """
    try:
        written = tokenizer.decode(ids)
    except IndexError:
        # The tokenizer has no such id.
        return []
    ends = list(accumulate(len(tokenizer.bytes_of(each)) for each in ids))
    starts = [0, *ends]
    kept: list[int] = []
    searched = 0
    for piece in pieces:
        place = written.find(piece)
        searched += place
        if place < 0 or searched > _MOST_SEARCHED:
            return []
        kept += ids[bisect_left(starts, place) : bisect_right(ends, place + len(piece))]
    return kept


def _why_no_text(judgment: Judgment) -> str:
    if judgment.verdict is Verdict.MALFORMED:
        return (
            f"its label is {judgment.verdict} ({judgment.detail}), so that the text cannot be told "
            "from it; take the label out and name the model with --model"
        )
    return f"{judgment.detail} and were not judged; put them into a file of their own"
