"""Where the fp32 checkpoint of this install's model lies, which its bundles were exported from.

A clone has it. The wheel leaves it out, but for what the station's report reads: 13 MB that a clinic never needs.
"""

from __future__ import annotations

from pathlib import Path

from skinedge.errors import ConfigError

DEFAULT_CHECKPOINT = Path(__file__).parent / "assets" / "checkpoint"
REFERENCE_SCORES = DEFAULT_CHECKPOINT / "reference_scores.json"
"""In every install."""


def default_checkpoint() -> Path:
    """The folder of the checkpoint. Raises: ConfigError where this install has none."""
    if not (DEFAULT_CHECKPOINT / "model.safetensors").is_file():
        raise ConfigError(
            "this install has no checkpoint of the default model, which training and export alone need: give --model "
            "CHECKPOINT, a folder that skinedge train made, or run pip install ./export/checkpoint in a clone of SkinEdge"
        )
    return DEFAULT_CHECKPOINT
