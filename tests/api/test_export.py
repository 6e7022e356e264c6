"""`export` of torch modules that are not ours: the same gates, an honest card, and one line where a module does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from skinedge import (
    ConfigError,
    Contract,
    ContractError,
    GateError,
    LesionClassifier,
    LoweringError,
    ModelConfig,
    Screener,
    SignatureError,
    export,
    load_model,
    verify,
)
from skinedge.contract import Answer, Threshold
from skinedge.runtime.keys import PASSPHRASE_VARIABLE, new_keys
from tests import fakes

SIDE_PX = 64


class Plain(nn.Module):
    """Convolutions over pixels, a layer over answers, and logits from both; nothing is called as in LesionNet."""

    def __init__(self, labels: int = 4) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.Hardswish(), nn.Conv2d(8, 8, 3, 2, 1))
        self.answers = nn.Linear(3, 8)
        self.head = nn.Linear(8, labels)
        nn.init.normal_(self.head.weight, std=2)

    def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
        seen = torch.relu(self.stem(pixels)).mean(dim=(2, 3))
        logits: Tensor = self.head(seen + torch.relu(self.answers(answers / 100)))
        return logits


def contract(**changes: object) -> Contract:
    config = ModelConfig(backbone="plain", side_px=SIDE_PX)
    return fakes.contract(side_px=2 * SIDE_PX).model_copy(update={"model": config, **changes})


@pytest.fixture(scope="module")
def plain() -> Plain:
    torch.set_num_threads(1)
    return Plain().eval()


@pytest.mark.parametrize("target", ["onnx", "android"])
def test_any_module_goes_through_the_gates_calibrated_on_synthetic_lesions(
    plain: Plain, target: str, tmp_path: Path
) -> None:
    made = export(plain, contract(), out=str(tmp_path / "bundle"), target=target)
    assert made.bundle.manifest.precision == "int8" and made.precision.quantization is not None
    assert made.precision.quantization.plan.samples == "synthetic lesions"
    assert made.precision.quantization.plan.data_sha256 is None
    assert "on 68 synthetic lesions" in made.bundle.contract.refer.chosen_on
    (parity,) = made.comparisons
    assert parity.n == 96 and parity.spread > 0.01 and 0 < parity.largest_difference < 0.15
    assert "nothing of how well they do was measured here" in made.bundle.read("model_card.md").decode()
    report = verify(tmp_path / "bundle")
    assert [check.name for check in report.checks if check.status != "ok"] == ["signature"] and not report.ok
    found = Screener(tmp_path / "bundle", allow_unsigned=True).screen(fakes.lesion_pixels(), {"age_years": 50})
    alone = LesionClassifier(contract(), plain).predict(fakes.lesion_pixels(), {"age_years": 50})
    np.testing.assert_allclose(list(found.probabilities.values()), alone.probabilities[0], atol=0.15)


def test_fp32_says_what_the_module_says_and_is_signed(plain: Plain, tmp_path: Path) -> None:
    private, public = new_keys(tmp_path / "clinic")
    made = export(plain, contract(), out=tmp_path / "bundle", target="onnx", precision="fp32", key=str(private))
    assert verify(tmp_path / "bundle", trust=[str(public)]).ok
    photo = fakes.lesion_pixels()
    answers: dict[str, Answer] = {"age_years": 50, "region": "face"}
    found = Screener(tmp_path / "bundle", trust=[public]).screen(photo, answers)
    alone = LesionClassifier(made.bundle.contract, plain).predict(photo, answers)
    np.testing.assert_allclose(list(found.probabilities.values()), alone.probabilities[0], atol=1e-5)


def test_a_module_that_says_nothing_is_not_written(tmp_path: Path) -> None:
    class Constant(Plain):
        def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
            return super().forward(pixels, answers) * 1e-3

    with pytest.raises(LoweringError, match="nearly the same score"):
        export(Constant(), contract(), out=tmp_path / "bundle", target="onnx", precision="fp32")
    assert not (tmp_path / "bundle").exists()


def test_a_limit_that_is_broken_leaves_what_was_there(plain: Plain, tmp_path: Path) -> None:
    strict = (Path(__file__).parents[2] / "export" / "onnx.toml").read_text()
    (tmp_path / "strict.toml").write_text(strict.replace("allowance_bytes = ", "allowance_bytes = 1 #"))
    with pytest.raises(GateError, match="program_size_bytes"):
        export(plain, contract(), out=tmp_path / "bundle", target=tmp_path / "strict.toml", precision="fp32")
    assert not (tmp_path / "bundle").exists()


def test_a_module_that_does_not_fit_is_one_line(plain: Plain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "bundle"
    with pytest.raises(ContractError, match="Plain needs a contract that says side and range of its pixels"):
        export(plain, out=out)
    with pytest.raises(ContractError, match="Plain needs a contract"):
        export(plain, contract(model=None), out=out)
    with pytest.raises(ContractError, match=r"Plain gives \(1, 2\) for one photo, expected \(1, 4\)"):
        export(Plain(labels=2), contract(), out=out)
    with pytest.raises(ContractError, match="Linear does not take what its contract says"):
        export(nn.Linear(3, 4), contract(), out=out)
    with pytest.raises(ConfigError, match="unknown target 'windows'"):
        export(plain, contract(), out=out, target="windows")
    private, _ = new_keys(tmp_path / "locked", passphrase="a good passphrase")
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)
    with pytest.raises(SignatureError, match=f"the key has a passphrase: set {PASSPHRASE_VARIABLE}"):
        export(plain, contract(), out=out, key=private)
    assert not out.exists()


def test_weights_that_were_changed_are_calibrated_again_or_not_exported_to_int8(tmp_path: Path) -> None:
    model = load_model()
    assert model.unchanged_checkpoint() is not None
    with torch.no_grad():
        next(model.network.parameters()).add_(0.01)
    assert model.unchanged_checkpoint() is None
    with pytest.raises(LoweringError, match="was not calibrated yet: give photos"):
        model.export(tmp_path / "bundle", target="android")


def test_other_thresholds_come_with_a_contract_of_their_own(plain: Plain, tmp_path: Path) -> None:
    refer = Threshold(value=0.25, chosen_on="a wish")
    model, other = LesionClassifier(contract(), plain), contract(refer=refer)
    made = export(model, other, out=tmp_path / "bundle", target="onnx", precision="fp32")
    assert made.bundle.contract.refer == refer
    assert made.bundle.read("model_card.md").decode().count("a wish") == 1
