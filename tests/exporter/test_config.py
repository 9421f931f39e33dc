"""`config.json`: what is taken, and what is refused with which words."""

from pathlib import Path
from typing import Any

import pytest

from export.config import Config, parse_config, read_config
from gpt2_tui.errors import ModelError
from tests.exporter.checkpoints import TINY, config_fields

FIELDS = config_fields(TINY)


def test_the_shape_is_read() -> None:
    assert parse_config(FIELDS) == TINY.config


def test_defaults_are_those_of_gpt2() -> None:
    needed = ("model_type", "n_layer", "n_head", "n_embd", "n_positions", "vocab_size")
    assert parse_config({name: FIELDS[name] for name in needed}) == TINY.config


def test_accepted_variants() -> None:
    assert parse_config(FIELDS | {"activation_function": "gelu_pytorch_tanh"}) == TINY.config
    assert parse_config(FIELDS | {"n_inner": 4 * TINY.width}) == TINY.config
    older = {name: value for name, value in FIELDS.items() if name != "n_positions"}
    assert parse_config(older) == TINY.config
    assert parse_config(FIELDS | {"layer_norm_epsilon": 1e-6}).epsilon == 1e-6
    assert not parse_config(FIELDS | {"tie_word_embeddings": False}).tied_head


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_type": "llama"}, "model_type is 'llama'"),
        ({"model_type": None}, "model_type is None"),
        ({"activation_function": "gelu"}, "activation_function is 'gelu'"),
        ({"n_inner": 100}, "n_inner is 100"),
        ({"scale_attn_weights": False}, "scale_attn_weights is False"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is True"),
        ({"reorder_and_upcast_attn": True}, "reorder_and_upcast_attn is True"),
        ({"add_cross_attention": True}, "add_cross_attention is True"),
        ({"tie_word_embeddings": "no"}, "tie_word_embeddings is 'no'"),
        ({"n_layer": 0}, "n_layer is 0"),
        ({"n_layer": 10**6}, "n_layer is 1000000"),
        ({"n_embd": "64"}, "n_embd is '64'"),
        ({"n_embd": 64.0}, "n_embd is 64.0"),
        ({"n_head": True}, "n_head is True"),
        ({"n_head": 5}, "n_embd 64 cannot be shared by n_head 5"),
        ({"n_head": 16}, "a head size of 4"),
        ({"n_ctx": 32}, "n_ctx 32 and n_positions 64 differ"),
        ({"n_positions": 2, "n_ctx": 2}, "a window of 2 tokens is too short"),
        ({"vocab_size": 10**12}, "vocab_size is 1000000000000"),
        ({"layer_norm_epsilon": 0}, "layer_norm_epsilon is 0"),
        ({"layer_norm_epsilon": float("nan")}, "layer_norm_epsilon is nan"),
        ({"layer_norm_epsilon": 10**400}, "layer_norm_epsilon is 1000"),
        ({"layer_norm_epsilon": "small"}, "layer_norm_epsilon is 'small'"),
    ],
)
def test_what_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_config(FIELDS | change)


@pytest.mark.parametrize(
    "name", ["model_type", "activation_function", "n_inner", "n_embd", "layer_norm_epsilon"]
)
@pytest.mark.parametrize("value", ["x" * 900_000, [0] * 300_000, 10**4000], ids=type)
def test_a_value_without_end_is_not_told_in_full(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        parse_config(FIELDS | {name: value})
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["n_layer", "n_head", "n_embd", "n_positions", "vocab_size"])
def test_a_missing_number_is_named(name: str) -> None:
    fields = {key: value for key, value in FIELDS.items() if key not in (name, "n_ctx")}
    with pytest.raises(ValueError, match=f"{name} is missing"):
        parse_config(fields)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not proper JSON"),
        (b"{", "not proper JSON"),
        (b"\xff\xfe", "not proper JSON"),
        (b"[" * 100_000, "not proper JSON"),
        (b"[1]", "does not hold a JSON object"),
        (b" " * (2 << 20), "too large"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, raw: bytes, words: str) -> None:
    (tmp_path / "config.json").write_bytes(raw)
    with pytest.raises(ModelError, match=words) as caught:
        read_config(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no config\.json"):
        read_config(tmp_path)


def test_sizes_of_parts() -> None:
    config = Config(12, 12, 768, 1024, 50257, 1e-5, tied_head=True)
    assert (config.head_size, config.mlp_width) == (64, 3072)
