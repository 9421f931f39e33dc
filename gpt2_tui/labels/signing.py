"""Signed labels: Ed25519 through the package cryptography, which is an extra.

A record's id is a hash of all the rest of it, and the record holds the hash of the text; so a
signature of the id vouches for both. A signature is no part of what the id covers: a program that
knows nothing of signatures still checks the hashes.
"""

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gpt2_tui import locations, storage
from gpt2_tui.errors import SigningError
from gpt2_tui.labels.record_check import Record, Signature
from gpt2_tui.labels.schema import ALGORITHM
from gpt2_tui.text.visible import one_line

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    # What signs a sample has one; whoever only verifies loads no numpy for it.
    from gpt2_tui.labels.record import Sample

_DOMAIN = b"gpt2-tui/label/1/signature\n"
_FINGERPRINT_DIGITS = 32
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True)
class SigningKey:
    """The user's private key. `new` if it was made just now."""

    private: "Ed25519PrivateKey"
    path: Path
    new: bool

    @cached_property
    def public(self) -> str:
        """The public key in hexadecimal, as labels carry it."""
        return self.private.public_key().public_bytes_raw().hex()


@dataclass(frozen=True)
class SignatureCheck:
    """Whose signature a record carries, and whether it is of this record; `fits` is None where
    cryptography is not installed."""

    fingerprint: str
    fits: bool | None


def own_key() -> SigningKey:
    """The user's key; made, for this user alone, if there is none. Raises SigningError or
    StorageError."""
    key = stored_key()
    return _make_key(locations.signing_key_file()) if key is None else key


def stored_key() -> SigningKey | None:
    """The user's key, None if there is none. Raises SigningError."""
    return _key_in(locations.signing_key_file())


def sign(sample: "Sample", key: SigningKey) -> "Sample":
    """The sample with a signature in its record."""
    value = key.private.sign(_signed_bytes(str(sample.record["id"])))
    signature = {"algorithm": ALGORITHM, "key": key.public, "value": value.hex()}
    return replace(sample, record={**sample.record, "signature": signature})


def check_signature(record: Record) -> SignatureCheck | None:
    """What there is to say of a record's signature; None if it has none."""
    signature = record.signature
    if signature is None:
        return None
    return SignatureCheck(fingerprint(signature.key), _fits(signature, record.id))


def fingerprint(public_key: str) -> str:
    """A name for a public key (in hexadecimal) that two people can compare: the first digits of
    its sha256."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:_FINGERPRINT_DIGITS]


def who_signed(signature: SignatureCheck, names: Mapping[str, str]) -> str:
    """In words, whose signature it is by `names`, as `known_signers` gives them, and whether it
    holds."""
    known = names.get(signature.fingerprint, "whom you have not named")
    if signature.fits:
        return f"signed with the key {signature.fingerprint} ({known})"
    if signature.fits is None:
        return (
            f"says that the key {signature.fingerprint} ({known}) signed it, which was not "
            "checked: pip install 'gpt2-tui[signing]'"
        )
    return f"the key {signature.fingerprint} ({known}) did not sign this"


def known_signers() -> dict[str, str]:
    """Names by fingerprint: those that the user wrote down, and the user's own key as `you`."""
    names: dict[str, str] = {}
    for line in _lines(locations.known_signers_file()):
        known, _, name = line.strip().partition(" ")
        if name.strip() and not known.startswith("#"):
            names[known.lower()] = one_line(name.strip())
    try:
        own = stored_key()
    except SigningError:
        return names
    return names if own is None else {**names, fingerprint(own.public): "you"}


def _signed_bytes(record_id: str) -> bytes:
    return _DOMAIN + record_id.encode()


def _fits(signature: Signature, record_id: str) -> bool | None:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return None
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature.key))
        key.verify(bytes.fromhex(signature.value), _signed_bytes(record_id))
    except (InvalidSignature, ValueError):
        return False
    return True


def _key_in(path: Path) -> SigningKey | None:
    """The key in a file, None if there is none. A key that others could read is refused."""
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > _LARGEST_FILE:
            raise SigningError(f"{path} is not a signing key; move it away and a new one is made")
        if os.name != "nt" and state.st_mode & 0o077:
            raise SigningError(f"others can read the signing key {path}; run: chmod 600 {path}")
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SigningError(
            f"cannot read the signing key {path}: {storage.reason(error)}"
        ) from error
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise _not_installed() from None
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningError(
            f"{path} is not an Ed25519 key without a password; move it away and a new one is made"
        )
    return SigningKey(key, path, new=False)


def _make_key(path: Path) -> SigningKey:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError:
        raise _not_installed() from None
    private = Ed25519PrivateKey.generate()
    data = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    written = storage.write_new(path.parent, path.stem, path.suffix, data)
    if written != path:
        # Another program made one in the meantime, and that is the user's key.
        written.unlink()
        return own_key()
    return SigningKey(private, path, new=True)


def _not_installed() -> SigningError:
    return SigningError(
        "signing needs the package cryptography; install it: pip install 'gpt2-tui[signing]'"
    )


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SigningError(f"cannot read {path}: {storage.reason(error)}") from error
