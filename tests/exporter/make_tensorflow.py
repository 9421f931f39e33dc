"""Makes `tensorflow-checkpoint/`: a random GPT-2 in the files that TensorFlow itself writes.

Run once, by hand, where TensorFlow is installed (beside numpy, safetensors and tokenizers), from
the root of the repository:

    PYTHONPATH=. python tests/exporter/make_tensorflow.py

Names and shapes are those of OpenAI's `src/model.py`. The weights are those that random_tensors
gives for the shape and the seed below, so tests can compare each value. The graph of the session
(`model.ckpt.meta`) is not kept: nothing reads it. Last made with TensorFlow 2.21.0.
"""

import json
from pathlib import Path

import numpy as np

from tests.exporter.checkpoints import Array, Shape, random_tensors

TENSORFLOW_FOLDER = Path(__file__).parent / "tensorflow-checkpoint"
# Small, so that the files stay small.
TENSORFLOW_SHAPE = Shape(layers=2, heads=2, width=16, window=16)
TENSORFLOW_SEED = 1558

_LETTERS = {"ln": {"weight": "g", "bias": "b"}, "c": {"weight": "w", "bias": "b"}}


def variables(tensors: dict[str, Array]) -> dict[str, Array]:
    """The tensors as OpenAI's program names and shapes them."""
    found = {}
    for name, tensor in tensors.items():
        *path, kind = name.split(".")
        if path[0] == "h":
            path = [f"h{path[1]}", *path[2:]]
        if path[0] not in ("wte", "wpe"):
            path.append(_LETTERS[path[-1].partition("_")[0]][kind])
        found["/".join(["model", *path])] = tensor[np.newaxis] if path[-1] == "w" else tensor
    return found


def hparams(shape: Shape) -> str:
    """`hparams.json` as OpenAI published it."""
    fields = {
        "n_vocab": shape.vocabulary,
        "n_ctx": shape.window,
        "n_embd": shape.width,
        "n_head": shape.heads,
        "n_layer": shape.layers,
    }
    return json.dumps(fields, indent=2) + "\n"


def main() -> None:
    import tensorflow

    tf = tensorflow.compat.v1
    TENSORFLOW_FOLDER.mkdir(exist_ok=True)
    (TENSORFLOW_FOLDER / "hparams.json").write_text(hparams(TENSORFLOW_SHAPE), encoding="utf-8")
    with tf.Graph().as_default(), tf.Session() as session:
        for name, value in variables(random_tensors(TENSORFLOW_SHAPE, TENSORFLOW_SEED)).items():
            tf.get_variable(name, initializer=value)
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(save_relative_paths=True)
        saver.save(session, str(TENSORFLOW_FOLDER / "model.ckpt"), write_meta_graph=False)


if __name__ == "__main__":
    main()
