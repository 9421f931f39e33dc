"""Command line of the training run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from .checkpoint import BEFORE_DECAY, LATEST, State, load_state, write_checkpoint
from .corpus import CorpusError
from .data import blocks_by_source, prepare
from .loop import FINAL_ROWS, Machine, Run
from .progress import Progress
from .recipe import Recipe
from .schedule import ScheduleError

SHAPE_OPTIONS = {
    "layers": "blocks of the network",
    "width": "width of the network, a multiple of 64",
    "vocabulary": "tokens of the byte-level BPE",
    "blocks_per_step": "rows of one full window in each step",
}
"""The recipe's numbers that fit a run to a machine, and their help."""


class OptionError(Exception):
    """Options that contradict each other or the saved run."""


def parser() -> argparse.ArgumentParser:
    """The options, whose defaults are the recipe's."""
    recipe = Recipe()
    result = argparse.ArgumentParser(
        prog="python -m export.training",
        description="Train a small model of GPT-2's architecture from scratch. "
        "A run that was stopped goes on where it was when the same command is given again.",
    )
    result.add_argument(
        "corpus",
        type=Path,
        help="folder with MANIFEST.jsonl and, as NAME.txt.xz, "
        + ", ".join(source.name for source in recipe.sources),
    )
    result.add_argument(
        "--out",
        type=Path,
        default=Path("build/training"),
        help="folder for token caches, training states, log.jsonl and the finished checkpoint/ "
        "(default: %(default)s)",
    )
    result.add_argument(
        "--tokens",
        type=int,
        help=f"tokens to train on in all (default: {recipe.tokens:,}, or what a resumed run was "
        "given). May be changed on resuming; the learning rate's decay "
        f"covers the last {100 * recipe.decay_share:.0f} %% of the tokens",
    )
    for name, meaning in SHAPE_OPTIONS.items():
        result.add_argument(
            f"--{name.replace('_', '-')}",
            type=int,
            help=f"{meaning} (default: {getattr(recipe, name)}, fixed once a run has begun)",
        )
    result.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="auto takes CUDA where there is one (default: %(default)s)",
    )
    result.add_argument(
        "--no-compile",
        action="store_true",
        help="run the network as it is; compiling takes a minute and a C++ compiler, "
        "and saves about a sixth of the time",
    )
    result.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    result.add_argument(
        "--rewind",
        action="store_true",
        help="go back to the state from before the decay, to train much longer than was planned; "
        "given once, with the new --tokens",
    )
    result.add_argument(
        "--finish-now",
        action="store_true",
        help="write checkpoint/ from the latest training state, without training",
    )
    return result


def _recipe(options: argparse.Namespace, saved: State | None) -> Recipe:
    """The recipe of the options; a saved run keeps its own, except for a new total."""
    given = {
        name: getattr(options, name)
        for name in ("tokens", *SHAPE_OPTIONS)
        if getattr(options, name) is not None
    }
    if saved is not None:
        for name in given.keys() - {"tokens"}:
            value = getattr(saved.recipe, name)
            if given[name] != value:
                raise OptionError(f"the run in {options.out} has {value} {name}")
    try:
        return replace(saved.recipe if saved else Recipe(), **given)
    except ValueError as error:
        raise OptionError(str(error)) from None


def _figures(run: Run, corpus_facts: dict[str, Any], device: str) -> dict[str, Any]:
    """What ``training.json`` tells of the run."""
    return {
        "tokens": run.tokens,
        "steps": run.step,
        "seconds": round(run.seconds),
        "device": device,
        "parameters": sum(parameter.numel() for parameter in run.network.parameters()),
        "held_out_bits_per_byte": run.measure(FINAL_ROWS),
        "held_out_method": f"{FINAL_ROWS} rows of {run.recipe.window} tokens, shared out as the "
        "mixture, at even distances in works that were never trained on; each row predicted from "
        "its own start; 'mixture' weighs the sources by their shares",
        "blocks_per_step": blocks_by_source(run.recipe),
        "schedule": asdict(run.schedule),
        "recipe": asdict(run.recipe),
        "corpus": corpus_facts,
    }


def _saved_state(options: argparse.Namespace) -> State | None:
    """The state that the run goes on from, if any."""
    path = options.out / (BEFORE_DECAY if options.rewind else LATEST)
    if path.exists():
        return load_state(path)
    if options.rewind or options.finish_now:
        raise OptionError(f"{path} does not exist")
    return None


def _run(options: argparse.Namespace, progress: Progress) -> None:
    """Do what the options say."""
    device = options.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    saved = _saved_state(options)
    recipe = _recipe(options, saved)
    prepared = prepare(options.corpus, out, recipe, progress.say)
    run = Run(prepared, recipe, out, Machine(device, compiled=not options.no_compile))
    if saved is not None:
        run.resume(saved)
        progress.say(f"resumed after {run.tokens:,} tokens")
    if options.rewind:
        run.save(LATEST)
    if not options.finish_now and not run.train(progress):
        progress.say(f"stopped after {run.tokens:,} tokens; the same command goes on")
        return
    progress.say("measuring on held-out works")
    figures = _figures(run, prepared.facts, device)
    folder = out / "checkpoint"
    write_checkpoint(folder, run.network, prepared.tokenizer, run.recipe, figures)
    progress.say(f"{folder}: {figures['held_out_bits_per_byte']} bits per byte")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, or go on training, and write the checkpoint folder; the exit status."""
    options = parser().parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    console = Console()
    try:
        with Progress(console) as progress:
            _run(options, progress)
    except (CorpusError, OptionError, ScheduleError) as error:
        console.print(str(error), markup=False, highlight=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
