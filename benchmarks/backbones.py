"""Exports every backbone that is offered to every target, through the gates: `make backbones`, two hours.

    python -m benchmarks.backbones [--backbone resnet50] [--target onnx] [--precision int8]

The networks are not trained: their weights are random, their batch normalisation is estimated on synthetic lesions, and
their last layer is fitted so that answers differ. So nothing is learned here of how good a backbone is, or how well it takes
int8; only that it lowers, runs and keeps its limits, of size among them. Results of others in the same file stay.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from benchmarks import RESULTS
from benchmarks.parity_targets import describe_run, write_results
from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.errors import LoweringError
from skinedge.lowering.backends.registry import backend_names, installed_backend_names
from skinedge.lowering.export import SYNTHETIC_LESIONS, export
from skinedge.lowering.network import count_weights
from skinedge.lowering.parity.golden import synthetic_inputs
from skinedge.lowering.quantization.calibration import calibrate_on_synthetic_lesions
from skinedge.lowering.quantization.plan import Quantization
from skinedge.lowering.recipe import load_export_recipe
from skinedge.models import backbones
from skinedge.models.checkpoint import Checkpoint, load_checkpoint
from skinedge.models.lesion_net import build_network
from skinedge.runtime.engine import program_input

CARD = "# A network that was never trained\n"
SPREAD, UNLIKELY = 2.0, -8.0
"""Standard deviation of a likely label's logit over the inputs, and the logit of the labels that never are."""


def main() -> None:
    """Exports all that is asked for; the last line on stdout is where the results are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", action="append", choices=list(backbones.BACKBONES))
    parser.add_argument("--target", action="append", choices=backend_names())
    parser.add_argument("--precision", action="append", choices=["int8", "fp16", "fp32"])
    parser.add_argument("--work", type=Path, default=Path("build/backbones"), help="where bundles are written")
    parser.add_argument("--out", type=Path, default=RESULTS / "backbones.json")
    given = parser.parse_args()
    for name in given.backbone or backbones.BACKBONES:
        checkpoint, quantization = untrained_checkpoint(name), None
        for target in given.target or installed_backend_names():
            for precision in load_export_recipe(target).limits:
                if given.precision and precision not in given.precision:
                    continue
                if precision == "int8":
                    quantization = quantization or calibrate_untrained(checkpoint)
                plan = quantization if precision == "int8" else None
                found = measure(checkpoint, target, precision, plan, given.work / f"{name}-{target}-{precision}")
                print(f"{name} {target} {precision}: {found}", flush=True)
                document = json.loads(given.out.read_text()) if given.out.is_file() else {}
                write_results(given.out, document | {f"{name} {target} {precision}": {"run": describe_run(), **found}})
    print(given.out)


def measure(
    checkpoint: Checkpoint, target: str, precision: Any, quantization: Quantization | None, out: Path
) -> dict[str, Any]:
    """Exports once: sizes and parity, or why it was refused."""
    recipe, start = load_export_recipe(target).at(precision), time.perf_counter()
    weights = count_weights(checkpoint.net)
    common = {"weights": weights, "limit_bytes": recipe.limits[precision].program_size_bytes(weights)}
    try:
        exported = export(checkpoint, recipe, out, quantization=quantization, card=CARD)
    except LoweringError as error:
        return common | {"refused": str(error)}
    (parity,) = exported.comparisons
    return common | {
        "program_size_bytes": exported.lowered.size_bytes,
        "float_blocks": exported.precision.float_blocks,
        "largest_difference": parity.largest_difference,
        "decision_agreement": parity.decision_agreement,
        "seconds": round(time.perf_counter() - start),
    }


def untrained_checkpoint(name: str) -> Checkpoint:
    """A network with this backbone whose answers differ from lesion to lesion, with the default model's contract.

    One label of either kind is likely, by the direction in which the last hidden layer varies most: on one side of the
    widest gap in the middle a lesion is malignant. No rounding carries a lesion over a gap.
    """
    torch.manual_seed(0)
    embedded = load_checkpoint(DEFAULT_CHECKPOINT)
    config = embedded.contract.network.model_copy(update={"backbone": name, "answers_head_weight": 0.0})
    contract = embedded.contract.model_copy(update={"model": config, "temperature": 1.0, "watch_below": None})
    network = build_network(contract).eval()
    checkpoint = Checkpoint(network, contract)
    inputs, module = synthetic_inputs(contract, SYNTHETIC_LESIONS), checkpoint.inference_module()
    with torch.no_grad():
        pixels = torch.cat([module.pixels(torch.from_numpy(program_input(photo))) for photo in inputs.pixels])
    answers = torch.from_numpy(inputs.answers)
    for layer in network.image_encoder.modules():
        if isinstance(layer, nn.BatchNorm2d):
            # Most values pass the activation behind. Where half of them are cut off in every layer, as a network begins,
            # photos become alike, and what is left of their differences drowns in the noise of any rounding.
            nn.init.constant_(layer.bias, 2.0)
    update_bn([pixels], network.image_encoder)
    network.eval()
    *_, hidden, _, last = network.classifier.layers
    assert isinstance(last, nn.Linear)
    seen: list[torch.Tensor] = []
    hook = hidden.register_forward_hook(lambda _module, _given, out: seen.append(out))
    with torch.no_grad():
        network(pixels, answers)
        hook.remove()
        centre = seen[0].mean(dim=0)
        direction = torch.linalg.svd(seen[0] - centre, full_matrices=False).Vh[0]
        along = (seen[0] - centre) @ direction
        ordered = along.sort().values
        middle = ordered[len(ordered) // 4 : -len(ordered) // 4]
        widest = int(middle.diff().argmax())
        boundary = middle[widest : widest + 2].mean()
        malignant = contract.malignant_indices[0]
        benign = next(index for index in range(len(contract.labels)) if index not in contract.malignant_indices)
        last.weight.zero_()
        last.bias.fill_(UNLIKELY)
        for index, sign in ((malignant, 1), (benign, -1)):
            last.weight[index] = sign * SPREAD * direction / along.std()
            last.bias[index] = -last.weight[index] @ centre - sign * SPREAD * boundary / along.std()
        scores = np.sort(contract.score(network(pixels, answers).softmax(dim=1).numpy()))
    below = int((along < boundary).sum())
    threshold = contract.refer.model_copy(
        update={"value": float(scores[below - 1 : below + 1].mean()), "chosen_on": "the widest gap of synthetic lesions"}
    )
    return Checkpoint(network, contract.model_copy(update={"refer": threshold}))


def calibrate_untrained(checkpoint: Checkpoint) -> Quantization:
    """How its network becomes int8 by the recipe for Android, on other synthetic lesions than those of the gates."""
    recipe = load_export_recipe("android").at("int8")
    return calibrate_on_synthetic_lesions(checkpoint, recipe.quantization, recipe.limits["int8"])


if __name__ == "__main__":
    main()
