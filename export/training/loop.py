"""The training loop: steps, checkpoints and measurements on held-out text."""

from __future__ import annotations

import json
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import schedule as schedules
from .checkpoint import BEFORE_DECAY, LATEST, State, save_state
from .data import Batches, Prepared, held_out_rows
from .network import Network, build, token_losses
from .optimizer import Optimizers
from .progress import Progress
from .recipe import Recipe
from .vocabulary import byte_lengths, end_of_text

SAVE_EVERY_SECONDS = 180
LOG_EVERY_STEPS = 10
MEASURE_EVERY_STEPS = 150
QUICK_ROWS = 48
FINAL_ROWS = 600
MEASURE_BATCH = 12


@dataclass(frozen=True)
class Machine:
    """Where the network runs, and whether its loss is compiled first."""

    device: str
    compiled: bool

    def autocast(self) -> torch.autocast:
        """Matrix products in bf16; weights, norms and losses stay fp32."""
        return torch.autocast(self.device, torch.bfloat16)


class Run:
    """A network in training, with all that is needed to go on from any step."""

    def __init__(self, prepared: Prepared, recipe: Recipe, out: Path, machine: Machine) -> None:
        self.recipe = recipe
        self.schedule = schedules.plan(recipe)
        self.step = 0
        self.seconds = 0.0
        self.network: Network = build(recipe).to(machine.device)
        self._prepared = prepared
        self._out = out
        self._machine = machine
        self._optimizers = Optimizers(self.network, recipe)
        self._batches = Batches(prepared.training, recipe, end_of_text(prepared.tokenizer))
        self._losses: Callable[..., Tensor] = token_losses
        if machine.compiled:
            self._losses = torch.compile(token_losses, dynamic=False)

    @property
    def tokens(self) -> int:
        """Tokens trained on so far."""
        return self.step * self.recipe.tokens_per_step

    def resume(self, state: State) -> None:
        """Take up a saved state; its schedule is kept, or replanned for a new total."""
        self.step, self.seconds = state.step, state.seconds
        self.schedule = schedules.replan(state.schedule, self.recipe, self.tokens)
        self.network.load_state_dict(state.network)
        self._optimizers.load_state_dict(state.optimizers)

    def save(self, name: str) -> None:
        """Write the state to resume from."""
        state = State(
            step=self.step,
            seconds=self.seconds,
            schedule=self.schedule,
            recipe=self.recipe,
            network=self.network.state_dict(),
            optimizers=self._optimizers.state_dict(),
        )
        save_state(state, self._out / name)

    def train(self, progress: Progress) -> bool:
        """Train to the schedule's end; False where a signal stopped the run before."""
        saved = time.monotonic()
        started = saved - self.seconds
        with _stop_signals() as stopped:
            while self.tokens < self.schedule.total:
                after_step = self.tokens + self.recipe.tokens_per_step
                if self.tokens <= self.schedule.decay_from < after_step:
                    self.save(BEFORE_DECAY)
                loss = self._one_step()
                self.seconds = time.monotonic() - started
                progress.update(self.tokens, self.schedule.total, loss)
                self._log(loss)
                if stopped() or time.monotonic() - saved > SAVE_EVERY_SECONDS:
                    self.save(LATEST)
                    saved = time.monotonic()
                if stopped():
                    return False
        self.save(LATEST)
        return True

    def _one_step(self) -> float:
        """One update of the weights; the loss before it, in nats per token."""
        window = schedules.window(self.step, self.schedule, self.recipe)
        rows = torch.from_numpy(self._batches.rows(self.step, window)).to(self._machine.device)
        with self._machine.autocast():
            loss = self._losses(self.network, rows).mean()
        loss.backward()
        self._optimizers.step(self.schedule.rate(self.tokens))
        self.step += 1
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError(f"the loss is {value} at step {self.step}")
        return value

    def _log(self, loss: float) -> None:
        """Append a line to the log every few steps, now and then with held-out figures."""
        if self.step % LOG_EVERY_STEPS:
            return
        row: dict[str, Any] = {
            "step": self.step,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 1),
            "rate": round(self.schedule.rate(self.tokens), 4),
            "loss": round(loss, 4),
        }
        if self.step % MEASURE_EVERY_STEPS == 0:
            row["bits_per_byte"] = self.measure(QUICK_ROWS)
        with (self._out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def measure(self, count: int) -> dict[str, float]:
        """Bits per byte on held-out works: by source, and together by the mixture's shares.

        ``count`` rows of the full window in all, each predicted from its own start, so early
        positions have little context. ``<|endoftext|>`` costs bits and stands for no bytes.
        """
        lengths = byte_lengths(self._prepared.tokenizer)
        result: dict[str, float] = {}
        for source, ids in zip(self.recipe.sources, self._prepared.held_out, strict=True):
            rows = held_out_rows(ids, round(count * source.share), self.recipe.window)
            nats = 0.0
            for part in np.array_split(rows, math.ceil(len(rows) / MEASURE_BATCH)):
                with torch.no_grad(), self._machine.autocast():
                    batch = torch.from_numpy(part).to(self._machine.device)
                    nats += float(token_losses(self.network, batch).sum())
            result[source.name] = nats / math.log(2) / int(lengths[rows[:, 1:]].sum())
        shares = sum(source.share for source in self.recipe.sources)
        together = sum(result[source.name] * source.share for source in self.recipe.sources)
        return {
            name: round(value, 4)
            for name, value in {"mixture": together / shares, **result}.items()
        }


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Turn SIGINT and SIGTERM into a question asked between two steps."""
    received: list[int] = []
    wanted = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda n, _: received.append(n)) for number in wanted]
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)
