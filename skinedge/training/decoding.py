"""OpenCV as the decoder of training photos.

Training must see what a phone sees. OpenCV and Pillow both decode JPEG with libjpeg-turbo, and `tests/training` compares
their pixels bit by bit. OpenCV only decodes: `load_photo` still decides what counts as a photo and which way is up, and
crops and resizes.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageFile

from skinedge.preprocess.photo import decode_with_pillow

_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
"""OpenCV's flags for decoding at a half, a quarter or an eighth of the size, which Pillow calls a draft."""


def decode_with_opencv(image: ImageFile.ImageFile) -> Image.Image:
    """Decodes an opened JPEG with OpenCV, to the same pixels as `decode_with_pillow`; any other file with Pillow.

    A photo that OpenCV cannot decode also goes to Pillow, which says what is wrong with it.
    """
    if image.format != "JPEG" or image.mode != "RGB" or image.fp is None:
        return decode_with_pillow(image)
    # Set by `draft`: (reduction, whether to be quick rather than exact).
    reduction = getattr(image, "decoderconfig", None) or (1, 0)
    image.fp.seek(0)
    data = np.frombuffer(image.fp.read(), np.uint8)
    # Pillow reads the orientation, so that one place deals with damaged EXIF.
    bgr = cv2.imdecode(data, _REDUCED[reduction[0]] | cv2.IMREAD_IGNORE_ORIENTATION)
    if bgr is None or (bgr.shape[1], bgr.shape[0]) != image.size:
        return decode_with_pillow(image)
    return Image.fromarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB, bgr))
