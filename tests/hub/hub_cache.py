"""The hub's cache on this machine, as huggingface_hub lays it out."""

import hashlib
from pathlib import Path

from huggingface_hub import constants

from tests.hub.stand_in import COMMIT


def in_the_cache(folder: Path, repository: str, commit: str = COMMIT) -> Path:
    """Put a checkpoint into the hub's cache as huggingface_hub itself lays it out."""
    home = Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}"
    snapshot = home / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (home / "blobs").mkdir()
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    for path in folder.iterdir():
        data = path.read_bytes()
        name = (
            hashlib.sha256(data).hexdigest()
            if path.suffix == ".safetensors"
            else hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324
        )
        (home / "blobs" / name).write_bytes(data)
        (snapshot / path.name).symlink_to(f"../../blobs/{name}")
    return snapshot
