"""Inside a text: every token with what the model expected in its place, and ways to go on from it.

A text is a finished continuation, looked at in the very windows in which it was written, or a
draft, looked at as `gpt2-tui score` does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from gpt2_tui.continuations import Continuation, prompt_bytes
from gpt2_tui.engine.analysis import TokenAnalysis, analyse
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.engine.window import in_sight
from gpt2_tui.errors import PromptError
from gpt2_tui.labels.authorship import AuthoredText, Origin, Span
from gpt2_tui.loading import LoadedModel
from gpt2_tui.models.maker import Maker
from gpt2_tui.settings import Sampling, Settings
from gpt2_tui.text.pieces import TextStream, pieces

MOST_TOKENS = 2048
"""Of a longer draft its last so many tokens are looked at."""

RANK_LIMITS = (1, 10, 100, 1000)
"""The best ranks of each class end here, as in GLTR (Gehrmann et al. 2019) with a first class for
the likeliest token alone."""

PROBABILITY_LIMITS = (0.5, 0.1, 0.01, 0.001)
"""A token's class is the number of these that its probability falls short of."""

CLASSES = len(RANK_LIMITS) + 1

FORK_PROBABILITY = 0.1
FORK_SHARE = 0.5
SURPRISE_BITS = 10.0
CLICHE_PROBABILITY = 0.5


@dataclass(frozen=True)
class Subject:
    """What is looked into: `ids` from place `first` on. `before` is the text before that place, and
    `lead` the ids of it that a new continuation starts with; `step` as in `predictions`."""

    ids: tuple[int, ...]
    first: int
    step: int
    before: bytes
    lead: tuple[int, ...]

    @property
    def shown(self) -> tuple[int, ...]:
        """The tokens that are looked at."""
        return self.ids[self.first :]


@dataclass(frozen=True, eq=False)
class Inspected:
    """One token: the characters it completes (see `pieces`), and what the model thought of it."""

    text: str
    analysis: TokenAnalysis

    @property
    def rank_class(self) -> int:
        """0 for rank 1, up to CLASSES - 1 for ranks over 1000."""
        return sum(self.analysis.score.rank > limit for limit in RANK_LIMITS)

    @property
    def probability_class(self) -> int:
        """0 for a probability of at least 0.5, up to CLASSES - 1 for one below 0.001."""
        return sum(self.analysis.score.probability < limit for limit in PROBABILITY_LIMITS)

    @property
    def is_fork(self) -> bool:
        """Whether the model was undecided: its second choice had at least FORK_PROBABILITY, and
        at least FORK_SHARE of its first choice's probability."""
        best, *others = (each.probability for each in self.analysis.alternatives)
        second = others[0] if others else 0.0
        return second >= FORK_PROBABILITY and second >= FORK_SHARE * best

    @property
    def is_surprising(self) -> bool:
        """Whether it carries at least SURPRISE_BITS: a probability of at most 1 in 1024."""
        return self.analysis.score.bits >= SURPRISE_BITS

    @property
    def is_cliche(self) -> bool:
        """Whether it begins a word that was everybody's choice: rank 1, and at least
        CLICHE_PROBABILITY. The rest of a word that has begun is nearly always that."""
        return (
            self.text[:1].isspace()
            and not self.text.isspace()
            and self.analysis.score.rank == 1
            and self.analysis.score.probability >= CLICHE_PROBABILITY
        )


@dataclass(frozen=True)
class Branch:
    """A text up to a place, with another token there, and the `rest` that stays behind it.
    `prompt_ids` are what the model, `maker`, shall go on from: these very tokens, which encoding
    `text` anew could cut in other places."""

    maker: Maker
    text: AuthoredText
    rest: AuthoredText
    prompt_ids: tuple[int, ...]


def continuation_subject(model: LoadedModel, continuation: Continuation) -> Subject:
    """A continuation behind the ids that were in sight when it began. Tokens that reach into a
    stop text, which is no part of what was written, are left out. A space at the prompt's end
    belongs to the token that begins with it.

    A window that is full moves on by half; `Generation` then encodes one token more than the
    overlapping windows of a score begin with.
    """
    tokens = [model.tokenizer.bytes_of(token_id) for token_id in continuation.ids]
    before = prompt_bytes(continuation.prompt)
    written = len(continuation.written)
    if continuation.after_space and tokens and tokens[0].startswith(b" "):
        before, written = before.removesuffix(b" "), written + 1
    length = sum(end <= written for end in accumulate(map(len, tokens)))
    return Subject(
        ids=(*continuation.prompt_ids, *continuation.ids[:length]),
        first=len(continuation.prompt_ids),
        step=model.window + 1 - model.window // 2,
        before=before,
        lead=continuation.prompt_ids,
    )


