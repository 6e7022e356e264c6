"""`skinedge verify`, `inspect` and `keys` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skinedge.commands.options import PASSPHRASE_VARIABLE
from tests import fakes
from tests.conftest import Command


def test_from_a_new_key_to_a_bundle_that_screens(skinedge: Command, bundle: Path, photo: Path, tmp_path: Path) -> None:
    code, out, err = skinedge("screen", photo, "--model", bundle)
    assert (code, out) == (1, "") and "unsigned" in err and "--allow-unsigned" in err and err.count("\n") == 1
    code, out, _ = skinedge("keys", "new", tmp_path / "clinic")
    key_id = out.split()[-1]
    assert code == 0 and (tmp_path / "clinic.key").is_file()
    assert skinedge("keys", "sign", bundle, "--key", tmp_path / "clinic.key")[0] == 0
    code, _, err = skinedge("keys", "verify", bundle)
    assert code == 1 and key_id in err and err.count("\n") == 1
    assert skinedge("screen", photo, "--model", bundle)[0] == 1
    public = tmp_path / "clinic.pub"
    assert skinedge("keys", "verify", bundle, "--trust", public)[:2] == (
        0, f"{bundle}: whole, and signed by {key_id}, which is trusted\n",
    )  # fmt: skip
    assert skinedge("screen", photo, "--model", bundle, "--trust", public)[0] == 0
    assert skinedge("keys", "trust", public)[0] == 0
    assert skinedge("screen", photo, "--model", bundle, "--itch", "yes")[0] == 0
    assert skinedge("verify", bundle)[0] == 0


def test_verify_prints_one_line_a_check(skinedge: Command, bundle: Path) -> None:
    code, out, err = skinedge("verify", bundle)
    assert (code, err) == (1, "") and len(out.splitlines()) == 7
    assert [line.split()[0] for line in out.splitlines()] == ["ok", "ok", "fail", "ok", "ok", "ok", "ok"]
    code, out, _ = skinedge("verify", bundle, "--json")
    document = json.loads(out)
    assert code == 1 and document["ok"] is False and document["complete"] is True
    assert document["checks"][2]["status"] == "fail"


def test_the_model_of_the_install_verifies(skinedge: Command) -> None:
    code, out, _ = skinedge("verify", "--json")
    assert code == 0, out
    assert {check["status"] for check in json.loads(out)["checks"]} == {"ok"}
    code, out, _ = skinedge("inspect")
    assert code == 0 and "came with this install" in out


def test_inspect_in_words_and_as_json(skinedge: Command, bundle: Path) -> None:
    code, out, _ = skinedge("inspect", bundle)
    assert code == 0 and "tiny" in out and "unsigned" in out
    assert json.loads(skinedge("inspect", bundle, "--json")[1])["signature"] == "unsigned"
    (bundle / "model_card.md").unlink()
    code, _, err = skinedge("inspect", bundle)
    assert code == 1 and "missing" in err and err.count("\n") == 1


def test_a_passphrase_comes_from_the_environment(
    skinedge: Command, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "a long one")
    assert skinedge("keys", "new", tmp_path / "locked", "--passphrase")[0] == 0
    assert skinedge("keys", "sign", bundle, "--key", tmp_path / "locked.key")[0] == 0
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    code, _, err = skinedge("keys", "sign", bundle, "--key", tmp_path / "locked.key")
    assert code == 1 and PASSPHRASE_VARIABLE in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys", "sign", "BUNDLE", "--key", "none.key"),
        ("keys", "verify", "BUNDLE", "--trust", "none.pub"),
        ("keys", "verify", "BUNDLE"),
        ("keys", "trust", "none.pub"),
        ("verify", "BUNDLE", "--trust", "none.pub"),
        ("inspect", "nowhere"),
    ],
)
def test_mistakes_get_one_line(skinedge: Command, bundle: Path, arguments: tuple[str, ...]) -> None:
    code, out, err = skinedge(*(str(bundle) if word == "BUNDLE" else word for word in arguments))
    assert (code, out) == (1, "") and err.startswith("skinedge: ") and err.count("\n") == 1


@pytest.mark.needs_torch
def test_an_unsigned_bundle_can_be_measured(skinedge: Command, tmp_path: Path) -> None:
    """`evaluate` is an engineer's tool: it checks hashes and asks for no signature."""
    from skinedge.evaluation.open_models import open_models

    assert len(open_models(fakes.write_bundle(tmp_path / "b"))) == 1
