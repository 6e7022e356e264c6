"""Runs the package of an iOS bundle with Core ML, on a Mac.

NOT TESTED: nothing of this project has been run by Core ML, on a Mac or on a phone. What an iOS bundle computes was checked
by a reference evaluator of its operations only.
"""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from skinedge.errors import ContractError, RuntimeMissingError
from skinedge.runtime.bundle import Bundle
from skinedge.runtime.engine import Floats, checked
from skinedge.runtime.registry import Runtime

NOT_RUN = "Compared by a reference evaluator of the program's operations, not by Core ML: nothing was run on an Apple device"
"""The limitation of the figures of an iOS bundle."""


class CoreMLEngine:
    """An ML Program with inputs `photo`, an image, and `answers`, and output `probabilities`."""

    def __init__(self, bundle: Bundle) -> None:
        """Compiles the program. Raises: RuntimeMissingError without coremltools; ContractError where it does not load."""
        try:
            from coremltools.models import MLModel
        except ImportError:
            raise RuntimeMissingError("to run a bundle for iOS, a Mac needs coremltools: pip install coremltools") from None
        self._bundle = bundle
        # Core ML reads files: those that were checked, not those in the bundle by then.
        with tempfile.TemporaryDirectory() as folder:
            for name in bundle.manifest.program_files:
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(bundle.read(name))
            try:
                self._model = MLModel(str(Path(folder) / bundle.manifest.program.split("/")[0]))
            except Exception as error:  # noqa: BLE001  whatever coremltools and Core ML raise
                raise ContractError(_error_text(f"{bundle.program_path} cannot be loaded", error)) from None

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `Engine.probabilities`."""
        image = Image.fromarray(photo[0].transpose(1, 2, 0).astype(np.uint8))
        try:
            output = self._model.predict({"photo": image, "answers": answers})["probabilities"]
        except Exception as error:  # noqa: BLE001
            raise ContractError(_error_text(f"{self._bundle.program_path} failed", error)) from None
        return checked(output, self._bundle)


def ios_version(macos: str) -> str:
    """The iOS that has the Core ML of a macOS: 16 for macOS 13.6, 26 for macOS 26.

    Args:
        macos: its version; empty on other systems.

    Raises: RuntimeMissingError on other systems.
    """
    if not macos:
        raise RuntimeMissingError("Core ML, which runs this bundle, is part of Apple's systems: check it on a Mac")
    major = int(macos.split(".")[0])
    return str(major if major >= 26 else major + 3)


def _error_text(what: str, error: Exception) -> str:
    message = " ".join(str(error).split()) or type(error).__name__
    return f"{what}: {message[:200]}; export the bundle again"


RUNTIME = Runtime(
    "ios",
    lambda bundle, threads: CoreMLEngine(bundle),
    install="update the system, or give a bundle with target onnx",
    find_version=lambda: ios_version(platform.mac_ver()[0]),
    caveat=NOT_RUN,
)
