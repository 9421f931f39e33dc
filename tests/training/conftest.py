"""A corpus of a few made-up works."""

import json
import lzma
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two works for each source: one long enough to be held back, one to train on."""
    folder = tmp_path_factory.mktemp("corpus")
    generator = np.random.default_rng(0)
    letters = list("abcdefghij")
    words = ["".join(generator.choice(letters, 5)) for _ in range(40)] + ["end.\n"]
    rows = []
    for name in ("childrens", "fiction", "nonfiction"):
        texts = [" ".join(generator.choice(words, count)) for count in (25_000, 10_000)]
        for number, text in enumerate(texts):
            row = {"title": f"{name} {number}", "author": "Nobody", "file": f"{name}.txt"}
            row |= {"source_repo": name, "path": str(number)}
            rows.append(row | {"documents": 1, "bytes": len(text)})
        joined = "\n<|endoftext|>\n".join(texts) + "\n"
        (folder / f"{name}.txt.xz").write_bytes(lzma.compress(joined.encode(), preset=0))
    (folder / "MANIFEST.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder
