"""What a history keeps of a continuation's maker."""

import json
from dataclasses import replace

import pytest

from gpt2_tui.drafts.coding import maker_from, maker_json
from tests.labels.samples import MAKER


def test_a_maker_comes_back_as_it_was() -> None:
    assert maker_from(maker_json(MAKER)) == MAKER


def test_of_an_engine_of_the_first_histories_only_what_chose_the_graph_is_known() -> None:
    old = json.loads(maker_json(MAKER))
    del old["engine"]
    line = json.dumps({**old, "provider": "CPUExecutionProvider", "precision": "int8"})
    unknown = dict.fromkeys(MAKER.engine, "unknown")
    known = {"provider": "CPUExecutionProvider", "precision": "int8"}
    assert maker_from(line) == replace(MAKER, engine=unknown | known)


@pytest.mark.parametrize("engine", [[], "x", {"cpu": 1}, {"cpu": ""}])
def test_a_damaged_maker_is_refused(engine: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        maker_from(json.dumps({**json.loads(maker_json(MAKER)), "engine": engine}))
