"""`gpt2-tui sample --sign`, and what `verify` says of it."""

import json
import re
from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.cli import main
from tests.commands.program import run

ASKED = ["--prompt", "The sea", "--length", "5", "--seed", "1", "-n", "2", "--sign"]


@pytest.mark.parametrize("file_format", ["text", "jsonl", "md", "html"])
def test_signed_samples_name_their_signer(
    file_format: str, model_folder: Path, tmp_path: Path
) -> None:
    words = ["--model", str(model_folder), *ASKED, "--format", file_format]
    first = run("sample", *words)
    assert first.code == 0
    told = re.fullmatch(
        r"made a signing key, (.*); its fingerprint, for those who check your signatures, is "
        r"([0-9a-f]{32})\n",
        first.err,
    )
    assert told is not None
    assert told[1] == str(locations.signing_key_file())
    assert run("sample", *words).err == ""

    done = run("verify", "-", stdin=first.out)
    assert done.code == 0
    for line in done.out.decode().splitlines():
        assert line.endswith(f"; signed with the key {told[2]} (you)")

    # Whoever receives it has no such key, but may know the fingerprint.
    locations.signing_key_file().rename(tmp_path / "key.pem")
    assert b"(whom you have not named)" in run("verify", "-", stdin=first.out).out
    locations.known_signers_file().write_text(f"{told[2]} Anna\n")
    judged = run("verify", "--json", "-", stdin=first.out).out.splitlines()
    assert json.loads(judged[0])["signature"] == {
        "fingerprint": told[2],
        "name": "Anna",
        "fits": True,
    }


def test_a_signature_that_does_not_fit_is_told(
    model_folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["sample", "--model", str(model_folder), *ASKED, "--json"]) == 0
    one, other = capfdbinary.readouterr().out.splitlines(keepends=True)
    signatures = [re.findall(rb'"value":"[0-9a-f]{128}"', line)[0] for line in (one, other)]
    done = run("verify", "-", stdin=one.replace(*signatures))
    assert done.code == 1
    assert done.out.startswith(b"MODIFIED  -: its signature does not fit")
    assert b"(you) did not sign this" in done.out


def test_a_key_that_cannot_be_used_is_one_line_before_anything_is_written(
    model_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = locations.signing_key_file()
    path.parent.mkdir(parents=True)
    path.write_text("no key")
    path.chmod(0o600)
    assert main(["sample", "--model", str(model_folder), *ASKED]) == 2
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err == (
        f"gpt2-tui: error: {path} is not an Ed25519 key without a password; move it away and a "
        "new one is made\n"
    )
