"""Pages whose figures a program writes, between `<!-- name -->` and `<!-- end -->`."""

from collections.abc import Iterable, Mapping, Sequence

_END = "<!-- end -->"


def renewed(text: str, parts: Mapping[str, str]) -> str:
    """The page with the parts of these names written anew. Raises ValueError if one has no place
    there."""
    for name, part in parts.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(_END)
        if not end:
            raise ValueError(f"the page has no place for {name}")
        text = f"{before}{mark}{part}\n{end}{after}"
    return text


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
