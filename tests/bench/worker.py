"""One backend in a process of its own: `python -m tests.bench.worker KIND FOLDER THREADS`.

It answers JSON lines. Only the backend that runs here is imported, so it runs in its own
environment.
"""

import sys

from gpt2_tui.benchmark.child import Message, listen, say
from gpt2_tui.benchmark.process_memory import held
from tests.bench.backends.backend import Backend


def open_backend(kind: str, folder: str, threads: int) -> Backend:
    """The backend of that kind with the model in `folder`."""
    if kind == "ours":
        from tests.bench.backends.ours import Ours

        return Ours(folder, threads)
    if kind == "ctranslate2":
        from tests.bench.backends.ctranslate import CTranslate

        return CTranslate(folder, threads)
    if kind == "optimum":
        from tests.bench.backends.optimum_onnx import Optimum

        return Optimum(folder, threads)

    import torch

    from tests.bench.backends.torch_transformers import Transformers

    dtypes = {"transformers-fp32": torch.float32, "transformers-bf16": torch.bfloat16}
    return Transformers(folder, threads, dtypes[kind])


def main(kind: str, folder: str, threads: str) -> None:
    """Load, say so once a token was computed, then answer."""
    backend = open_backend(kind, folder, int(threads))
    backend.prefill([0])
    say({"versions": backend.versions, "after_load_bytes": held().now})
    while True:
        say(_answer(backend, listen()))


def _answer(backend: Backend, question: Message) -> Message:
    ids = question["ids"]
    if question["run"] == "prefill":
        seconds = [backend.prefill(ids)]
    else:
        seconds = backend.decode(ids, question["lanes"], question["steps"])
    return {"seconds": seconds, "peak_bytes": held().most}


if __name__ == "__main__":
    main(*sys.argv[1:])
