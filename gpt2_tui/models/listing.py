"""The models of this machine as a table of texts, the same at the desk and at the command line."""

from datetime import datetime

from gpt2_tui.models.registry import Listed
from gpt2_tui.text.visible import one_line

Row = tuple[str, ...]
HEADING: Row = ("NAME", "SIZE", "PRECISION", "WINDOW", "LICENCE", "LAST USE", "SOURCE")
_NOTHING = "-"


def row(listed: Listed) -> Row:
    """A text for each column of HEADING, each one line; the last says what keeps a model from use,
    if anything does."""
    if listed.model is None:
        unknown = [_NOTHING] * (len(HEADING) - 2)
        return (one_line(listed.name), *unknown, one_line(f"cannot be used: {listed.fault}"))
    manifest = listed.model.manifest
    return (
        one_line(listed.name),
        f"{listed.model.size / 1e6:.0f} MB",
        ", ".join(one_line(graph.precision) for graph in manifest.graphs),
        str(manifest.architecture.window),
        one_line(manifest.licence),
        _day(listed.last_used),
        one_line(f"{manifest.source.kind} {manifest.source.name}"),
    )


def _day(moment: datetime | None) -> str:
    return _NOTHING if moment is None else moment.astimezone().strftime("%Y-%m-%d")
