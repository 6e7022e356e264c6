"""Who signed a bundle, who is trusted, and what either does not let through."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from skinedge.errors import SignatureError, TamperError
from skinedge.runtime import bundle as bundles
from skinedge.runtime.bundle import default_bundle_path, open_bundle
from skinedge.runtime.keys import load_private_key, load_public_key, new_keys, trust_key, trusted_folder, trusted_keys
from skinedge.runtime.staging import replacing_folder
from skinedge.runtime.trust import open_trusted, sign_bundle
from tests import fakes


def no_passphrase() -> str:
    raise AssertionError("nobody should be asked")


def test_a_signed_bundle_opens_for_those_who_trust_its_key(bundle: Path, tmp_path: Path) -> None:
    key, public = fakes.new_keys(tmp_path / "clinic")
    _, other = fakes.new_keys(tmp_path / "other")
    with pytest.raises(SignatureError, match=r"is unsigned.*--allow-unsigned"):
        open_trusted(bundle, trust=[public])
    signed_by = sign_bundle(bundle, key)
    assert open_bundle(bundle).signed_by == signed_by == load_public_key(public)
    assert open_trusted(bundle, trust=[other, public]).signed_by == signed_by
    with pytest.raises(SignatureError, match=rf"unknown key, {signed_by.key_id}.*--trust.*--allow-unsigned") as error:
        open_trusted(bundle, trust=[other])
    assert "\n" not in str(error.value)
    assert open_trusted(bundle, allow_unsigned=True).signed_by == signed_by
    copy = trust_key(public)
    assert copy.parent == trusted_folder() and trust_key(public) == copy
    assert open_trusted(bundle).signed_by == signed_by


def test_signing_again_gives_the_same_bytes_and_another_key_takes_its_place(bundle: Path, tmp_path: Path) -> None:
    one, _ = fakes.new_keys(tmp_path / "one")
    other, _ = fakes.new_keys(tmp_path / "other")
    signatures = []
    for key in (one, other, one):
        sign_bundle(bundle, key)
        signatures.append((bundle / "manifest.sig").read_bytes())
    assert signatures[0] == signatures[2] != signatures[1]


def test_a_bundle_is_signed_before_it_takes_its_place(tmp_path: Path) -> None:
    key, _ = fakes.new_keys(tmp_path / "maker")
    with replacing_folder(tmp_path / "out") as fresh:
        fresh.rmdir()
        sign_bundle(fakes.write_bundle(fresh), key)
    assert open_bundle(tmp_path / "out").signed_by is not None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["maker.key", "maker.pub", "out"]


def test_an_altered_bundle_is_not_signed(bundle: Path, tmp_path: Path) -> None:
    key, _ = fakes.new_keys(tmp_path / "clinic")
    (bundle / "model_card.md").write_text("# Better\n")
    with pytest.raises(TamperError, match="model_card"):
        sign_bundle(bundle, key)


def test_a_manifest_that_was_rewritten_is_never_opened(bundle: Path, tmp_path: Path) -> None:
    key, public = fakes.new_keys(tmp_path / "clinic")
    sign_bundle(bundle, key)
    fakes.contract(threshold=0.9).save(bundle)
    fakes.list_files(bundle)
    for allow_unsigned in (True, False):
        with pytest.raises(TamperError, match="altered after it was signed by"):
            open_trusted(bundle, trust=[public], allow_unsigned=allow_unsigned)


@pytest.mark.parametrize("change", ["upper case", "space", "another name", "twice"])
def test_a_signature_can_be_written_in_one_way_only(bundle: Path, tmp_path: Path, change: str) -> None:
    key, _ = fakes.new_keys(tmp_path / "clinic")
    sign_bundle(bundle, key)
    path = bundle / "manifest.sig"
    text, fields = path.read_text(), json.loads(path.read_text())
    path.write_text(
        {
            "upper case": text.replace(fields["signature"], fields["signature"].upper()),
            "space": text.replace("\n}", "\n }"),
            "another name": text.replace(fields["key_id"], "0" * 16),
            "twice": text.replace("{", '{\n  "key_id": "0000000000000000",', 1),
        }[change]
    )
    with pytest.raises(TamperError, match=r"manifest\.sig"):
        open_bundle(bundle)


def test_the_model_of_the_install_needs_no_signature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_trusted(None).folder == default_bundle_path()
    folder = fakes.write_bundle(tmp_path / "skinedge" / "assets" / "default")
    with pytest.raises(SignatureError):
        open_trusted(folder)
    monkeypatch.setattr(bundles, "__file__", str(tmp_path / "skinedge" / "runtime" / "bundle.py"))
    assert open_trusted(folder).folder == open_trusted(None).folder == folder


def test_keys_are_private_and_never_overwritten(tmp_path: Path) -> None:
    private, public = new_keys(tmp_path / "clinic.2026")
    assert [private.name, public.name] == ["clinic.2026.key", "clinic.2026.pub"]
    if os.name == "posix":
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes()
    with pytest.raises(SignatureError, match="exists already"):
        new_keys(tmp_path / "clinic.2026")
    private.unlink()
    with pytest.raises(SignatureError, match=r"clinic\.2026\.pub exists already"):
        new_keys(tmp_path / "clinic.2026")
    assert not private.exists() and before.startswith(b"-----BEGIN PRIVATE KEY")
    assert new_keys(tmp_path)[0] == tmp_path / "skinedge.key"
    with pytest.raises(SignatureError, match="cannot write"):
        new_keys(tmp_path / "nowhere" / "key")


def test_a_passphrase_is_asked_for_only_where_there_is_one(tmp_path: Path) -> None:
    private, public = new_keys(tmp_path / "locked", passphrase="a long one")
    assert b"ENCRYPTED" in private.read_bytes()
    key = load_private_key(private, lambda: "a long one")
    assert key.public_key().public_bytes_raw() == load_public_key(public).raw
    with pytest.raises(SignatureError, match="passphrase is wrong"):
        load_private_key(private, lambda: "another")
    with pytest.raises(SignatureError, match="passphrase is wrong"):
        load_private_key(private, lambda: "")
    load_private_key(new_keys(tmp_path / "open")[0], no_passphrase)


@pytest.mark.parametrize("garbage", [b"", b"\xff" * 99, b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_reported(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "odd.pub"
    path.write_bytes(garbage)
    with pytest.raises(SignatureError, match=r"odd\.pub"):
        load_public_key(path)
    with pytest.raises(SignatureError, match=r"odd\.pub"):
        load_private_key(path, no_passphrase)
    with pytest.raises(SignatureError, match="cannot read"):
        load_public_key(tmp_path / "nowhere.pub")


def test_keys_of_another_kind_and_exchanged_halves_are_reported(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as pem
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    other = X25519PrivateKey.generate()
    private, public = tmp_path / "x.key", tmp_path / "x.pub"
    private.write_bytes(other.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption()))
    public.write_bytes(other.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(SignatureError, match="no Ed25519 key"):
        load_private_key(private, no_passphrase)
    with pytest.raises(SignatureError, match="no Ed25519 key"):
        load_public_key(public)
    ours = new_keys(tmp_path / "ours")
    with pytest.raises(SignatureError, match="no private key"):
        load_private_key(ours[1], no_passphrase)
    with pytest.raises(SignatureError, match="no public key"):
        load_public_key(ours[0])


def test_a_broken_file_among_the_trusted_keys_is_named(tmp_path: Path) -> None:
    trust_key(fakes.new_keys(tmp_path / "clinic")[1])
    assert len(trusted_keys()) == 1
    (trusted_folder() / "odd.pub").write_text("?")
    with pytest.raises(SignatureError, match=r"odd\.pub"):
        trusted_keys()


def test_one_key_is_given_like_several_and_must_be_there(bundle: Path, tmp_path: Path) -> None:
    key, public = fakes.new_keys(tmp_path / "clinic")
    signed_by = sign_bundle(bundle, key)
    assert trusted_keys(str(public)) == trusted_keys(public) == trusted_keys([public]) == {signed_by}
    assert open_trusted(bundle, trust=str(public)).signed_by == signed_by
    with pytest.raises(SignatureError, match=r"cannot read the key .*none\.pub"):
        open_trusted(None, trust=tmp_path / "none.pub")


def test_the_model_of_the_install_loads_without_cryptography() -> None:
    code = (
        "import sys, skinedge.cli, skinedge.screening.display\n"
        "from skinedge.screening.screener import Screener\n"
        "Screener()\n"
        "sys.exit('cryptography' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
