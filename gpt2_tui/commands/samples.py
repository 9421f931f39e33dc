"""`gpt2-tui samples`: the samples and drafts that are saved on this machine."""

import argparse
import json
import sys
from datetime import UTC, datetime

from gpt2_tui import locations
from gpt2_tui.commands import options
from gpt2_tui.commands.exit_codes import DONE
from gpt2_tui.commands.samples_bin import run_empty_bin
from gpt2_tui.commands.table import aligned
from gpt2_tui.errors import SettingsError, StorageError
from gpt2_tui.labels.plain_words import label_lines, verdict_line
from gpt2_tui.labels.signing import known_signers
from gpt2_tui.labels.verdict import Verdict
from gpt2_tui.library.entry import Entry, Kind
from gpt2_tui.library.index import Index
from gpt2_tui.library.query import Query
from gpt2_tui.library.reading import known_authors, read_entry
from gpt2_tui.settings import SEED, TEMPERATURE, TOP_K, TOP_P, NumberField
from gpt2_tui.text.visible import one_line, visible

_HEADING = ("VERDICT", "WRITTEN", "MODEL", "SETTINGS", "NAME", "BEGINS")
_NOTHING = "-"
_LONGEST_BEGINNING = 40
_MOST_NAMED = 5
_LIMIT = NumberField(
    "limit",
    "limit",
    default=50,
    minimum=0,
    maximum=1_000_000,
    step=10,
    off=0,
    help="list at most so many, the latest; 0 lists all",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"Samples lie in {locations.samples_folder()}, drafts in {locations.drafts_folder()}; "
        "what was deleted at the desk lies in the bin beside them."
    )
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="list|show|search|empty-bin"
    )

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=summary, description=summary, allow_abbrev=False)

    listing = add("list", "verdict, time, model, settings, name and beginning of each text")
    showing = add("show", "a text, with its label in plain words and the verdict")
    searching = add("search", "the texts that have all the given words in them or in their names")
    searching.add_argument("words", nargs="+", metavar="WORD", help="how a word begins")
    showing.add_argument(
        "name", metavar="NAME", help="as list shows it, with or without its ending"
    )
    showing.add_argument(
        "--sample", type=int, default=1, metavar="N", help="which of a file with several"
    )
    emptying = add("empty-bin", "delete for good what was deleted at the desk, after a question")
    emptying.add_argument("--yes", action="store_true", help="do not ask")
    emptying.add_argument("--json", action="store_true", help="say as JSON what was there")
    for action in (listing, searching):
        _add_filters(action)
    for action in (listing, showing, searching):
        action.add_argument(
            "--bin", action="store_true", help="what was deleted, instead of what is there"
        )
        action.add_argument("--json", action="store_true", help="one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "empty-bin":
        return run_empty_bin(arguments)
    index = Index.open()
    try:
        index.refresh()
        if index.note:
            _tell(index.note)
        if arguments.action == "show":
            _show(index, arguments)
        else:
            _list(index, arguments)
    finally:
        index.close()
    return DONE


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--kind", choices=[each.value for each in Kind], help="only samples, or only drafts"
    )
    parser.add_argument("--model", metavar="M", default="", help="a part of the model's name")
    for field in (TEMPERATURE, TOP_K, TOP_P, SEED):
        options.add_filter(parser, field)
    parser.add_argument(
        "--verdict",
        choices=[each.value for each in Verdict],
        type=str.upper,
        metavar="V",
        help="INTACT, MODIFIED, MALFORMED or UNLABELED",
    )
    options.add_number(parser, _LIMIT)


def _list(index: Index, arguments: argparse.Namespace) -> None:
    words = " ".join(arguments.words) if arguments.action == "search" else ""
    query = Query(
        words=words,
        kind=None if arguments.kind is None else Kind(arguments.kind),
        model=arguments.model,
        temperature=arguments.temperature,
        top_k=arguments.top_k,
        top_p=arguments.top_p,
        seed=arguments.seed,
        verdict=None if arguments.verdict is None else Verdict(arguments.verdict),
        in_bin=arguments.bin,
    )
    if words and not query.match:
        raise SettingsError("there is no word in what is searched for; give letters or digits")
    limit = int(_LIMIT.default if arguments.limit is None else arguments.limit)
    found = index.find(query, limit)
    if arguments.json:
        sys.stdout.writelines(json.dumps(_as_json(each)) + "\n" for each in found)
    elif found:
        sys.stdout.write("\n".join(aligned([_HEADING, *map(_row, found)])) + "\n")
    sys.stdout.flush()
    total = index.count(query)
    if total > len(found):
        _tell(f"these are {len(found)} of {total}; --limit 0 lists all")
    if not total:
        _tell(_why_nothing(index, query))


