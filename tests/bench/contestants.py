"""The same weights in the form that each backend wants."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from safetensors.numpy import save_file

from gpt2_tui.models.manifest import read_manifest
from tests.exporter.checkpoints import Shape, random_tensors, write_config

GPT2_SMALL = Shape(layers=12, heads=12, width=768, window=1024, vocabulary=50257)
_TOKENIZER = Path(__file__).parent.parent / "exporter" / "gpt2-tokenizer"

VARIABLES = {
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "ORT_DISABLE_TELEMETRY": "1",
}
"""No backend may ask the hub, or start threads that it was not told to."""

_EXPORT_OPTIMUM = """
import sys
from optimum.onnxruntime import ORTModelForCausalLM
model = ORTModelForCausalLM.from_pretrained(sys.argv[1], export=True, use_cache=True)
model.save_pretrained(sys.argv[2])
"""


@dataclass(frozen=True)
class Contestant:
    """A backend with its model: how it is called, and what runs it. `python` is its environment's
    interpreter, `kind` one of the worker's."""

    name: str
    kind: str
    folder: Path
    python: str


def write_random_checkpoint(folder: Path) -> None:
    """A checkpoint of GPT-2 small's shape; speed does not depend on what the weights are."""
    folder.mkdir(parents=True)
    write_config(folder, GPT2_SMALL)
    shutil.copy(_TOKENIZER / "encoder.json", folder / "vocab.json")
    shutil.copy(_TOKENIZER / "vocab.bpe", folder / "merges.txt")
    # transformers wants to be told what wrote the tensors.
    save_file(random_tensors(GPT2_SMALL), folder / "model.safetensors", metadata={"format": "pt"})


def our_contestants(checkpoint: Path, folder: Path) -> list[Contestant]:
    """The model as `gpt2-tui export` makes it by default, first, and in fp32 if that is another."""
    default = folder / "default"
    _export(checkpoint, default)
    precision = read_manifest(default).graphs[0].precision
    ours = [Contestant(f"gpt2-tui {precision}", "ours", default, sys.executable)]
    for other in ("int8", "fp32"):
        if other != precision:
            _export(checkpoint, folder / other, "--precision", other)
            ours.append(Contestant(f"gpt2-tui {other}", "ours", folder / other, sys.executable))
    return ours


def peers(checkpoint: Path, folder: Path, python: Path) -> list[Contestant]:
    """The others, whose packages are in the environment of `python`."""
    ctranslate2, optimum = folder / "ctranslate2", folder / "optimum"
    _run(
        str(python.parent / "ct2-transformers-converter"),
        *("--model", str(checkpoint), "--output_dir", str(ctranslate2), "--quantization", "int8"),
    )
    _run(str(python), "-c", _EXPORT_OPTIMUM, str(checkpoint), str(optimum))
    return [
        Contestant("CTranslate2 int8", "ctranslate2", ctranslate2, str(python)),
        Contestant("transformers fp32", "transformers-fp32", checkpoint, str(python)),
        Contestant("transformers bf16", "transformers-bf16", checkpoint, str(python)),
        Contestant("Optimum fp32", "optimum", optimum, str(python)),
    ]


def _export(checkpoint: Path, out: Path, *more: str) -> None:
    _run(sys.executable, "-m", "gpt2_tui", "export", str(checkpoint), str(out), *more)


def _run(*command: str) -> None:
    """Run a command; what it says goes to standard error."""
    subprocess.run(command, check=True, stdout=sys.stderr.fileno(), env={**os.environ, **VARIABLES})
