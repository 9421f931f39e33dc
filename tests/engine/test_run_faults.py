"""What fails while a graph runs is one line, and the session works again afterwards."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gpt2_tui.engine import runtime
from gpt2_tui.engine.generation import Generation
from gpt2_tui.engine.runtime import CPU_PROVIDER
from gpt2_tui.engine.session import Session
from gpt2_tui.errors import ModelError
from gpt2_tui.loading import LoadedModel
from gpt2_tui.onnx_runtime import onnxruntime
from tests.broken_runs import CARD_LOST, OUT_OF_MEMORY, break_runs
from tests.engine.runs import PROMPT, lanes, outcomes


@pytest.fixture(params=["host", "device"])
def session(
    request: pytest.FixtureRequest, loaded_model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> Session:
    """A session of its own: with its caches on the host, and with a device's."""
    if request.param == "device":
        monkeypatch.setattr(runtime, "device_memory", lambda _: "cpu")
    return Session(loaded_model.folder, CPU_PROVIDER, 1)


FAULTS: dict[str, tuple[Exception, str]] = {
    "allocation": (OUT_OF_MEMORY, "not enough memory"),
    "host memory": (MemoryError(), "not enough memory"),
    "card lost": (CARD_LOST, "the card failed"),
    "anything": (KeyError("x\ny"), "onnxruntime failed"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("runs", [0, 1, 2, 40], ids="after {} runs".format)
def test_a_fault_is_one_line_and_the_session_is_usable_again(
    fault: str, runs: int, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    error, said = FAULTS[fault]
    asked = lanes(range(3), length=90)
    whole = outcomes(session, PROMPT, asked)
    outcomes(session, PROMPT[:3], lanes([0], length=1))  # so that the prompt is encoded again
    with monkeypatch.context() as broken:
        break_runs(broken, after=runs, error=error)
        with pytest.raises(ModelError, match=said) as caught:
            list(Generation(session, PROMPT, asked))
        assert "\n" not in str(caught.value)
        with pytest.raises(ModelError):
            list(Generation(session, PROMPT, asked))
    for graph in (session._prompt_graph, session._lane_graph):
        assert graph._bound is None
    assert session._last_prompt is None
    assert outcomes(session, PROMPT, asked) == whole


def fail(error: Exception) -> Callable[..., Any]:
    def raising(*_: Any) -> Any:
        raise error

    return raising


def test_a_device_that_has_no_room_for_the_cache_is_one_line_too(
    loaded_model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "device_memory", lambda _: "cpu")
    session = Session(loaded_model.folder, CPU_PROVIDER, 1)
    values = onnxruntime().OrtValue
    with monkeypatch.context() as full:
        full.setattr(values, "ortvalue_from_shape_and_type", fail(OUT_OF_MEMORY))
        with pytest.raises(ModelError, match="not enough memory"):
            session.encode_now(PROMPT)
    encoded = session.encode_now(PROMPT)
    with monkeypatch.context() as lost:
        lost.setattr(values, "numpy", fail(CARD_LOST))
        with pytest.raises(ModelError, match="the card failed"):
            session.fork(encoded, 2)
    assert len(outcomes(session, PROMPT, lanes(range(2)))) == 2


def test_a_host_that_has_no_room_is_one_line_too(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = session.encode_now(PROMPT)
    cache = session.fork(encoded, 2)
    with monkeypatch.context() as full:
        full.setattr(np, "zeros", fail(MemoryError()))
        with pytest.raises(ModelError, match="not enough memory"):
            session.fork(encoded, 2)
        with pytest.raises(ModelError, match="not enough memory"):
            session.apart(2, 5)
    assert session.step(cache, [1, 2]).logits.shape == (2, session.architecture.vocabulary)
