"""A checkpoint and a bundle of the version before contracts had schema 2, kept as they were.

They were written at commit afc65dd: `checkpoint.zip` is the default network with weights that repeat, so that they compress,
and `expected.json` what that version said of a picture; `bundle.zip` is the tiny bundle that tests use.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from skinedge.contract import MISSING, Contract
from skinedge.errors import ContractError, LoweringError
from skinedge.lowering.quantization.plan import load_quantization
from skinedge.models.checkpoint import load_checkpoint, load_recipe_record, save_checkpoint
from skinedge.models.eager import EagerEngine
from skinedge.runtime.bundle import open_bundle
from skinedge.screening.screener import Screener
from tests import fakes

FIXTURES = Path(__file__).parents[1] / "fixtures" / "schema_1"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schema_1")
    for name in ("checkpoint", "bundle"):
        with zipfile.ZipFile(FIXTURES / f"{name}.zip") as packed:
            packed.extractall(folder / name)
    return folder


def test_a_checkpoint_predicts_the_same_as_before(old: Path) -> None:
    assert json.loads((old / "checkpoint" / "contract.json").read_bytes())["schema_version"] == 1
    made, expected = load_checkpoint(old / "checkpoint"), json.loads((old / "checkpoint" / "expected.json").read_bytes())
    photo = np.random.default_rng(expected["seed"]).integers(0, 256, (1, 3, 56, 56)).repeat(8, axis=2).repeat(8, axis=3)
    found = EagerEngine(made).probabilities(photo.astype(np.float32), np.array([expected["answers"]], dtype=np.float32))
    assert np.abs(found - expected["probabilities"]).max() < 1e-6


def test_its_contract_says_how_the_network_is_built(old: Path, tmp_path: Path) -> None:
    contract = Contract.load(old / "checkpoint")
    config = contract.network
    assert (config.backbone, config.fusion, config.side_px) == ("mobilenet_v2", "product", 224)
    assert config.pixel_mean == (0.5, 0.5, 0.5) and config.answers_head_weight == 0.3
    assert contract.missing == MISSING and contract.schema_version == 2
    # Written anew, it is whole without its recipe.
    made = load_checkpoint(old / "checkpoint")
    save_checkpoint(tmp_path, made.net, made.contract, load_recipe_record(old / "checkpoint"))
    (tmp_path / "recipe.json").unlink()
    again = load_checkpoint(tmp_path)
    assert again.contract == made.contract
    assert all((a == b).all() for a, b in zip(again.net.state_dict().values(), made.net.state_dict().values(), strict=True))


def test_a_renamed_or_unknown_setting_of_a_recipe_breaks_no_checkpoint(old: Path, tmp_path: Path) -> None:
    for file in (old / "checkpoint").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    record = json.loads((tmp_path / "recipe.json").read_bytes())
    (tmp_path / "recipe.json").write_text(json.dumps(record | {"a_setting_of_another_version": 1}))
    assert load_checkpoint(tmp_path).contract == load_checkpoint(old / "checkpoint").contract


def test_a_checkpoint_without_its_recipe_is_one_line(old: Path, tmp_path: Path) -> None:
    for name in ("contract.json", "model.safetensors"):
        (tmp_path / name).write_bytes((old / "checkpoint" / name).read_bytes())
    with pytest.raises(ContractError, match=r"does not say how its network is built.*: give a whole checkpoint"):
        load_checkpoint(tmp_path)


def test_its_quantization_plan_is_read(old: Path) -> None:
    carried = load_quantization(old / "checkpoint", Contract.load(old / "checkpoint"))
    assert carried is not None and carried.plan.schema_version == 3
    assert max(carried.plan.quantization_error.values()) > 0 and "matched to" in carried.plan.recalibrations["all"].chosen_on


@pytest.mark.parametrize(
    "change",
    [
        {"refits": None},
        {"refits": [[[]]]},
        {"refits": {"all": 3}},
        {"refits": {"all": {"temperature": 1.0}}},
        {"damage": None},
    ],
)
def test_a_damaged_plan_of_schema_2_is_one_line(old: Path, tmp_path: Path, change: dict[str, object]) -> None:
    for file in (old / "checkpoint").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "quantization.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    with pytest.raises(LoweringError, match=r"is damaged .*calibrate again"):
        load_quantization(tmp_path, Contract.load(tmp_path))


@pytest.mark.parametrize("normalization", [[[]], "unheard of", None, 3])
def test_a_recipe_with_a_range_of_pixels_that_nobody_knows_is_one_line(
    old: Path, tmp_path: Path, normalization: object
) -> None:
    for file in (old / "checkpoint").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    record = json.loads((tmp_path / "recipe.json").read_bytes())
    (tmp_path / "recipe.json").write_text(json.dumps(record | {"normalization": normalization}))
    with pytest.raises(ContractError, match=r"cannot be used: model\.pixel_mean"):
        load_checkpoint(tmp_path)


def test_a_bundle_screens(old: Path) -> None:
    bundle = open_bundle(old / "bundle")
    assert bundle.contract == fakes.contract() and bundle.contract.model is None
    photo = fakes.photo(old / "spot.jpg")
    screener = Screener(old / "bundle", allow_unsigned=True)
    result = screener.screen(photo, {"age_years": 63})
    assert result.decision in ("refer", "watch") and result.imputed == ("itch", "region")
