"""Makes `golden/gpt2-ids.json`: the ids that tiktoken gives for texts with GPT-2's vocabulary.

Run once, by hand, where tiktoken is installed, from the root of the repository:

    PYTHONPATH=. python tests/exporter/make_golden_ids.py

The vocabulary is the one in `gpt2-tokenizer/`, not one that tiktoken downloads. `<|endoftext|>` is
plain text here. The file holds the texts too, so it stays right when the lists of texts change.
"""

import hashlib
import json
from pathlib import Path

from tests.exporter.nasty_texts import TEXTS, random_texts

GPT2_FILES = Path(__file__).parent / "gpt2-tokenizer"
GOLDEN_IDS_FILE = Path(__file__).parent / "golden" / "gpt2-ids.json"
RANDOM_TEXTS, SEED = 400, 50257


def files_sha256() -> dict[str, str]:
    """The digests of the vocabulary's files."""
    return {
        name: hashlib.sha256((GPT2_FILES / name).read_bytes()).hexdigest()
        for name in ("encoder.json", "vocab.bpe")
    }


def main() -> None:
    import tiktoken
    from tiktoken.load import data_gym_to_mergeable_bpe_ranks
    from tiktoken_ext.openai_public import r50k_pat_str

    ranks = data_gym_to_mergeable_bpe_ranks(
        str(GPT2_FILES / "vocab.bpe"), str(GPT2_FILES / "encoder.json")
    )
    encoding = tiktoken.Encoding(
        "gpt2",
        pat_str=r50k_pat_str,
        mergeable_ranks=ranks,
        special_tokens={"<|endoftext|>": 50256},
        explicit_n_vocab=50257,
    )
    texts = [*TEXTS, *random_texts(RANDOM_TEXTS, SEED)]
    golden = {
        "made_with": f"tiktoken {tiktoken.__version__}",
        "sha256": files_sha256(),
        "texts": [{"text": text, "ids": encoding.encode_ordinary(text)} for text in texts],
    }
    rows = json.dumps(golden).replace('{"text"', '\n{"text"')
    GOLDEN_IDS_FILE.write_text(rows + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
