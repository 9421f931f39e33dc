"""Samples that a real model wrote under random settings, and replaying them."""

from collections.abc import Callable, Iterator
from random import Random

from gpt2_tui.continuations import Continuation, Finished, Request, write
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record import Sample, make_sample
from gpt2_tui.labels.replay import Replayed, replay
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import Sampling, Settings, TopPRule

_WORDS = ["the", "sea", "Yes.", "", "and", "<|endoftext|>", "of\n", "a", "thing", "é", "😀", "here"]


def written(
    model: LoadedModel,
    prompt: str,
    settings: Settings,
    lanes: tuple[int, ...] = (0,),
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Continuation]:
    """What the model writes, by lane."""
    events = write(model, Request(prompt, settings, lanes), should_stop)
    made = [event.continuation for event in events if isinstance(event, Finished)]
    return sorted(made, key=lambda each: each.lane)


def samples(
    model: LoadedModel,
    prompt: str,
    settings: Settings,
    lanes: tuple[int, ...] = (0,),
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Sample]:
    made = written(model, prompt, settings, lanes, should_stop)
    return [make_sample(AuthoredText.human(prompt), each) for each in made]


def random_samples(model: LoadedModel, seed: int) -> Iterator[Sample]:
    """One to four lanes of one prompt, under settings of every kind; without end."""
    random = Random(seed)  # noqa: S311
    while True:
        prompt = " ".join(random.choices(_WORDS, k=random.choice((0, 1, 5, 20, 60))))
        sampling = Sampling(
            random.choice((0, 0.3, 0.8, 1, 3)),
            random.choice((0, 1, 5, 40)),
            random.choice((1, 0.9, 0.5)),
            random.choice(list(TopPRule)),
        )
        if random.random() < 0.6:
            # So hot that <|endoftext|> and stop texts come.
            sampling = Sampling(10, 0)
        settings = Settings(
            sampling,
            length=random.choice((1, 7, 40, 150)),
            seed=random.choice((random.randrange(1000), random.randrange(2**53))),
            stop=tuple(
                random.sample(["e", "th", "\n", "sea a", " ", "o"], random.choice((0, 0, 1, 4)))
            ),
            keep_going=random.random() < 0.5,
            special=random.random() < 0.5,
            finish_sentence=random.choice((0, 0, 300)),
            loop_alarm=random.random() < 0.5,
        )
        lanes = tuple(sorted(random.sample(range(50), random.choice((1, 2, 4)))))
        yield from samples(
            model, prompt, settings, lanes, after(random.choice((20, 10_000, 10_000)))
        )


def after(calls: int) -> Callable[[], bool]:
    """Says yes from the call after so many on: somebody stops the writing."""
    left = iter(range(calls))
    return lambda: next(left, None) is None


def replayed(sample: Sample, model: LoadedModel, file_format: Format = Format.TEXT) -> Replayed:
    """What replay says of the file of a sample."""
    (found,) = read_labels(render(sample, file_format)).samples
    return replay(found, lambda _: model)
