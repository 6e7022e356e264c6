"""The augmented photos that the networks of a run share."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from skinedge.errors import ConfigError
from skinedge.models.backbones import build
from skinedge.training.augmentation_cache import AugmentationCache
from skinedge.training.recipe import Recipe, load_recipe
from skinedge.training.run import contract_of


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    small = {"side_px": 64, "low_side_px": 32, "low_side_epochs": 1, "frozen_blocks": 4, "augmentation_cache": True}
    return load_recipe("edge").model_copy(update=small)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("weights") / "mobilenet_v2.safetensors"
    save_file({f"features.{key}": value for key, value in build("mobilenet_v2").features.state_dict().items()}, file)
    return str(file)


def test_a_cached_epoch_holds_augmented_photos_and_their_features_from_frozen_blocks(
    recipe: Recipe, weights: str, tmp_path: Path
) -> None:
    photos = torch.randint(0, 256, (3, 3, 128, 128), dtype=torch.uint8)
    cache = AugmentationCache(tmp_path / "cache", photos, recipe, contract_of(recipe).network, weights)
    low, high = cache.of(0), cache.of(1)
    assert low.rgb.shape == (3, 3, 32, 32) and high.rgb.shape == (3, 3, 64, 64) and high.rgb.dtype == torch.uint8
    features = build("mobilenet_v2").features[:4].eval()
    features.load_state_dict({k.removeprefix("features."): v for k, v in load_file(weights).items()}, strict=False)
    with torch.no_grad():
        expected = features(cache.normalize(high.rgb.float()))
    assert high.encoded.shape == expected.shape and expected.std() > 0
    assert (high.encoded.float() - expected).abs().max() < 0.05 * expected.std(), "half a level of pixels, and float16"


def test_an_epoch_looks_the_same_to_every_network_and_unlike_other_epochs(
    recipe: Recipe, weights: str, tmp_path: Path
) -> None:
    photos = torch.randint(0, 256, (2, 3, 128, 128), dtype=torch.uint8)
    first = AugmentationCache(tmp_path / "cache", photos, recipe, contract_of(recipe).network, weights)
    state = torch.get_rng_state()
    one = first.of(1)
    assert torch.equal(torch.get_rng_state(), state), "filling the cache leaves the random state alone"
    made = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()}
    assert torch.equal(
        AugmentationCache(tmp_path / "cache", photos, recipe, contract_of(recipe).network, weights).of(1).rgb, one.rgb
    )
    assert (
        {file.name: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()}
        == made
        == {"1.safetensors": made["1.safetensors"]}
    )
    assert not torch.equal(first.of(2).rgb, one.rgb)
    first.remove()
    assert not (tmp_path / "cache").exists()
    assert torch.equal(first.of(1).encoded, one.encoded), "a resumed run sees the same photos"


def test_a_cache_of_other_photos_or_a_damaged_one_is_made_anew(recipe: Recipe, weights: str, tmp_path: Path) -> None:
    photos = torch.randint(0, 256, (2, 3, 128, 128), dtype=torch.uint8)
    other, config = 255 - photos, contract_of(recipe).network
    expected = AugmentationCache(tmp_path / "fresh", other, recipe, config, weights).of(1)
    AugmentationCache(tmp_path / "cache", photos, recipe, config, weights).of(1)
    found = AugmentationCache(tmp_path / "cache", other, recipe, config, weights).of(1)
    assert torch.equal(found.rgb, expected.rgb) and torch.equal(found.encoded, expected.encoded)
    file = tmp_path / "cache" / "1.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    assert torch.equal(AugmentationCache(tmp_path / "cache", other, recipe, config, weights).of(1).rgb, expected.rgb)


def test_a_fusion_that_looks_into_frozen_blocks_has_no_cache(recipe: Recipe) -> None:
    with pytest.raises(ConfigError, match="visual_attention"):
        recipe.changed(fusion="visual_attention", augmentation_cache=True)
