"""`verify` says in words what is wrong with a bundle, whatever it is; `inspect` says what is inside."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import onnx
import onnxruntime
import pytest
from onnx import helper

from skinedge.contract import Contract
from skinedge.errors import ContractError, TamperError
from skinedge.runtime.bundle import open_bundle
from skinedge.runtime.golden import read_golden
from skinedge.runtime.inspection import inspect
from skinedge.runtime.keys import trusted_keys
from skinedge.runtime.loading import load_engine
from skinedge.runtime.trust import sign_bundle
from skinedge.runtime.verification import verify
from tests import fakes

ALL = ["manifest", "files", "signature", "contract", "runtime", "program", "golden"]


def needing(**runtimes: str) -> Contract:
    return fakes.contract().model_copy(update={"minimum_runtimes": runtimes})


def failures(folder: Path, public: Path | None = None) -> dict[str, str]:
    checks = verify(folder, trusted_keys([public] if public else []))
    assert all("\n" not in check.detail for check in checks)
    return {check.name: check.detail for check in checks if check.status == "fail"}


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return fakes.new_keys(tmp_path / "clinic")[1]


def test_a_good_bundle_passes_every_check(bundle: Path, tmp_path: Path) -> None:
    key, public = fakes.new_keys(tmp_path / "ours")
    sign_bundle(bundle, key)
    checks = verify(bundle, trusted_keys([public]))
    assert [(check.name, check.status) for check in checks] == [(name, "ok") for name in ALL]
    assert "1 vectors" in checks[-1].detail and onnxruntime.__version__ in checks[4].detail


def test_an_unsigned_bundle_or_unknown_key_fails_that_check_alone(bundle: Path, tmp_path: Path) -> None:
    found = failures(bundle)
    assert list(found) == ["signature"] and "unsigned" in found["signature"]
    sign_bundle(bundle, fakes.new_keys(tmp_path / "stranger")[0])
    found = failures(bundle)
    assert list(found) == ["signature"] and "unknown key" in found["signature"]


def test_all_damaged_files_are_named_and_nothing_of_them_is_run(bundle: Path) -> None:
    program = (bundle / "skinedge.onnx").read_bytes()
    (bundle / "skinedge.onnx").write_bytes(program[:100])
    (bundle / "model_card.md").write_text("# A model for tests?\n"[::-1][: len("# A model for tests\n")])
    (bundle / "parity.json").unlink()
    (bundle / "new").touch()
    checks = {check.name: check for check in verify(bundle)}
    detail = checks["files"].detail
    for words in (
        "skinedge.onnx is cut short: got 100 bytes",
        "model_card.md was altered",
        "parity.json is missing",
        "new is not",
    ):
        assert words in detail
    assert [name for name in ALL if checks[name].status == "not checked"] == ["contract", "runtime", "program", "golden"]


def test_a_signature_of_another_manifest_fails_and_nothing_is_run(bundle: Path, tmp_path: Path) -> None:
    key, public = fakes.new_keys(tmp_path / "ours")
    sign_bundle(bundle, key)
    fakes.contract(threshold=0.9).save(bundle)
    fakes.list_files(bundle)
    checks = {check.name: check for check in verify(bundle, trusted_keys([public]))}
    assert checks["signature"].status == "fail" and "altered after it was signed" in checks["signature"].detail
    assert checks["program"].status == "not checked"


def test_no_bundle_is_one_failed_check(tmp_path: Path) -> None:
    assert list(failures(tmp_path)) == ["manifest"]


@pytest.mark.parametrize(
    ("needs", "says"),
    [
        (needing(onnxruntime="99.1"), r"needs onnxruntime 99\.1 or newer, got .*pip install --upgrade onnxruntime"),
        (needing(onnxruntime="newest"), "is no version"),
    ],
)
def test_a_runtime_that_is_too_old_is_reported_by_verify_and_by_the_engine(
    tmp_path: Path, needs: Contract, says: str
) -> None:
    folder = fakes.write_bundle(tmp_path / "b", of=needs)
    with pytest.raises(ContractError, match=says) as error:
        load_engine(open_bundle(folder))
    assert failures(folder)["runtime"] == str(error.value)


def test_a_contract_without_a_minimum_takes_any_runtime(tmp_path: Path) -> None:
    assert list(failures(fakes.write_bundle(tmp_path / "b", of=needing()))) == ["signature"]


def test_a_runtime_that_is_not_there_leaves_checks_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    checks = {check.name: check for check in verify(fakes.write_bundle(tmp_path / "b"))}
    assert checks["contract"].status == "ok"
    assert [checks[name].status for name in ("runtime", "program", "golden")] == ["not checked"] * 3
    assert "pip install --upgrade onnxruntime" in checks["program"].detail


@pytest.mark.parametrize(("domain", "named"), [("", "Frobnicate"), ("com.acme", "com.acme:Frobnicate")])
def test_a_missing_operator_is_named(tmp_path: Path, domain: str, named: str) -> None:
    model = onnx.load_from_string(fakes.onnx_program())
    model.graph.node[-1].op_type, model.graph.node[-1].domain = "Frobnicate", domain
    if domain:
        model.opset_import.append(helper.make_opsetid(domain, 1))
    folder = fakes.write_bundle(tmp_path / "b", program=model.SerializeToString())
    found = failures(folder)
    assert f"uses the operator {named} that this onnxruntime does not have" in found["program"]


def test_a_program_that_does_not_fit_or_answers_otherwise_fails(tmp_path: Path) -> None:
    other = fakes.write_bundle(tmp_path / "side", program=fakes.onnx_program(side_px=32))
    assert "photo: got" in failures(other)["program"]
    moved = fakes.write_bundle(tmp_path / "moved")
    fakes.write_golden(moved, off_by=0.02)
    assert "off by up to 0.0200" in failures(fakes.list_files(moved))["golden"]
    logits = fakes.write_bundle(tmp_path / "logits", program=fakes.onnx_program(final="Identity"))
    assert "no usable answer" in failures(logits)["golden"]


@pytest.mark.parametrize(
    ("golden", "says"),
    [
        ('{"vectors": []}', "holds no vectors"),
        ('{"cases": []}', "cannot be used: vectors"),
        ("[", "cannot be used"),
        ({"photo": "../spot.jpg"}, "does not list"),
        ({"photo": "model_card.md"}, "not a photo"),
        ({"answers": [1.0]}, "got 1 answers, expected 3"),
        ({"probabilities": [1.0]}, "got 1 probabilities, expected 4"),
    ],
)
def test_golden_vectors_that_cannot_be_used_are_reported(bundle: Path, golden: str | dict[str, object], says: str) -> None:
    path = bundle / "golden.json"
    if isinstance(golden, dict):
        vector = json.loads(path.read_text())["vectors"][0]
        golden = json.dumps({"vectors": [vector | golden]})
    path.write_text(golden)
    assert says in failures(fakes.list_files(bundle))["golden"]


def test_a_bundle_without_golden_vectors_fails(bundle: Path) -> None:
    (bundle / "golden.json").unlink()
    assert "no golden.json" in failures(fakes.list_files(bundle))["golden"]


def test_golden_vectors_are_the_ones_that_were_checked(bundle: Path) -> None:
    opened = open_bundle(bundle)
    fakes.write_golden(bundle, off_by=0.1)
    with pytest.raises(TamperError, match="changed since"):
        read_golden(opened)


def test_inspect_says_what_is_inside(bundle: Path, tmp_path: Path) -> None:
    contents = inspect(bundle)
    assert contents.signature == "unsigned" and contents.key_id is None and contents.sbom is None
    assert contents.inputs == {"photo": (1, 3, 64, 64), "answers": (1, 3)} and contents.questions[1] == "itch"
    text = "\n".join(contents.lines())
    for words in (
        "tiny",
        "skinedge.onnx for onnx, fp32",
        "from a score of 0.5 for BCC + MEL",
        "a test",
        "not in this bundle",
    ):
        assert words in text
    key, public = fakes.new_keys(tmp_path / "ours")
    signed_by = sign_bundle(bundle, key)
    assert inspect(bundle).signature == "signed by an unknown key"
    contents = inspect(bundle, trusted_keys([public]))
    assert (contents.signature, contents.key_id) == ("signed by a trusted key", signed_by.key_id)


def test_inspect_shows_parity_and_bill_of_materials(bundle: Path) -> None:
    parity = {"n": 96, "samples": "synthetic lesions", "decision_agreement": 0.979, "largest_difference": 0.0362}
    (bundle / "parity.json").write_text(json.dumps([parity, {"other": 1}]))
    parts = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "torch", "version": "2.13.0"}]}
    (bundle / "sbom.cdx.json").write_text(json.dumps(parts))
    contents = inspect(fakes.list_files(bundle))
    text = "\n".join(contents.lines())
    assert "on 96 synthetic lesions decision agreement with fp32 97.9%" in text and '{"other": 1}' in text
    assert "CycloneDX 1.6, 1 packages" in text
    assert contents.sbom is not None and contents.sbom.packages == {"torch": "2.13.0"}


@pytest.mark.parametrize("name", ["parity.json", "sbom.cdx.json"])
@pytest.mark.parametrize("garbage", ["", "3", '{"components": 3}', "[" * 100_000, '{"components": [1]}', "[1]"])
def test_inspect_tells_what_it_cannot_read(bundle: Path, name: str, garbage: str) -> None:
    (bundle / name).write_text(garbage)
    fakes.list_files(bundle)
    with pytest.raises(ContractError, match=name.replace(".", r"\.")):
        inspect(bundle)
