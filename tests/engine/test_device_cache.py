"""Caches on a device hold what caches on the host hold.

The device is the host's own memory here, behind the same calls that a card's memory has.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from gpt2_tui.engine import runtime
from gpt2_tui.engine.cache import Cache
from gpt2_tui.engine.device_cache import DeviceCache
from gpt2_tui.engine.generation import Drawn, Generation, LaneEnded, WindowMoved
from gpt2_tui.engine.runtime import CPU_PROVIDER, Device
from gpt2_tui.engine.session import Session
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.loading import LoadedModel, load_model
from tests.engine.runs import HOT, PROMPT, Outcome, lane, lanes, moves, outcomes
from tests.exporter.checkpoints import TINY, random_model


@pytest.fixture(scope="module")
def fp16(_home_of_the_session: None, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """A model whose one graph is for cards, on the processor: it has no graph for steps."""
    folder = random_model(tmp_path_factory.mktemp("fp16") / "tiny", TINY, 5, precision="fp16")
    return load_model(str(folder), Device.CPU)


@pytest.fixture
def on_host(fp16: LoadedModel) -> Session:
    return fp16.session


@pytest.fixture
def on_device(fp16: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(runtime, "device_memory", lambda _: "cpu")
    return Session(fp16.folder, CPU_PROVIDER)


def test_each_session_has_the_cache_it_should(on_host: Session, on_device: Session) -> None:
    assert type(on_host.encode_now(PROMPT).cache) is Cache
    for session in (on_host, on_device):
        assert session.encode_now(PROMPT).cache.on_host().dtype == np.float16
    assert type(on_device.encode_now(PROMPT).cache) is DeviceCache
    assert type(on_device.fork(on_device.encode_now(PROMPT), 2)) is DeviceCache


def test_long_texts_with_moves_of_the_window_are_the_same(
    on_host: Session, on_device: Session
) -> None:
    asked = lanes(range(3), length=300)
    assert len(moves(on_device, PROMPT, asked)) > 5
    wanted = outcomes(on_host, PROMPT, asked)
    assert outcomes(on_device, PROMPT, asked) == wanted
    assert outcomes(on_device, PROMPT, asked[1:2]) == {1: wanted[1]}


def test_lanes_that_end_at_different_times_are_the_same(
    on_host: Session, on_device: Session
) -> None:
    asked = [lane(n, length=2 + 23 * n) for n in range(7)]
    wanted = outcomes(on_host, PROMPT, asked)
    assert {len(ids) for ids, _ in wanted.values()} == {2 + 23 * n for n in range(7)}
    assert outcomes(on_device, PROMPT, asked) == wanted


def test_lanes_that_end_of_themselves_or_are_ended_are_the_same(
    on_host: Session, on_device: Session
) -> None:
    asked = [lane(n, sampling=HOT, length=400, keep_going=False) for n in range(6)]
    wanted = outcomes(on_host, PROMPT, asked, end=[4])
    reasons = [reason for _, reason in wanted.values()]
    assert reasons.count(StopReason.END_OF_TEXT) > 1
    assert reasons[4] is None
    assert outcomes(on_device, PROMPT, asked, end=[4]) == wanted


def test_a_lane_whose_first_draw_ends_it_never_shows_again(
    on_host: Session, on_device: Session
) -> None:
    def first_ends(number: int) -> bool:
        one = lane(number, sampling=HOT, length=1, keep_going=False)
        return outcomes(on_host, PROMPT, [one])[number][0] == ()

    number = next(n for n in range(5000) if first_ends(n))
    asked = [lane(n, sampling=HOT, length=80, keep_going=False) for n in (number, 1, 2, 3, 4)]
    wanted = outcomes(on_host, PROMPT, asked)
    assert wanted[number] == ((), StopReason.END_OF_TEXT)
    assert outcomes(on_device, PROMPT, asked) == wanted


def test_rows_are_taken_out_only_when_half_of_them_have_ended(
    on_device: Session, graph_runs: list[tuple[int, int]]
) -> None:
    asked = [lane(n, length=5 + 5 * n) for n in range(4)]
    outcomes(on_device, PROMPT, asked)
    steps = [rows for rows, tokens in graph_runs if tokens == 1]
    assert steps == [4] * 9 + [2] * 5 + [1] * 5


def test_a_prompt_that_grows_by_edits_is_encoded_in_part(
    on_host: Session, on_device: Session, graph_runs: list[tuple[int, int]]
) -> None:
    outcomes(on_device, PROMPT, lanes([0]))
    longer = (*PROMPT, 7, 8, 9)
    graph_runs.clear()
    found = outcomes(on_device, longer, lanes([0]))
    assert graph_runs[0] == (1, 3)
    assert found == outcomes(on_host, longer, lanes([0]))


def test_rows_survive_the_way_there_and_back(on_device: Session) -> None:
    architecture = on_device.architecture
    staged = Cache(architecture, rows=3, length=5, dtype=np.float16)
    draw = np.random.default_rng(1)
    for array in staged.arrays:
        array[:, :, :5] = draw.standard_normal(array[:, :, :5].shape)
    wanted = [array.copy() for array in staged.arrays]
    cache = DeviceCache(staged, "cpu")
    assert len(list(cache.bound())) == 2 * architecture.layers
    for array, old in zip(cache.on_host().arrays, wanted, strict=True):
        np.testing.assert_array_equal(array, old)
    kept = cache.keep_rows([2, 0])
    assert (kept.rows, kept.length) == (2, 5)
    list(kept.bound())
    one = Cache(architecture, rows=1, length=5, dtype=np.float16)
    kept.set_row(1, one)
    list(kept.bound())
    for array, old in zip(kept.on_host().arrays, wanted, strict=True):
        np.testing.assert_array_equal(array[0], old[2])
        assert not array[1].any()


def test_a_window_beyond_the_cache_is_a_fault_of_the_caller(on_device: Session) -> None:
    cache = on_device.fork(on_device.encode_now([1] * TINY.window), 1)
    with pytest.raises(ValueError, match="fit"):
        on_device.step(cache, [1])


# float16 against float32, both on the processor.

CLOSE = 0.01
"""Relative to how far the logits spread: 0.0004 on these weights, and on the bundled model."""


def test_fp16_is_close_to_fp32_and_gives_the_same_text_each_time(
    on_host: Session, fp16: LoadedModel, loaded_model: LoadedModel
) -> None:
    ids = [(11 * n + 2) % 250 for n in range(TINY.window)]
    wanted = np.concatenate(list(loaded_model.session.predict(ids)))
    found = np.concatenate(list(on_host.predict(ids)))
    error = np.sqrt(np.mean((found - wanted) ** 2)) / wanted.std()
    assert 1e-5 < error < CLOSE
    texts = [written(Session(fp16.folder, CPU_PROVIDER, threads)) for threads in (1, 2, 4)]
    assert texts[0] == texts[1] == texts[2]


def written(session: Session) -> dict[int, Outcome]:
    return outcomes(session, PROMPT, lanes(range(4), length=150))


def test_events_of_a_lane_end_with_its_end(on_device: Session) -> None:
    ended: set[int] = set()
    asked = [lane(n, length=3 + 40 * n) for n in range(4)]
    for event in seen(Generation(on_device, PROMPT, asked)):
        assert event.lane not in ended
        if isinstance(event, LaneEnded):
            ended.add(event.lane)
    assert ended == {0, 1, 2, 3}


def seen(generation: Generation) -> Iterator[Drawn | LaneEnded]:
    moved = False
    for event in generation:
        moved = moved or isinstance(event, WindowMoved)
        if isinstance(event, Drawn | LaneEnded):
            yield event
    assert moved
