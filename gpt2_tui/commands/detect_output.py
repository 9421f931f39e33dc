"""The lines that `gpt2-tui detect` prints. None of them says that a person wrote a text."""

import json
import math

from gpt2_tui.commands.input_files import Place
from gpt2_tui.detection import FileText, Result, names_watermark
from gpt2_tui.engine.watermark_evidence import LEAST_TOKENS, Evidence, Finding
from gpt2_tui.text.visible import one_line

_SMALLEST_SHOWN = 1e-300


def text_line(place: Place, _text: FileText, result: Result) -> str:
    """One line for people."""
    numbers = {"sample": place.sample, "generation": result.generation}
    told = ", ".join(f"{name} {number}" for name, number in numbers.items() if number is not None)
    where = f"{place.file} ({told})" if told else place.file
    evidence = result.evidence
    p_value = f"p = {_p_value(evidence)}, " if evidence.is_enough else ""
    basis = f"({p_value}{evidence.tokens} tokens, by the {result.source})"
    return one_line(f"{where}: {_words(evidence)} {basis}")


def json_line(place: Place, text: FileText, result: Result) -> str:
    """One JSON object. A p-value too small for a number is 0, but its logarithm is there; with too
    few tokens there is none."""
    evidence = result.evidence
    enough = evidence.is_enough
    return json.dumps(
        {
            "finding": evidence.finding,
            "file": place.file,
            "sample": place.sample,
            "generation": result.generation,
            "source": result.source,
            "tokens": evidence.tokens,
            "p_value": evidence.p_value if enough else None,
            "log10_p_value": evidence.log_p / math.log(10) if enough else None,
            "statistic": evidence.statistic if enough else None,
            "sub_key": evidence.sub_key if enough else None,
            "label": text.judgment.verdict,
            "label_names_watermark": names_watermark(text),
        }
    )


def _words(evidence: Evidence) -> str:
    match evidence.finding:
        case Finding.FOUND:
            return "watermark found"
        case Finding.UNDECIDED:
            once_in = round(1 / evidence.p_value)
            return f"undecided: without the watermark 1 text in {once_in} looks like this"
        case Finding.NOT_FOUND:
            return "no watermark found; this says nothing about who wrote the text"
        case Finding.NOT_JUDGED:
            return f"not judged: it takes {LEAST_TOKENS} tokens"


def _p_value(evidence: Evidence) -> str:
    small = evidence.p_value < _SMALLEST_SHOWN
    return f"under {_SMALLEST_SHOWN:g}" if small else f"{evidence.p_value:.2g}"
