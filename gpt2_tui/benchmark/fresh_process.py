"""How long a process of its own takes until a model is ready, and what memory it then needs."""

import time
from dataclasses import dataclass

from gpt2_tui.benchmark.child import Child, listen, python_module, say
from gpt2_tui.benchmark.process_memory import held
from gpt2_tui.benchmark.runs import fill_window
from gpt2_tui.engine.runtime import Device
from gpt2_tui.errors import UserError
from gpt2_tui.loading import load_model

_MODULE = "gpt2_tui.benchmark.fresh_process"


@dataclass(frozen=True)
class Start:
    """One start of a process. Bytes are None where the system does not tell."""

    ready_seconds: float
    after_load_bytes: int | None
    peak_bytes: int | None


def measure_start(reference: str | None, device: Device, threads: int | None, lanes: int) -> Start:
    """Load a model in a new process, then fill its window with `lanes` lanes.

    Raises BenchmarkError.
    """
    question = {"model": reference, "device": device.value, "threads": threads}
    began = time.perf_counter()
    with Child(python_module(_MODULE)) as child:
        loaded = child.ask(question)
        ready = time.perf_counter() - began
        filled = child.ask({"lanes": lanes})
    return Start(ready, loaded["after_load_bytes"], filled["peak_bytes"])


def _serve() -> None:
    """What the process does: load a model, then fill its window, as it is asked."""
    question = listen()
    model = load_model(question["model"], Device(question["device"]), question["threads"])
    say({"after_load_bytes": held().now})
    fill_window(model.session, listen()["lanes"])
    say({"peak_bytes": held().most})


if __name__ == "__main__":
    try:
        _serve()
    except (UserError, MemoryError) as error:
        say({"error": str(error) or "the memory is too small"})
