"""Signed labels: who signed, what the signature vouches for, and where the key lies."""

import builtins
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gpt2_tui import locations
from gpt2_tui.errors import SigningError
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import Sample
from gpt2_tui.labels.schema import identity
from gpt2_tui.labels.signing import SigningKey, fingerprint, known_signers, own_key, sign
from gpt2_tui.labels.verdict import Judgment, Verdict, judge_file
from tests.labels.samples import sample
from tests.labels.test_formats import formats
from tests.labels.test_schema import VALIDATOR

PLAIN = sample("It was a small\ngreen boat.\n", "A prompt: ")


@pytest.fixture
def key() -> SigningKey:
    return SigningKey(Ed25519PrivateKey.generate(), Path("key.pem"), new=True)


def judged(made: Sample, file_format: Format) -> Judgment:
    (judgment,) = judge_file(render(made, file_format))
    return judgment


def changed(made: Sample, change: Mapping[str, Any]) -> Sample:
    """With another record, whose id fits it again."""
    record = {**made.record, **change}
    return Sample(made.body, {**record, "id": identity(record)}, made.continuation)


@formats
def test_a_signed_sample_is_intact_and_says_who_signed(
    file_format: Format, key: SigningKey
) -> None:
    signed = sign(PLAIN, key)
    assert VALIDATOR.is_valid(signed.record)
    assert signed.record["id"] == PLAIN.record["id"]
    judgment = judged(signed, file_format)
    assert (judgment.verdict, judgment.detail) == (Verdict.INTACT, "")
    assert judgment.signature is not None
    assert (judgment.signature.fingerprint, judgment.signature.fits) == (
        fingerprint(key.public),
        True,
    )
    assert judged(PLAIN, file_format).signature is None


def test_what_is_signed_is_the_id_with_the_name_of_the_schema_before_it(key: SigningKey) -> None:
    signature = sign(PLAIN, key).record["signature"]
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature["key"])).verify(
        bytes.fromhex(signature["value"]),
        b"gpt2-tui/label/1/signature\n" + PLAIN.record["id"].encode(),
    )


@formats
def test_a_record_that_was_changed_and_given_a_new_id_no_longer_fits_its_signature(
    file_format: Format, key: SigningKey
) -> None:
    judgment = judged(changed(sign(PLAIN, key), {"notice": "All mine."}), file_format)
    assert judgment.verdict is Verdict.MODIFIED
    assert "signature does not fit" in judgment.detail
    assert judgment.signature is not None
    assert judgment.signature.fits is False


@formats
def test_a_signature_of_another_key_or_of_another_record_does_not_fit(
    file_format: Format, key: SigningKey
) -> None:
    other = SigningKey(Ed25519PrivateKey.generate(), Path("other.pem"), new=True)
    signature = sign(PLAIN, key).record["signature"]
    moved = sign(sample("Another text."), key).record["signature"]
    for wrong in ({**signature, "key": other.public}, {**signature, "key": "0" * 64}, moved):
        record = {**PLAIN.record, "signature": wrong}
        judgment = judged(Sample(PLAIN.body, record, PLAIN.continuation), file_format)
        assert judgment.verdict is Verdict.MODIFIED


@formats
@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "rot13"},
        {"key": "0" * 63},
        {"value": "F" * 128},
        {"value": ""},
        {"more": "1"},
    ],
)
def test_a_signature_that_is_none_is_malformed(
    file_format: Format, change: dict[str, str], key: SigningKey
) -> None:
    record = dict(sign(PLAIN, key).record)
    record["signature"] = {**record["signature"], **change}
    assert not VALIDATOR.is_valid(record)
    judgment = judged(Sample(PLAIN.body, record, PLAIN.continuation), file_format)
    assert judgment.verdict is Verdict.MALFORMED


def test_the_key_is_made_on_first_use_for_this_user_alone() -> None:
    first = own_key()
    assert first.new
    assert first.path == locations.signing_key_file()
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.path.parent.stat().st_mode) == 0o700
    again = own_key()
    assert (again.new, again.public) == (False, first.public)
    assert list(first.path.parent.iterdir()) == [first.path]


def test_names_of_signers_are_those_that_the_user_wrote_down_and_you() -> None:
    assert known_signers() == {}
    key = own_key()
    locations.known_signers_file().write_text("# friends\nABCD Anna\x1b Lee\n\nnameless\n")
    assert known_signers() == {"abcd": "Anna␛ Lee", fingerprint(key.public): "you"}


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_damaged_key_is_refused_and_never_replaced(content: bytes) -> None:
    path = own_key().path
    path.write_bytes(content)
    with pytest.raises(SigningError, match="is not an Ed25519 key"):
        own_key()
    assert path.read_bytes() == content
    assert known_signers() == {}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_key_that_others_can_read_or_a_link_is_refused(tmp_path: Path) -> None:
    path = own_key().path
    path.chmod(0o640)
    with pytest.raises(SigningError, match="chmod 600"):
        own_key()
    path.chmod(0o600)
    path.rename(tmp_path / "key.pem")
    path.symlink_to(tmp_path / "key.pem")
    with pytest.raises(SigningError, match="is not a signing key"):
        own_key()


def test_without_cryptography_hashes_are_checked_and_signing_says_what_to_install(
    key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = render(sign(PLAIN, key), Format.TEXT)
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    (judgment,) = judge_file(data)
    assert judgment.verdict is Verdict.INTACT
    assert judgment.signature is not None
    assert judgment.signature.fits is None
    (spoiled,) = judge_file(data.replace(b"boat", b"ship"))
    assert spoiled.verdict is Verdict.MODIFIED
    with pytest.raises(SigningError, match=r"pip install 'gpt2-tui\[signing\]'"):
        own_key()