def _show(index: Index, arguments: argparse.Namespace) -> None:
    entry = _named(index, arguments.name, arguments.sample, in_bin=arguments.bin)
    shown = read_entry(entry.path, entry.sample)
    if arguments.json:
        record = None if shown.record is None else shown.record.value
        told = {
            **_as_json(entry),
            "verdict": shown.judgment.verdict,
            "detail": shown.judgment.detail,
            "text": shown.text,
            "record": record,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        return
    lines = [
        str(entry.path),
        verdict_line(shown.judgment),
        *label_lines(shown.judgment, known_signers()),
    ]
    if shown.found is None:
        authors = known_authors(entry.path, shown.text)
        if authors is not None and authors.synthetic_share:
            lines.append(f"SYNTHETIC IN PART: {authors.synthetic_percent} % by the desk's history")
    if shown.outside:
        lines.append(f"{shown.outside} bytes of the file stand outside of the labeled text")
    sys.stdout.write("".join(one_line(line) + "\n" for line in lines))
    sys.stdout.write(f"\n{visible(shown.text)}\n")


def _named(index: Index, name: str, sample: int, *, in_bin: bool) -> Entry:
    """The text of that name. Raises StorageError if there is none, or more than one."""
    entries = [each for each in index.find(Query(in_bin=in_bin)) if _is_called(each, name)]
    exact = [each for each in entries if name in (each.name, str(each.path))]
    paths = sorted({str(each.path) for each in exact or entries})
    if len(paths) > 1:
        shown = ", ".join(paths[:_MOST_NAMED]) + ("…" if len(paths) > _MOST_NAMED else "")
        raise StorageError(f"several files are called {name}; give the path: {shown}")
    if not paths:
        raise StorageError(
            f"there is no saved text {name}; `gpt2-tui samples list --limit 0` shows all"
        )
    chosen = [each for each in entries if str(each.path) == paths[0]]
    for each in chosen:
        if each.sample == sample:
            return each
    raise StorageError(f"{paths[0]} has no sample {sample}; it has {chosen[0].samples}")


def _is_called(entry: Entry, name: str) -> bool:
    stem = entry.name.removesuffix(entry.path.suffix)
    return name in (entry.name, stem, entry.path.name, entry.path.stem, str(entry.path))


def _why_nothing(index: Index, query: Query) -> str:
    if index.count(Query(in_bin=query.in_bin)):
        return "nothing fits; `gpt2-tui samples list` shows what is there"
    if query.in_bin:
        return "the bin is empty"
    return (
        "nothing is saved yet; at the desk S in a pane saves it, and "
        f"`gpt2-tui sample --out {locations.samples_folder()}` writes samples there"
    )


def _tell(text: str) -> None:
    sys.stderr.write(f"gpt2-tui: {one_line(text)}\n")


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        _NOTHING if entry.verdict is None else entry.verdict.value,
        entry.day,
        one_line(entry.facts.model or _NOTHING),
        ", ".join(entry.settings) or _NOTHING,
        entry.title,
        one_line(entry.beginning[:_LONGEST_BEGINNING]),
    )


def _as_json(entry: Entry) -> dict[str, object]:
    facts = entry.facts
    return {
        "name": entry.name,
        "path": str(entry.path),
        "kind": entry.kind,
        "in_bin": entry.in_bin,
        "sample": entry.sample,
        "samples": entry.samples,
        "time": datetime.fromtimestamp(entry.time, UTC).isoformat(timespec="seconds"),
        "verdict": entry.verdict,
        "detail": entry.detail,
        "model": facts.model,
        "temperature": facts.temperature,
        "top_k": facts.top_k,
        "top_p": facts.top_p,
        "seed": facts.seed,
        "lane": facts.lane,
        "beginning": entry.beginning,
    }