def draft_subject(model: LoadedModel, text: str) -> Subject:
    """A text with `<|endoftext|>` before it. Of a text of more than MOST_TOKENS its end, each token
    with at least half a window before it. Raises PromptError if there is nothing to look into."""
    if not text:
        raise PromptError("there is nothing to look into: the draft is empty")
    ids = tuple(model.tokenizer.encode(text))
    step = model.window // 2
    cut = len(ids) - MOST_TOKENS
    if cut <= step:
        return Subject((model.tokenizer.end_of_text, *ids), 1, step, b"", ())
    before = model.tokenizer.decode(ids[:cut])
    return Subject(ids[cut - step :], step, step, before, ids[:cut])


def inspect(model: LoadedModel, subject: Subject) -> Iterator[Inspected]:
    """Look into each token of `subject`, in order; the work is done between two of them.

    The logits are computed anew, many places in one call; their last bits can differ from those
    that a token was drawn from.
    """
    texts = pieces(model.tokenizer.bytes_of(token_id) for token_id in subject.shown)
    analyses = analyse(model.session, subject.ids, subject.first, subject.step)
    for text, analysis in zip(texts, analyses, strict=True):
        yield Inspected(text, analysis)


def take_branch(
    model: LoadedModel,
    subject: Subject,
    whole: AuthoredText,
    place: int,
    analysis: TokenAnalysis,
    token_id: int,
    *,
    stays_from: int,
) -> Branch:
    """Leave `whole`, the subject's text with what stands around it, at the shown token `place`, of
    which `analysis` is known, with `token_id` instead.

    What stays behind it begins with the next word, and at character `stays_from` at the earliest:
    the rest of a continuation is out of date with another token in it.

    The model proposed the new token and a person picked it. So it counts as what the model would
    have written there at temperature 0, which can be generated again, and as edited by the person
    if it is another token than that.

    Raises PromptError if the token ends the text or ends inside a character.
    """
    if token_id == model.tokenizer.end_of_text:
        raise PromptError("the end of the text is no place to go on from; pick another token")
    before = subject.shown[:place]
    stream = TextStream()
    start = len(stream.push(subject.before + model.tokenizer.decode(before)))
    picked = stream.push(model.tokenizer.bytes_of(token_id))
    if not picked or stream.finish():
        raise PromptError("that token ends inside a character; pick another")
    kept = whole.replaced(start, len(whole.text), AuthoredText())
    stays = max(_end_of_word(model, subject, whole.text, place), stays_from)
    likeliest = _likeliest(model, subject, kept.text, place, analysis)
    choice = _picked(likeliest, picked)
    return Branch(
        maker=model.maker,
        text=kept.replaced(start, start, choice),
        rest=whole.replaced(0, stays, AuthoredText()),
        prompt_ids=in_sight((*subject.lead, *before, token_id), model.window),
    )


def histogram(classes: Sequence[int]) -> tuple[int, ...]:
    """How many tokens each of the CLASSES has."""
    return tuple(classes.count(each) for each in range(CLASSES))


def _likeliest(
    model: LoadedModel, subject: Subject, prompt: str, place: int, analysis: TokenAnalysis
) -> Continuation:
    """The continuation of one token that temperature 0 gives before the shown token `place`."""
    best = analysis.alternatives[0].token_id
    end = subject.first + place
    return Continuation(
        maker=model.maker,
        prompt=prompt,
        prompt_ids=subject.ids[end - analysis.in_sight : end],
        ids=(best,),
        written=model.tokenizer.bytes_of(best),
        settings=Settings(Sampling(temperature=0), length=1, keep_going=True),
        lane=0,
        stop_reason=StopReason.LENGTH,
        seconds=0.0,
    )


def _end_of_word(model: LoadedModel, subject: Subject, whole: str, place: int) -> int:
    """Where in `whole` the shown token `place` ends, and with it the word that it is a part of."""
    stream = TextStream()
    tokens = model.tokenizer.decode(subject.shown[: place + 1])
    end = len(stream.push(subject.before + tokens) + stream.finish())
    while 0 < end < len(whole) and whole[end - 1].isalnum() and whole[end].isalnum():
        end += 1
    return end


def _picked(likeliest: Continuation, picked: str) -> AuthoredText:
    if prompt_bytes(picked) == likeliest.written:
        return AuthoredText.kept(likeliest)
    return AuthoredText(picked, (Span(0, len(picked), Origin.EDITED, likeliest),))
