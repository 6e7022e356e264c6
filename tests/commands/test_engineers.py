"""The commands for engineers, as they are typed: output, exit code, and one line for each mistake."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.runtime.bundle import default_bundle_path
from tests.conftest import Command


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from skinedge.datasets.synthetic import write_synthetic

    return write_synthetic(tmp_path_factory.mktemp("synthetic") / "data", photos=12)


def one_line(result: tuple[int, str, str], *words: str) -> None:
    code, _, err = result
    lines = [line for line in err.splitlines() if line.startswith("skinedge:")]
    assert code == 1 and len(lines) == 1 and "Traceback" not in err, result
    for word in words:
        assert word in lines[0], lines[0]


def test_a_synthetic_data_set_can_be_made_and_checked(skinedge: Command, tmp_path: Path) -> None:
    assert skinedge("data", "synthetic", tmp_path / "d", "--photos", "12")[0] == 0
    code, out, _ = skinedge("data", "check", tmp_path / "d")
    assert code == 0 and "12 rows, 12 photos" in out
    one_line(skinedge("data", "check", tmp_path / "nowhere"), "metadata.csv", "nowhere")


@pytest.mark.parametrize("model", [default_bundle_path, lambda: DEFAULT_CHECKPOINT])
def test_evaluate_gives_the_figures_as_json(skinedge: Command, synthetic: Path, model: object) -> None:
    assert callable(model)
    code, out, _ = skinedge("evaluate", "--model", model(), "--data", synthetic, "--split", "all", "--json")
    measured = json.loads(out)
    assert code == 0 and measured["n"] == 12 and measured["patients"] > 0
    for name in ("bacc", "acc", "auc", "malignancy_auc", "ece"):
        assert set(measured[name]) == {"value", "low", "high"}, name
    assert set(measured["per_class"]) == {"ACK", "BCC", "MEL", "NEV", "SCC", "SEK"}
    assert measured["seen_in_training"] is False


def test_evaluate_prints_a_table(skinedge: Command, synthetic: Path) -> None:
    code, out, _ = skinedge("evaluate", "--model", default_bundle_path(), "--data", synthetic)
    assert code == 0 and "Balanced accuracy" in out


def test_mistakes_get_one_line(skinedge: Command, synthetic: Path, tmp_path: Path) -> None:
    model = default_bundle_path()
    one_line(skinedge("evaluate", "--model", tmp_path, "--data", synthetic), "no model in")
    one_line(skinedge("evaluate", "--model", model, "--data", tmp_path), "metadata.csv")
    one_line(skinedge("export", "--target", "blackberry", "--out", tmp_path / "o"), "blackberry", "android, ios, onnx")
    one_line(skinedge("train", "--data", synthetic, "--out", tmp_path / "o", "--recipe", "soup"), "soup", "edge, paper")
    one_line(
        skinedge("train", "--data", synthetic, "--out", tmp_path / "o", "--split", "none", "--weights", "no.safetensors"),
        "no.safetensors",
    )


def test_a_truncated_photo_in_a_data_set_is_named(skinedge: Command, tmp_path: Path) -> None:
    from skinedge.datasets.synthetic import write_synthetic

    folder = write_synthetic(tmp_path / "data", photos=12)
    photo = min((folder / "images").iterdir())
    photo.write_bytes(photo.read_bytes()[:2000])
    one_line(skinedge("evaluate", "--model", default_bundle_path(), "--data", folder), photo.name, "cut short")


def test_a_target_whose_extra_is_missing_is_reported(
    skinedge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "litert_torch" else found(name))
    one_line(skinedge("export", "--target", "tflite", "--out", tmp_path / "out"), "pip install 'skinedge[litert]'")
