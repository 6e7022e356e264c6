"""int8 by post-training quantization (PT2E), with the ranges of activations kept in the checkpoint.

Only statistics of activations are kept, so that a stranger without any photo exports the same program as the person who
calibrated on real ones.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from skinedge.errors import LoweringError

RANGES_FILE = "activation_ranges.safetensors"

# Each part becomes an int8 program of its own with floats in between: the product of image and clinical features, whose
# ranges differ, and the imputation, where a rounded answer is a wrong answer, stay in float. They cost next to nothing.
QUANTIZED_PARTS = ("image_encoder", "clinical", "classifier")

SMALLEST_WEIGHT_SCALE = 2.0**-20
"""The quantizer's own floor, 2^-12, is above what many channels need once batch normalisation is folded into them: they
would be left with a few levels out of 255."""

Sample = tuple[Tensor, Tensor]
"""What the network takes: normalised pixels (1, 3, 224, 224) and raw answers (1, F)."""


def calibrate(network: nn.Module, samples: Iterable[Sample]) -> dict[str, Tensor]:
    """Runs the samples through the network and returns the histograms of its activations.

    Raises: LoweringError where there is no sample.
    """
    prepared: nn.Module | None = None
    with torch.no_grad():
        for sample in samples:
            prepared = prepared or _prepare(network, sample)
            prepared(*sample)
    if prepared is None:
        raise LoweringError("no photo to calibrate on: give a data set with at least one photo")
    return {key: value.clone() for key, value in prepared.state_dict().items() if _is_range(key)}


def quantize(network: nn.Module, example: Sample, ranges: dict[str, Tensor]) -> nn.Module:
    """The network with int8 weights (one scale a channel) and activations.

    Raises: LoweringError where the ranges are of another network.
    """
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e

    prepared = _prepare(network, example)
    with torch.no_grad():
        prepared(*example)  # the observers of the weights look at them in this pass
    expected = {key for key in prepared.state_dict() if _is_range(key)}
    if expected != set(ranges):
        raise LoweringError("the activation ranges are of another network: calibrate again with --data")
    prepared.load_state_dict(ranges, strict=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in QUANTIZED_PARTS:
            setattr(prepared, part, convert_pt2e(getattr(prepared, part)))
    return prepared


def save_ranges(folder: Path, ranges: dict[str, Tensor]) -> Path:
    """Writes the ranges beside a checkpoint's weights."""
    save_file({key: value.contiguous() for key, value in ranges.items()}, folder / RANGES_FILE)
    return folder / RANGES_FILE


def load_ranges(folder: Path) -> dict[str, Tensor] | None:
    """The ranges that a checkpoint carries, or None. Raises: LoweringError where the file is damaged."""
    path = folder / RANGES_FILE
    if not path.exists():
        return None
    try:
        return load_file(path)
    except SafetensorError as error:
        raise LoweringError(f"{path} is damaged ({error}): calibrate again with --data") from None


def _is_range(key: str) -> bool:
    # Observers of activations are histograms; those of weights keep only a lowest and a highest value a channel, and are
    # filled from the weights themselves.
    return "activation_post_process" in key and key.rsplit(".", 1)[1] in ("histogram", "min_val", "max_val")


def _prepare(network: nn.Module, sample: Sample) -> nn.Module:
    """A copy of the network whose parts watch what passes through them."""
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from torchao.quantization.pt2e import PerChannelMinMaxObserver
    from torchao.quantization.pt2e.quantize_pt2e import prepare_pt2e

    config = get_symmetric_quantization_config(is_per_channel=True)
    finer = PerChannelMinMaxObserver.with_args(eps=SMALLEST_WEIGHT_SCALE)
    config = replace(config, weight=replace(config.weight, observer_or_fake_quant_ctr=finer))

    inputs: dict[str, tuple[Tensor, ...]] = {}
    watched = copy.deepcopy(network).eval()
    hooks = [
        getattr(watched, part).register_forward_pre_hook(lambda _, given, part=part: inputs.update({part: given}))
        for part in QUANTIZED_PARTS
    ]
    with torch.no_grad():
        watched(*sample)
    for hook in hooks:
        hook.remove()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in QUANTIZED_PARTS:
            quantizer = XNNPACKQuantizer().set_global(config)
            exported = torch.export.export(getattr(watched, part), inputs[part])
            setattr(watched, part, prepare_pt2e(exported.module(), quantizer))
    return watched
