"""What the default model's preprocessing costs beside its int8 network: `make bench-preprocessing`.

Exit code 1 where it costs more than half, in a runtime with one thread.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from skinedge.benchmark.preprocessing_share import LIMIT, shares
from skinedge.benchmark.results import write_stamped
from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.lowering.quantization.plan import load_quantization
from skinedge.lowering.stages import split_stages
from skinedge.models.checkpoint import load_checkpoint


def main() -> int:
    """Measures; says whether the limit holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/preprocessing.json"))
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    quantization = load_quantization(DEFAULT_CHECKPOINT, checkpoint.contract)
    found = shares(split_stages(checkpoint, quantization), rounds=arguments.rounds)
    write_stamped(arguments.out, {"limit": LIMIT, "shares": [share.model_dump() for share in found]})
    for share in found:
        print(
            f"{share.runtime} {share.version}, threads {share.threads}: preprocessing {share.ratio:.2f} of the network, "
            f"{share.ratio_of_fastest:.2f} in the fastest rounds"
        )
    return int(any(max(share.ratio, share.ratio_of_fastest) > LIMIT for share in found if share.threads == 1))


if __name__ == "__main__":
    sys.exit(main())
