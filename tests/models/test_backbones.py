"""Backbones by name, and weights that fit them or are refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import Tensor, nn

from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.errors import ConfigError
from skinedge.models.backbones import BACKBONES, build, register_backbone, with_weights

State = dict[str, Tensor]
NAME = "mobilenet_v2"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def state_of(seed: int = 5) -> State:
    torch.manual_seed(seed)
    return {f"features.{key}": value for key, value in build(NAME).features.state_dict().items()}


@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_ends_in_a_map_of_its_channels_at_a_32th_of_the_side(name: str) -> None:
    backbone = build(name)
    assert backbone.name == name
    backbone.features.eval()
    with torch.no_grad():
        assert backbone.features(torch.zeros(1, 3, 64, 96)).shape == (1, backbone.channels, 2, 3)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_whole_published_model_fits_its_backbone(name: str, tmp_path: Path) -> None:
    if name == "efficientnet_lite0":
        pytest.skip("its published weights come in a package: see the test of those")
    torch.manual_seed(1)
    state = torchvision.models.get_model(name, weights=None).state_dict()
    save_file(state, tmp_path / "whole.safetensors")
    loaded = with_weights(name, str(tmp_path / "whole.safetensors")).features.state_dict()
    first = next(value for key, value in state.items() if value.ndim == 4)
    assert torch.equal(next(value for value in loaded.values() if value.ndim == 4), first)


def test_the_packaged_weights_of_efficientnet_lite0_see_alike_things_alike() -> None:
    features = with_weights("efficientnet_lite0", "imagenet").features.eval()
    pixels = torch.from_numpy(draw_lesion(np.random.default_rng(0), "BCC", 64)).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad():
        seen, darker, noise = (
            features(x.float()).mean(dim=(2, 3)) for x in (pixels, pixels * 0.97, torch.randn(1, 3, 64, 64))
        )
    assert torch.cosine_similarity(seen, darker) > 0.9 > torch.cosine_similarity(seen, noise)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_taps_have_the_channels_that_they_say(name: str) -> None:
    backbone = build(name)
    x, found = torch.zeros(1, 3, 64, 64), []
    backbone.features.eval()
    with torch.no_grad():
        for position, block in enumerate(backbone.features):
            x = block(x)
            found += [(position, x.shape[1])] if position in dict(backbone.taps) else []
    assert tuple(found) == backbone.taps and len(found) == 3


def test_weights_from_a_file_are_those_of_the_file(tmp_path: Path) -> None:
    state = state_of()
    state["features.0.1.running_mean"] = torch.arange(32).float()
    # What belongs to the classifier is left.
    save_file(state | {"classifier.1.bias": torch.zeros(1000)}, tmp_path / "w.safetensors")
    torch.manual_seed(9)
    loaded = with_weights(NAME, str(tmp_path / "w.safetensors")).features.state_dict()
    assert loaded.keys() == {key.removeprefix("features.") for key in state}
    assert all(torch.equal(loaded[key.removeprefix("features.")], value) for key, value in state.items())


def test_the_counters_of_batch_normalisation_may_be_left_out(tmp_path: Path) -> None:
    state = {key: value for key, value in state_of().items() if not key.endswith("num_batches_tracked")}
    save_file(state, tmp_path / "w.safetensors")
    loaded = with_weights(NAME, str(tmp_path / "w.safetensors")).features.state_dict()
    assert torch.equal(loaded["0.0.weight"], state["features.0.0.weight"])


def test_no_weights_is_a_fresh_backbone() -> None:
    torch.manual_seed(3)
    first = with_weights(NAME, "none").features.state_dict()
    torch.manual_seed(3)
    second = build(NAME).features.state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_an_unknown_name_is_reported() -> None:
    for make in (build, lambda name: with_weights(name, "none")):
        with pytest.raises(ConfigError, match=r"^unknown backbone 'resnet': expected one of .*mobilenet_v2"):
            make("resnet")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    for missing in (tmp_path / "w.safetensors", tmp_path):
        with pytest.raises(ConfigError, match=r"^no weights at .*: give a safetensors file, or `imagenet`"):
            with_weights(NAME, str(missing))


def without_one(state: State) -> State:
    return {key: value for key, value in state.items() if key != "features.3.conv.0.0.weight"}


def other_prefix(state: State) -> State:
    return {key.replace("features.", "backbone."): value for key, value in state.items()}


MISFITS: dict[str, tuple[Callable[[State], State], str]] = {
    "another shape": (lambda state: state | {"features.0.0.weight": torch.zeros(16, 3, 3, 3)}, "size mismatch for 0.0"),
    "one less": (without_one, r"3\.conv\.0\.0\.weight is missing or unknown"),
    "one more": (lambda state: state | {"features.99.weight": torch.zeros(1)}, r"99\.weight is missing or unknown"),
    "another model": (other_prefix, r"0\.0\.weight is missing or unknown; expected torchvision's names"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_a_file_that_does_not_fit_is_one_line(case: str, tmp_path: Path) -> None:
    change, says = MISFITS[case]
    save_file(change(state_of()), tmp_path / "w.safetensors")
    with pytest.raises(ConfigError, match=rf"w\.safetensors does not fit mobilenet_v2: .*{says}") as error:
        with_weights(NAME, str(tmp_path / "w.safetensors"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"Dear doctor", b"\xff" * 1000, b"\x02" + b"\0" * 7 + b"[]"])
def test_a_file_of_another_kind_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(ConfigError, match=r"w\.safetensors is not a safetensors file") as error:
        with_weights(NAME, str(tmp_path / "w.safetensors"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("a/b", {}, "expected a name of letters"),
        ("mobilenet_v2", {}, "comes with SkinEdge"),
        ("own", {"mean": (0.5,)}, "expected three finite numbers"),
        ("own", {"std": (0.0, 0.0, 0.0)}, "above 0"),
        ("own", {"factory": lambda: 3}, "expected a torch module"),
        ("own", {"factory": lambda: nn.Conv2d(3, 8, 3)}, "expected a feature map"),
        ("own", {"factory": lambda: nn.Sequential(nn.Conv2d(3, 8, 32, 32), _Nothing())}, "expected one tensor of finite"),
        ("own", {"factory": lambda: nn.Sequential(nn.Conv2d(3, 8, 32, 32), _Pair())}, "gives tuple"),
    ],
)
def test_a_backbone_that_cannot_be_one_is_refused_at_once(name: str, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        register_backbone(name, **{"factory": lambda: nn.Conv2d(3, 8, 32, 32)} | settings)
    assert "own" not in BACKBONES


class _Nothing(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.nan


class _Pair(nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x, x
