"""Sessions, and a count of what they run."""

from collections.abc import Callable
from typing import Any

import pytest

from gpt2_tui.engine.runtime import CPU_PROVIDER
from gpt2_tui.engine.session import Session
from gpt2_tui.loading import LoadedModel

NewSession = Callable[[int], Session]


@pytest.fixture
def session(loaded_model: LoadedModel) -> Session:
    """The session that all tests share, whatever they did with it before."""
    return loaded_model.session


@pytest.fixture
def new_session(loaded_model: LoadedModel) -> NewSession:
    """Makes a session that has run nothing yet, with so many threads."""
    return lambda threads: Session(loaded_model.folder, CPU_PROVIDER, threads)


@pytest.fixture
def graph_runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """(rows, tokens of each) of every run of the graph from now on."""
    runs: list[tuple[int, int]] = []
    run = Session._run

    def counted(session: Session, graph: Any, cache: Any, ids: Any, **how: Any) -> Any:
        runs.append(ids.shape)
        return run(session, graph, cache, ids, **how)

    monkeypatch.setattr(Session, "_run", counted)
    return runs
