"""The same ids give the same bits, whatever runs beside them and however a prompt is cut.

Replay, and panes that do not feel each other, stand on this.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from export.precisions import PRECISIONS
from export.runs import CachedRun, open_session
from tests.exporter.checkpoints import Array, Shape, random_model
from tests.exporter.conftest import Exported

PROMPT, STEPS = 21, 20


def lanes(exported: Exported, count: int) -> NDArray[np.int64]:
    """Ids [count, PROMPT + STEPS]; the prompt is shared, what follows is each lane's own."""
    draw = np.random.default_rng(3)
    ids = draw.integers(0, exported.shape.vocabulary, (8, PROMPT + STEPS), dtype=np.int64)
    ids[:, :PROMPT] = ids[0, :PROMPT]
    return ids[:count]


def first_lane(exported: Exported, batch: int, threads: int) -> Array:
    """Lane 0's logits of the whole prompt and of every step after it, in a batch."""
    ids = lanes(exported, batch)
    run = exported.start(batch, threads)
    parts = [run.feed(ids[:, :PROMPT], keep=PROMPT)[0]]
    parts += [run.feed(ids[:, [place]], keep=1)[0] for place in range(PROMPT, PROMPT + STEPS)]
    return np.concatenate(parts)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_lane_does_not_feel_its_neighbours_nor_the_threads(
    exported_either: Exported, threads: int
) -> None:
    alone = first_lane(exported_either, batch=1, threads=1)
    for batch in (1, 2, 3, 4, 8):
        np.testing.assert_array_equal(first_lane(exported_either, batch, threads), alone)


@pytest.mark.parametrize(
    "cuts", [(2, 39), (39, 2), (20, 21), (2, 2, 3, 17, 17), (8, 8, 8, 8, 9), (3, 2, 36)]
)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_prompt_may_be_cut_anywhere_into_calls_of_two_or_more(
    exported_either: Exported, cuts: tuple[int, ...], threads: int
) -> None:
    ids = lanes(exported_either, 1)
    whole = exported_either.start(threads=threads).feed(ids, keep=ids.shape[1])[0]
    run = exported_either.start(threads=threads)
    ends = np.cumsum(cuts)
    assert ends[-1] == ids.shape[1]
    parts = [
        run.feed(ids[:, end - count : end], keep=count)[0]
        for count, end in zip(cuts, ends, strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_last_row_is_the_same_in_a_call_of_any_length(exported_either: Exported) -> None:
    """Any length but those that leave the attention a single row in its last block.

    The operator takes queries in blocks of twice the head size, and a block of one row goes
    through another kernel, as a call of one token does. So a call must not be of one token more
    than a multiple of that.
    """
    block = 2 * exported_either.shape.config.head_size
    ids = lanes(exported_either, 1)
    whole = exported_either.start().feed(ids, keep=ids.shape[1])[0]
    for length in range(2, ids.shape[1]):
        if length % block == 1:
            continue
        last = exported_either.start().feed(ids[:, :length], keep=1)[0]
        np.testing.assert_array_equal(last[0], whole[length - 1])


def test_a_run_repeats_itself(exported_either: Exported) -> None:
    np.testing.assert_array_equal(
        first_lane(exported_either, 3, 2), first_lane(exported_either, 3, 2)
    )


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_long_context_keeps_lanes_apart_with_no_more_threads_than_heads(
    tmp_path: Path, precision: str
) -> None:
    """Beyond some hundred places the operator may share a row's cache out among threads.

    It does so where threads outnumber the batch's heads, and then a lane alone gets other bits
    than a lane among others. So there must be no more threads than heads.
    """
    shape = Shape(layers=1, heads=2, width=128, window=1024)
    folder = random_model(tmp_path / "model", shape, precision=precision)
    graph = folder / PRECISIONS[precision].file
    draw = np.random.default_rng(5)
    ids = np.tile(draw.integers(0, shape.vocabulary, 1000, dtype=np.int64), (8, 1))
    results = []
    for threads in (1, 2):
        session = open_session(graph, threads)
        for batch in (1, 3, 8):
            run = CachedRun(session, shape.config, batch, shape.window)
            run.feed(ids[:batch, :990], keep=1)
            steps = [run.feed(ids[:batch, [place]], keep=1)[0] for place in range(990, 1000)]
            results.append(np.concatenate(steps))
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
