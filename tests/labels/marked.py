"""Texts of the bundled model with and without the watermark, written once."""

from functools import cache

from gpt2_tui.continuations import Continuation, Finished, Request, write
from gpt2_tui.engine.runtime import Device
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.settings import Sampling, Settings

PROMPT = "The lighthouse keeper"


@cache
def starter() -> LoadedModel:
    return load_model(None, Device.CPU)


@cache
def written(*, watermark: bool, length: int = 120, lane: int = 2) -> Continuation:
    settings = Settings(Sampling(watermark=watermark), length=length, seed=7, keep_going=True)
    events = write(starter(), Request(PROMPT, settings, (lane,)))
    return next(event.continuation for event in events if isinstance(event, Finished))
