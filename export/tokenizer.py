"""The tokenizer of a checkpoint, as one `tokenizer.json`.

Three forms are read: `tokenizer.json`; `vocab.json` with `merges.txt`; OpenAI's `encoder.json`
with `vocab.bpe`. The last two differ in their names only.
"""

from collections.abc import Mapping
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

from gpt2_tui.errors import ModelError
from gpt2_tui.models.manifest import TOKENIZER_FILE
from gpt2_tui.text import tokenizer as text_tokenizer
from gpt2_tui.text.tokenizer import END_OF_TEXT, library_faults
from gpt2_tui.text.visible import quoted

from .config import read_json_object, read_regular_file

_PAIRS_OF_FILES = (("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe"))
_LARGEST_FILE = 64 << 20

# Characters of one to four bytes, every continuation byte among them, and the places where
# GPT-2's pre-tokenizer splits. A byte-level BPE gives it back unchanged, whatever its merges.
_SAMPLE = "".join(map(chr, range(0x180))) + "€ 😀\u0378 I've  two   spaces\r\n\t\n7 %ß日本"


def read_tokenizer(folder: Path, vocabulary: int) -> tuple[bytes, int]:
    """The bytes of a `tokenizer.json` for the checkpoint in `folder`, and the id of END_OF_TEXT.

    `vocabulary` is the number of tokens the model has. Raises ModelError with one line.
    """
    path, tokenizer = _load(folder, vocabulary)
    ids = tokenizer.get_vocab(with_added_tokens=True)
    if len(ids) != vocabulary or sorted(ids.values()) != list(range(vocabulary)):
        raise ModelError(f"{path} has {len(ids)} tokens, the model {vocabulary}")
    if END_OF_TEXT not in ids:
        raise ModelError(f"{path} has no token {END_OF_TEXT}")
    # A prompt must reach the model whole, whatever the checkpoint's own program wanted.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with library_faults(str(path)):
        sample = tokenizer.encode(_SAMPLE, add_special_tokens=False).ids
        text = tokenizer.decode(sample, skip_special_tokens=False)
    if text != _SAMPLE:
        raise ModelError(f"{path} does not give text back unchanged; GPT-2's tokenizer does")
    result = tokenizer.to_str().encode()
    text_tokenizer.Tokenizer(result, str(path), vocabulary, ids[END_OF_TEXT])  # it must take it
    return result, ids[END_OF_TEXT]


def _load(folder: Path, vocabulary: int) -> tuple[Path, Tokenizer]:
    path = folder / TOKENIZER_FILE
    if path.exists():
        return path, _from_tokenizer_json(path, vocabulary)
    for vocabulary_name, merges_name in _PAIRS_OF_FILES:
        path = folder / vocabulary_name
        if path.exists():
            return path, _from_vocabulary_and_merges(path, folder / merges_name, vocabulary)
    pairs = " or ".join(" with ".join(pair) for pair in _PAIRS_OF_FILES)
    raise ModelError(f"{folder} has no tokenizer: neither {TOKENIZER_FILE} nor {pairs}")


def _from_tokenizer_json(path: Path, vocabulary: int) -> Tokenizer:
    value = read_json_object(path, _LARGEST_FILE)
    model = value.get("model")
    if not isinstance(model, dict) or not isinstance(model.get("merges"), list):
        raise ModelError(f"{path} is no byte-pair tokenizer")
    _check_ids(path, model.get("vocab"), vocabulary)
    added = value.get("added_tokens") or []
    if not isinstance(added, list) or not all(isinstance(token, dict) for token in added):
        raise ModelError(f"{path} has damaged added_tokens")
    _check_ids(path, {str(token.get("content")): token.get("id") for token in added}, vocabulary)
    with library_faults(str(path)):
        return Tokenizer.from_file(str(path))


def _from_vocabulary_and_merges(path: Path, merges_path: Path, vocabulary: int) -> Tokenizer:
    """GPT-2's tokenizer over the given ids and merges."""
    ids = dict(read_json_object(path, _LARGEST_FILE))
    _check_ids(path, ids, vocabulary)
    merges = _read_merges(merges_path)
    with library_faults(str(path)):
        tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    if END_OF_TEXT in ids:
        tokenizer.add_special_tokens([AddedToken(END_OF_TEXT, special=True, normalized=False)])
    return tokenizer


def _read_merges(path: Path) -> list[tuple[str, str]]:
    """The pairs of `merges.txt`, one a line, in the order in which they are applied."""
    try:
        # Not splitlines(): a token may hold a character that it takes for the end of a line.
        lines = read_regular_file(path, _LARGEST_FILE).decode().split("\n")
    except UnicodeDecodeError:
        raise ModelError(f"{path} is not UTF-8") from None
    if lines[0].startswith("#version"):
        del lines[0]
    merges = []
    for line in lines:
        if not (line := line.removesuffix("\r")):
            continue
        left, space, right = line.partition(" ")
        if not (left and space and right) or " " in right:
            raise ModelError(f"{path} holds {quoted(repr(line))}, which is no pair of tokens")
        merges.append((left, right))
    return merges


def _check_ids(path: Path, ids: object, vocabulary: int) -> None:
    """Refuse ids that are no place in the vocabulary: a huge one ends the whole process."""
    if not isinstance(ids, Mapping):
        raise ModelError(f"{path} has no vocabulary")
    for token, place in ids.items():
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < vocabulary:
            raise ModelError(
                f"{path} gives token {quoted(repr(token))} the id {quoted(repr(place))},"
                f" the model has {vocabulary}"
            )
