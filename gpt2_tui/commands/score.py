"""`gpt2-tui score`: how likely a model finds every token of a text."""

import argparse
import json
import math
import sys

from gpt2_tui.commands import input_files, loading_line, options
from gpt2_tui.commands.exit_codes import DONE
from gpt2_tui.errors import PromptError
from gpt2_tui.text.status_line import StatusLine
from gpt2_tui.text.visible import one_line

_TOKENS_BETWEEN_REPORTS = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "A text longer than the window is scored in overlapping windows: each begins half a window "
        "after the last one, and scores only tokens with at least half a window before them. "
        "Before the first token stands <|endoftext|>; one that is written in the text is plain "
        "text. Ends of lines count as one newline."
    )
    parser.add_argument("file", metavar="FILE", help="a UTF-8 text; - is standard input")
    options.add_model(parser)
    parser.add_argument(
        "--json", action="store_true", help="a JSON object a token, and last one for the summary"
    )


def run(arguments: argparse.Namespace) -> int:
    text = input_files.read_text(arguments.file)

    from gpt2_tui.continuations import prompt_bytes
    from gpt2_tui.engine.scoring import Summary, TokenScore, score, summarize

    if not text:
        raise PromptError("there is nothing to score: the text is empty")
    preferences = options.read_preferences()
    model = loading_line.load(
        options.model_from(arguments, preferences), options.device_from(arguments, preferences)
    )
    ids = model.tokenizer.encode(text)

    def show(token: TokenScore) -> str:
        piece = model.tokenizer.bytes_of(token.token_id).decode("utf-8", "replace")
        if arguments.json:
            return json.dumps(
                {
                    "token": token.token_id,
                    "text": piece,
                    "log_probability": token.log_probability,
                    "rank": token.rank,
                }
            )
        return f"{token.bits:8.3f} bits  rank {token.rank:>6}  {one_line(piece)}"

    def show_summary(summary: Summary) -> str:
        if arguments.json:
            return json.dumps(
                {
                    "tokens": summary.tokens,
                    "bytes": summary.bytes,
                    "bits_per_byte": summary.bits_per_byte,
                    # JSON has no infinity.
                    "perplexity": (
                        summary.perplexity if math.isfinite(summary.perplexity) else None
                    ),
                }
            )
        return (
            f"{summary.tokens} tokens, {summary.bytes} bytes, "
            f"{summary.bits_per_byte:.4f} bits a byte, perplexity {summary.perplexity:.2f}"
        )

    scores = []
    line = StatusLine(sys.stderr)
    try:
        for token in score(model.session, ids):
            scores.append(token)
            sys.stdout.write(show(token) + "\n")
            # On a terminal the results themselves show how far it is.
            if len(scores) % _TOKENS_BETWEEN_REPORTS == 0 and not sys.stdout.isatty():
                line.show(f"scored {len(scores)} of {len(ids)} tokens")
    finally:
        line.clear()
    sys.stdout.write(show_summary(summarize(scores, len(prompt_bytes(text)))) + "\n")
    return DONE
