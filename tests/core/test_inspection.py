"""Looking into continuations and drafts, and going on from another token."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from gpt2_tui.continuations import Continuation, Finished, Request, write
from gpt2_tui.engine.analysis import analyse_row, outlook
from gpt2_tui.engine.runtime import Device
from gpt2_tui.engine.scoring import score
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.errors import PromptError
from gpt2_tui.inspection import (
    MOST_TOKENS,
    Inspected,
    Subject,
    continuation_subject,
    draft_subject,
    histogram,
    inspect,
    take_branch,
)
from gpt2_tui.labels.authorship import AuthoredText, Origin
from gpt2_tui.labels.record import make_sample
from gpt2_tui.labels.record_check import read_record
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.settings import Sampling, Settings

PROMPT = "The keeper of the light"


@pytest.fixture(scope="module")
def starter() -> LoadedModel:
    """The bundled model: it writes words, where one with random weights writes loose bytes."""
    return load_model(None, Device.CPU)


def written(model: LoadedModel, request: Request) -> Continuation:
    (found,) = [e.continuation for e in write(model, request) if isinstance(e, Finished)]
    return found


def one_continuation(
    model: LoadedModel, sampling: Sampling, length: int = 40, prompt: str = PROMPT
) -> Continuation:
    settings = Settings(sampling, length, seed=7, keep_going=True)
    return written(model, Request(prompt, settings, (0,)))


def whole_text(continuation: Continuation) -> AuthoredText:
    prompt = AuthoredText.human(continuation.prompt)
    end = len(prompt.text)
    return prompt.replaced(end, end, AuthoredText.kept(continuation))


def token(text: str, *probabilities: float, rank: int = 1) -> Inspected:
    """A token with these probabilities in its place, that of `rank` being its own."""
    logits = np.log(np.array(probabilities, np.float32))
    return Inspected(text, analyse_row(logits, rank - 1, 1))


@pytest.mark.parametrize("prompt", ["", PROMPT, "x" * 60, "x" * 300], ids=len)
def test_a_continuation_is_looked_at_in_the_windows_in_which_it_was_written(
    loaded_model: LoadedModel, prompt: str
) -> None:
    """At temperature 0 every token is the likeliest, also behind each move of the window."""
    continuation = one_continuation(loaded_model, Sampling(0), 150, prompt)
    subject = continuation_subject(loaded_model, continuation)
    tokens = list(inspect(loaded_model, subject))
    assert subject.shown == continuation.ids
    assert [each.analysis.score.token_id for each in tokens] == list(continuation.ids)
    assert {each.analysis.score.rank for each in tokens} == {1}
    in_sight = [each.analysis.in_sight for each in tokens]
    moves = [before for before, after in pairwise(in_sight) if after < before]
    assert moves
    assert set(moves) == {loaded_model.window}


def test_no_token_was_impossible_under_the_settings_that_wrote_it(
    loaded_model: LoadedModel,
) -> None:
    sampling = Sampling(1.1, 5, 0.9)
    continuation = one_continuation(loaded_model, sampling, 100)
    tokens = list(inspect(loaded_model, continuation_subject(loaded_model, continuation)))
    assert all(outlook(each.analysis, sampling).probability > 0 for each in tokens)
    greedy = [outlook(each.analysis, Sampling(0)).probability for each in tokens]
    assert greedy == [float(each.analysis.score.rank == 1) for each in tokens]
    assert 0 in greedy


@pytest.mark.parametrize("text", ["a", "The keeper", "Seen é from the sea. " * 12])
def test_a_draft_is_looked_at_as_it_is_scored(loaded_model: LoadedModel, text: str) -> None:
    tokens = list(inspect(loaded_model, draft_subject(loaded_model, text)))
    ids = loaded_model.tokenizer.encode(text)
    assert [each.analysis.score for each in tokens] == list(score(loaded_model.session, ids))
    assert "".join(each.text for each in tokens) == text


def test_of_a_long_draft_the_end_is_looked_at(loaded_model: LoadedModel) -> None:
    text = "xyz " * (MOST_TOKENS // 3)
    ids = loaded_model.tokenizer.encode(text)
    assert len(ids) > MOST_TOKENS + loaded_model.window
    subject = draft_subject(loaded_model, text)
    assert subject.shown == tuple(ids[-MOST_TOKENS:])
    assert subject.before + loaded_model.tokenizer.decode(subject.shown) == text.encode()
    first = next(inspect(loaded_model, subject))
    assert first.analysis.in_sight == loaded_model.window // 2


def test_an_empty_draft_has_nothing_to_look_into(loaded_model: LoadedModel) -> None:
    with pytest.raises(PromptError, match="the draft is empty"):
        draft_subject(loaded_model, "")


def test_classes_end_at_their_limits() -> None:
    flat = [1 / 2000] * 2000
    by_rank = {1: 0, 2: 1, 10: 1, 11: 2, 100: 2, 101: 3, 1000: 3, 1001: 4}
    assert {rank: token("a", *flat, rank=rank).rank_class for rank in by_rank} == by_rank
    by_probability = {0.51: 0, 0.49: 1, 0.11: 1, 0.09: 2, 0.011: 2, 0.009: 3, 0.0009: 4}
    assert {p: token("a", p, 1 - p).probability_class for p in by_probability} == by_probability
    assert histogram([0, 4, 4, 1]) == (1, 1, 0, 0, 2)


@pytest.mark.parametrize(
    ("probabilities", "undecided"),
    [
        ((0.4, 0.35, 0.25), True),
        ((0.4, 0.21, 0.39), True),
        ((0.62, 0.3, 0.08), False),  # the first is far ahead
        ((0.09,) * 11 + (0.01,), False),  # nothing is likely
        ((1.0,), False),
    ],
)
def test_a_fork_is_where_a_second_choice_was_about_as_likely(
    probabilities: tuple[float, ...], undecided: bool
) -> None:
    assert token("a", *probabilities).is_fork == undecided


def test_surprises_and_cliches() -> None:
    assert token("a", 0.9991, 0.0009, rank=2).is_surprising
    assert not token("a", 0.99, 0.01, rank=2).is_surprising
    assert token(" night", 0.6, 0.4).is_cliche
    assert not token("house", 0.9, 0.1).is_cliche, "the rest of a word"
    assert not token(" ", 0.9, 0.1).is_cliche
    assert not token(" night", 0.4, 0.6).is_cliche


@pytest.mark.parametrize("place", [0, 1, 17, 39])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_branch_of_a_continuation_is_labeled_as_what_it_is(
    starter: LoadedModel, place: int, rank: int
) -> None:
    model = starter
    continuation = one_continuation(model, Sampling(1, 3))
    subject = continuation_subject(model, continuation)
    whole = whole_text(continuation)
    analysis = list(inspect(model, subject))[place].analysis
    picked = analysis.alternatives[rank - 1].token_id
    branch = take_branch(model, subject, whole, place, analysis, picked, stays_from=len(whole.text))
    assert branch.rest.text == ""
    ids = (*continuation.prompt_ids, *continuation.ids[:place], picked)
    assert branch.prompt_ids == ids[-model.window :]
    assert branch.text.text.encode() == model.tokenizer.decode(ids)

    prompt_end = len(PROMPT)
    assert branch.text.spans[0].end == prompt_end
    assert all(span.origin is not Origin.HUMAN for span in branch.text.spans[1:])
    choice = branch.text.spans[-1]
    assert choice.origin is (Origin.MACHINE if rank == 1 else Origin.EDITED)
    assert choice.continuation is not None
    assert replayed(model, choice.continuation) == choice.continuation.ids

    request = Request(
        branch.text.text, Settings(Sampling(1, 3), 12, seed=3), (0,), branch.prompt_ids
    )
    further = written(model, request)
    assert further.prompt_ids == branch.prompt_ids
    made = make_sample(branch.text, further)
    assert read_record(dict(made.record)).spans
    assert replayed(model, further) == further.ids


def test_a_branch_of_a_text_from_nothing_goes_on_from_where_that_began(
    starter: LoadedModel,
) -> None:
    continuation = one_continuation(starter, Sampling(1, 3), prompt="")
    subject = continuation_subject(starter, continuation)
    analysis = list(inspect(starter, subject))[5].analysis
    picked = analysis.alternatives[1].token_id
    whole = whole_text(continuation)
    branch = take_branch(starter, subject, whole, 5, analysis, picked, stays_from=len(whole.text))
    written_ids = (*continuation.ids[:5], picked)
    assert branch.prompt_ids == (starter.tokenizer.end_of_text, *written_ids)
    assert branch.text.text.encode() == starter.tokenizer.decode(written_ids)


def test_what_reaches_into_a_stop_text_is_not_looked_at(starter: LoadedModel) -> None:
    free = one_continuation(starter, Sampling(1, 3))
    stop = free.text[12:20]
    settings = Settings(Sampling(1, 3), 40, seed=7, stop=(stop,), keep_going=True)
    stopped = written(starter, Request(PROMPT, settings, (0,)))
    assert stopped.stop_reason is StopReason.STOP_TEXT
    subject = continuation_subject(starter, stopped)
    shown = starter.tokenizer.decode(subject.shown)
    assert stopped.written.startswith(shown)
    assert len(subject.shown) < len(stopped.ids)
    place = len(subject.shown) - 1
    analysis = list(inspect(starter, subject))[place].analysis
    picked = analysis.alternatives[0].token_id
    branch = take_branch(
        starter, subject, whole_text(stopped), place, analysis, picked, stays_from=0
    )
    assert branch.text.spans[-1].end == len(branch.text.text)


def test_a_continuation_of_no_token_has_nothing_inside(loaded_model: LoadedModel) -> None:
    continuation = replace(
        one_continuation(loaded_model, Sampling(), 1),
        ids=(),
        written=b"",
        stop_reason=StopReason.END_OF_TEXT,
    )
    subject = continuation_subject(loaded_model, continuation)
    assert list(inspect(loaded_model, subject)) == []


def test_a_branch_of_loose_bytes_is_labeled_or_refused(loaded_model: LoadedModel) -> None:
    continuation = one_continuation(loaded_model, Sampling(2, 0))
    subject = continuation_subject(loaded_model, continuation)
    whole = whole_text(continuation)
    taken = 0
    for place, each in enumerate(inspect(loaded_model, subject)):
        for other in each.analysis.alternatives[:4]:
            try:
                branch = take_branch(
                    loaded_model,
                    subject,
                    whole,
                    place,
                    each.analysis,
                    other.token_id,
                    stays_from=len(whole.text),
                )
            except PromptError:
                continue
            taken += 1
            assert {span.origin for span in branch.text.spans[1:]} <= {
                Origin.MACHINE,
                Origin.EDITED,
            }
            assert branch.prompt_ids[-1] == other.token_id
    assert taken > 20


def replayed(model: LoadedModel, continuation: Continuation) -> tuple[int, ...]:
    """The tokens again, from what a label holds alone."""
    request = Request("", continuation.settings, (continuation.lane,), continuation.prompt_ids)
    return written(model, request).ids


def test_a_branch_of_a_draft_keeps_its_authors(loaded_model: LoadedModel) -> None:
    draft = AuthoredText.human("The keeper saw the boat.")
    subject = draft_subject(loaded_model, draft.text)
    tokens = list(inspect(loaded_model, subject))
    place = 4
    picked = loaded_model.tokenizer.encode("Q")[0]
    branch = take_branch(
        loaded_model, subject, draft, place, tokens[place].analysis, picked, stays_from=0
    )
    before = "".join(each.text for each in tokens[:place])
    assert branch.text.text == before + "Q"
    assert [span.origin for span in branch.text.spans] == [Origin.HUMAN, Origin.EDITED]
    assert branch.prompt_ids == (*subject.shown[:place], picked)


def test_behind_a_branch_of_a_draft_the_next_words_stay(starter: LoadedModel) -> None:
    text = "The lighthousekeeperish man saw the boat, and rowed."
    draft = AuthoredText.human(text)
    subject = draft_subject(starter, text)
    tokens = list(inspect(starter, subject))
    place = next(n for n, token in enumerate(tokens) if token.text.startswith(" l"))
    assert len(starter.tokenizer.encode(" lighthousekeeperish")) > 1, "a word of several tokens"
    (picked,) = starter.tokenizer.encode(" old")
    branch = take_branch(
        starter, subject, draft, place, tokens[place].analysis, picked, stays_from=0
    )
    assert branch.text.text + branch.rest.text == "The old man saw the boat, and rowed."
    assert [span.origin for span in branch.rest.spans] == [Origin.HUMAN]


def test_behind_a_branch_of_a_continuation_the_draft_stays_and_no_more(
    starter: LoadedModel,
) -> None:
    continuation = one_continuation(starter, Sampling(1, 3))
    subject = continuation_subject(starter, continuation)
    written = whole_text(continuation)
    end = len(written.text)
    whole = written.replaced(end, end, AuthoredText.human(" The end."))
    analysis = list(inspect(starter, subject))[5].analysis
    picked = analysis.alternatives[1].token_id
    branch = take_branch(starter, subject, whole, 5, analysis, picked, stays_from=end)
    assert branch.rest == AuthoredText.human(" The end.")


def test_a_branch_of_a_long_draft_begins_with_all_of_it(loaded_model: LoadedModel) -> None:
    text = "é! " * MOST_TOKENS
    draft = AuthoredText.human(text)
    subject = draft_subject(loaded_model, text)
    analysis = next(inspect(loaded_model, subject)).analysis
    picked = loaded_model.tokenizer.encode("Q")[0]
    branch = take_branch(loaded_model, subject, draft, 0, analysis, picked, stays_from=0)
    assert text.startswith(branch.text.text[:-1])
    assert branch.text.text.endswith("Q")
    assert len(branch.prompt_ids) == loaded_model.window // 2


def test_a_character_can_be_completed_but_not_begun(loaded_model: LoadedModel) -> None:
    model = loaded_model
    first, second = model.tokenizer.encode("é")
    subject = Subject((model.tokenizer.end_of_text, first, second), 1, 1, b"", ())
    tokens = list(inspect(model, subject))
    assert [each.text for each in tokens] == ["", "é"]
    draft = AuthoredText.human("é")
    analysis = tokens[1].analysis
    assert take_branch(model, subject, draft, 1, analysis, second, stays_from=0).text.text == "é"
    for wrong in (first, model.tokenizer.end_of_text):
        with pytest.raises(PromptError, match="pick another"):
            take_branch(model, subject, draft, 1, analysis, wrong, stays_from=0)
