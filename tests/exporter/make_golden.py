"""Makes `golden/*.npz`: what transformers says about seeded random checkpoints.

Run once, by hand, where torch and transformers are installed, from the root of the repository:

    PYTHONPATH=. python tests/exporter/make_golden.py

The checkpoints are not stored: tests make them again from their seeds, and `weights_sha256` tells
if they got others. A file holds ids [S], log-probabilities [S, C] in nats of the tokens `columns`
[C], the entropy [S] of the next token in bits, and the versions.
"""

import hashlib
import math
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.exporter.checkpoints import SMALL, Shape, random_tensors, write_checkpoint
from tests.exporter.make_golden_ids import GPT2_FILES
from tests.exporter.plain_bpe import PlainTokenizer

Ids = NDArray[np.int64]

ENGLISH = """\
The lamp had been lit since four o'clock, for the fog lay so thick upon the harbour that nobody
could tell the water from the sky. "We'll wait," said the pilot, and he sat down on a coil of rope.

At 6:30 the first bell rang; nobody answered. There were eleven of us, two dogs, and a parrot that
knew the names of all the ports between Lisbon and the North Cape -- it didn't know any other words.
I've often thought about that morning, about the smell of tar & coffee, and about the letter (not
yet opened) that I carried in my coat. If I had read it then, would I have gone ashore?
"""


@dataclass(frozen=True)
class Golden:
    """A random checkpoint and what it is asked. `columns` are the tokens that are kept."""

    file: Path
    shape: Shape
    seed: int
    ids: Callable[[], Ids]
    columns: Ids

    def weights_sha256(self) -> str:
        """The digest of all weights, in the order of their names."""
        digest = hashlib.sha256()
        for name, tensor in sorted(random_tensors(self.shape, self.seed).items()):
            digest.update(name.encode() + tensor.astype("<f4").tobytes())
        return digest.hexdigest()


def _random_ids() -> Ids:
    return np.random.default_rng(20190214).integers(0, SMALL.vocabulary, 40, dtype=np.int64)


def _english_ids() -> Ids:
    tokenizer = PlainTokenizer(GPT2_FILES / "encoder.json", GPT2_FILES / "vocab.bpe")
    return np.array(tokenizer.encode(ENGLISH), np.int64)


_FOLDER = Path(__file__).parent / "golden"
_GPT2_VOCABULARY = 50257
GOLDEN = {
    "random ids": Golden(
        file=_FOLDER / "transformers.npz",
        shape=SMALL,
        seed=20190214,
        ids=_random_ids,
        columns=np.arange(SMALL.vocabulary),
    ),
    # GPT-2's own vocabulary, of which a sample of tokens is kept.
    "English": Golden(
        file=_FOLDER / "transformers-english.npz",
        shape=Shape(layers=3, heads=2, width=128, window=256, vocabulary=_GPT2_VOCABULARY),
        seed=20191105,
        ids=_english_ids,
        columns=np.arange(0, _GPT2_VOCABULARY, 509),
    ),
}


def main() -> None:
    for golden in GOLDEN.values():
        _make(golden)
        sys.stderr.write(f"wrote {golden.file}\n")


def _make(golden: Golden) -> None:
    import torch
    import transformers

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = write_checkpoint(Path(folder) / "checkpoint", golden.shape, golden.seed)
        model = transformers.GPT2LMHeadModel.from_pretrained(checkpoint).eval()
    ids = golden.ids()
    with torch.no_grad():
        logs = model(torch.tensor(ids[None])).logits[0].double().log_softmax(-1).numpy()
    golden.file.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        golden.file,
        ids=ids,
        columns=golden.columns,
        log_probabilities=logs[:, golden.columns].astype(np.float32),
        # The token that follows in the text is kept too.
        of_next=logs[np.arange(len(ids) - 1), ids[1:]].astype(np.float32),
        entropy=-(np.exp(logs) * logs).sum(axis=-1) / math.log(2),
        weights_sha256=golden.weights_sha256(),
        made_with=f"torch {torch.__version__}, transformers {transformers.__version__}",
    )


if __name__ == "__main__":
    main()
