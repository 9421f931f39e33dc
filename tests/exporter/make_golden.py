"""Makes `golden/transformers.npz`: what transformers says about a seeded random checkpoint.

Run once, by hand, where torch and transformers are installed, from the root of the repository:

    PYTHONPATH=. python tests/exporter/make_golden.py

The checkpoint is not stored: tests make it again from its seed, and `weights_sha256` tells if
they got another one. The file holds ids [S], log-probabilities [S, V] in nats, and the versions.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.exporter.checkpoints import SMALL, random_tensors, write_checkpoint

GOLDEN_FILE = Path(__file__).parent / "golden" / "transformers.npz"
GOLDEN_SHAPE, GOLDEN_SEED, GOLDEN_LENGTH = SMALL, 20190214, 40


def weights_sha256() -> str:
    """The digest of all weights of the golden checkpoint, in the order of their names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(random_tensors(GOLDEN_SHAPE, GOLDEN_SEED).items()):
        digest.update(name.encode() + tensor.astype("<f4").tobytes())
    return digest.hexdigest()


def main() -> None:
    import torch
    import transformers

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = write_checkpoint(Path(folder) / "checkpoint", GOLDEN_SHAPE, GOLDEN_SEED)
        model = transformers.GPT2LMHeadModel.from_pretrained(checkpoint).eval()
    draw = np.random.default_rng(GOLDEN_SEED)
    ids = draw.integers(0, GOLDEN_SHAPE.vocabulary, GOLDEN_LENGTH, dtype=np.int64)
    with torch.no_grad():
        logs = model(torch.tensor(ids[None])).logits[0].double().log_softmax(-1)
    GOLDEN_FILE.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        GOLDEN_FILE,
        ids=ids,
        log_probabilities=logs.numpy().astype(np.float32),
        weights_sha256=weights_sha256(),
        made_with=f"torch {torch.__version__}, transformers {transformers.__version__}",
    )
    sys.stderr.write(f"wrote {GOLDEN_FILE}\n")


if __name__ == "__main__":
    main()
