"""The exported graph against the plain numpy forward pass."""

import math
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from export import reference
from tests.exporter.checkpoints import Array
from tests.exporter.conftest import Exported
from tests.exporter.plain_forward import Tensors, reference_logits, some_ids

# Log-probabilities in nats. Rounding gives about 1e-5 here.
TOLERANCE = 1e-4


def log_probabilities(logits: Array) -> NDArray[np.float64]:
    exact = logits.astype(np.float64)
    exact -= exact.max(axis=-1, keepdims=True)
    logs: NDArray[np.float64] = exact - np.log(np.exp(exact).sum(axis=-1, keepdims=True))
    return logs


def difference(found: Array, wanted: Array) -> float:
    """The largest difference of two sets of log-probabilities."""
    assert found.shape == wanted.shape
    return float(np.abs(log_probabilities(found) - log_probabilities(wanted)).max())


def test_random_weights_can_tell(exported: Exported) -> None:
    logs = log_probabilities(reference_logits(exported, some_ids(exported, 60), exported.tensors))
    entropy = -(np.exp(logs) * logs).sum(axis=-1) / math.log(2)
    assert entropy.mean() < 4
    for name, tensor in exported.tensors.items():
        assert tensor.std() > 0, name


def test_prefill(exported: Exported) -> None:
    ids = some_ids(exported, exported.shape.window)
    found = exported.start().feed([ids], keep=len(ids))[0]
    assert difference(found, reference_logits(exported, ids, exported.tensors)) < TOLERANCE


def test_step_by_step_with_the_cache_in_place(exported: Exported) -> None:
    ids = some_ids(exported, exported.shape.window)
    run = exported.start()
    steps = np.concatenate([run.feed([[token]], keep=1)[0] for token in ids])
    assert difference(steps, reference_logits(exported, ids, exported.tensors)) < TOLERANCE


def test_batch(exported: Exported) -> None:
    rows = some_ids(exported, 3, 20)
    run = exported.start(batch=3)
    found = np.concatenate([run.feed(rows[:, :12], keep=12), run.feed(rows[:, 12:13], keep=1)], 1)
    for row, ids in enumerate(rows):
        wanted = reference_logits(exported, ids[:13], exported.tensors)
        assert difference(found[row], wanted) < TOLERANCE


@pytest.mark.parametrize("keep", [1, 2, 11, 12])
def test_logits_to_keep_gives_the_last_positions(exported: Exported, keep: int) -> None:
    ids = some_ids(exported, 12)
    everything = exported.start().feed([ids], keep=12)
    np.testing.assert_array_equal(exported.start().feed([ids], keep=keep), everything[:, -keep:])


@pytest.mark.parametrize("keep", [0, 13, 1000])
def test_logits_to_keep_of_zero_or_too_many_gives_all(exported: Exported, keep: int) -> None:
    ids = some_ids(exported, 12)
    everything = exported.start().feed([ids], keep=12)
    np.testing.assert_array_equal(exported.start().feed([ids], keep=keep), everything)


# What follows proves that the comparison above can tell: each fault, put into the reference or
# its weights, must move the numbers by far more than rounding does.

_DETECTED = 10 * TOLERANCE


def _without(name: str) -> Callable[[Tensors], None]:
    def change(tensors: Tensors) -> None:
        tensors[name] = np.zeros_like(tensors[name])

    return change


def _transposed(name: str) -> Callable[[Tensors], None]:
    def change(tensors: Tensors) -> None:
        tensors[name] = tensors[name].T

    return change


def _swap_queries_and_keys(tensors: Tensors) -> None:
    for kind in ("weight", "bias"):
        q, k, v = np.split(tensors[f"h.1.attn.c_attn.{kind}"], 3, axis=-1)
        tensors[f"h.1.attn.c_attn.{kind}"] = np.concatenate([k, q, v], axis=-1)


@pytest.mark.parametrize(
    "change",
    [
        *(_without(f"h.1.{path}.bias") for path in ("ln_1", "ln_2", "attn.c_proj", "mlp.c_fc")),
        _without("h.0.attn.c_attn.bias"),
        _without("h.0.mlp.c_proj.bias"),
        _without("ln_f.bias"),
        _without("wpe.weight"),
        _transposed("h.1.attn.c_proj.weight"),
        _swap_queries_and_keys,
    ],
)
def test_wrong_weights_are_noticed(exported: Exported, change: Callable[[Tensors], None]) -> None:
    ids = some_ids(exported, 30)
    wrong = dict(exported.tensors)
    change(wrong)
    found = exported.start().feed([ids], keep=30)[0]
    assert difference(found, reference_logits(exported, ids, wrong)) > _DETECTED


def _erf_gelu(x: Array) -> Array:
    erf = np.vectorize(math.erf)
    result: Array = (x * (1 + erf(x / math.sqrt(2))) / 2).astype(np.float32)
    return result


def _no_mask(length: int) -> Array:
    return np.zeros((length, length), np.float32)


def _mask_of_itself(length: int) -> Array:
    """Hides a token from itself too, but for the first, which has nothing else."""
    mask = np.triu(np.full((length, length), -1e10, np.float32), k=0)
    mask[0, 0] = 0
    return mask


def _interleaved_heads(x: Array, heads: int) -> Array:
    return x.reshape(len(x), -1, heads).transpose(2, 0, 1)


@pytest.mark.parametrize(
    ("function", "wrong", "least"),
    [
        # The two forms of GELU differ by 5e-4 at most, so their effect is the smallest.
        ("gelu", _erf_gelu, 3 * TOLERANCE),
        ("causal_mask", _no_mask, _DETECTED),
        ("causal_mask", _mask_of_itself, _DETECTED),
        ("split_heads", _interleaved_heads, _DETECTED),
    ],
)
def test_wrong_functions_are_noticed(
    exported: Exported,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    wrong: Callable[..., Array],
    least: float,
) -> None:
    ids = some_ids(exported, 30)
    found = exported.start().feed([ids], keep=30)[0]
    monkeypatch.setattr(reference, function, wrong)
    assert difference(found, reference_logits(exported, ids, exported.tensors)) > least


@pytest.mark.parametrize("epsilon", [1e-6, 1e-4])
def test_a_wrong_epsilon_is_noticed(exported: Exported, epsilon: float) -> None:
    ids = some_ids(exported, 30)
    shape = exported.shape
    wrong = reference.forward(
        exported.tensors.__getitem__,
        ids,
        layers=shape.layers,
        heads=shape.heads,
        epsilon=epsilon,
    )
    assert difference(exported.start().feed([ids], keep=30)[0], wrong) > _DETECTED


def test_nodes_are_named_by_unique_paths(exported: Exported) -> None:
    model = onnx.load(exported.graph, load_external_data=False)
    names = [node.name for node in model.graph.node]
    assert len(set(names)) == len(names)
    assert "h.1/attn/c_attn/MatMul" in names
    assert "h.0/attn/GroupQueryAttention" in names
    assert all("/" in name and not name.startswith("/") for name in names)


def test_the_graph_is_valid_onnx(exported: Exported) -> None:
    # The checker reads the external file too; it passes over onnxruntime's own operators.
    onnx.checker.check_model(str(exported.graph), full_check=False)
