"""A network's preprocessing as a transform of torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms import v2

from skinedge.contract import Contract
from skinedge.errors import DataError
from skinedge.models.inference import InferenceModule
from skinedge.preprocess.photo import Photo, load_photo
from skinedge.runtime.engine import program_input


class Preprocess(v2.Transform):  # type: ignore[misc]
    """A photo to what a network takes, by the very module that is exported: for `v2.Compose` and data sets.

    The photo is an image of Pillow or a (3, H, W) uint8 RGB tensor, upright. Alone, it may also be a path, the bytes of a
    file or an (H, W, 3) uint8 array. It is cropped to its centre square, resized, made even in colour and contrast, and
    normalised. What else is in a sample, such as a label, passes through.
    """

    def __init__(self, contract: Contract) -> None:
        super().__init__()
        self.spec = contract.image
        self.module = InferenceModule(contract, nn.Identity()).eval()

    def forward(self, *inputs: Any) -> Any:
        """The same with every photo prepared; see the class."""
        if len(inputs) == 1 and isinstance(inputs[0], str | Path | bytes | np.ndarray):
            return self._prepared(inputs[0])
        return super().forward(*inputs)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Tensor:
        """(3, side_px, side_px) float32 pixels in the range of the backbone, on the device of this module.

        Raises: PhotoError where the photo cannot be used; DataError where a tensor is not (3, H, W) uint8.
        """
        if not isinstance(inpt, Image.Image):
            if inpt.dtype != torch.uint8 or inpt.ndim != 3 or inpt.shape[0] != 3:
                raise DataError(f"got a tensor {tuple(inpt.shape)} of {inpt.dtype}, expected (3, height, width) of uint8")
            inpt = inpt.permute(1, 2, 0).cpu().numpy()
        return self._prepared(inpt)

    def _prepared(self, given: Photo) -> Tensor:
        photo = torch.from_numpy(program_input(load_photo(given, self.spec)))
        with torch.no_grad():
            return self.module.pixels(photo.to(self.module.normalize.mean.device))[0]
