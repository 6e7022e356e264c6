"""Why a photo is refused: a code for programs, and a line for people. Apps and browsers refuse for the same codes."""

from __future__ import annotations

from skinedge.errors import PhotoError
from skinedge.words.markers import N_

REFUSALS = {
    "missing": N_("no photo at {photo}: check the file name"),
    "folder": N_("{photo} is a folder, not a photo: choose one photo"),
    "unreadable": N_("cannot read {photo}: check that you may read it, and that the disk is in order"),
    "unknown": N_("{photo} is not a photo: choose a photo, or copy it again"),
    "format": N_("{photo} is a {format} file: set the camera to JPEG, or save the photo as JPEG"),
    "no_heic": N_(
        "{photo} is a HEIC photo, which cannot be opened here: set the phone to JPEG; on an iPhone choose Settings, Camera, "
        "Formats, Most Compatible"
    ),
    "moving": N_("{photo} is a moving picture: take a still photo"),
    "rare_jpeg": N_("{photo} is a JPEG of a rare kind: save it as an ordinary JPEG"),
    "damaged": N_("{photo} is damaged or cut short: copy it again or take the photo again"),
    "too_large": N_("{photo} is too large: expected at most {megapixels} megapixels; use the camera's normal setting"),
    "too_many_pixels": N_(
        "{photo} is too large: got {width} x {height}, expected at most {megapixels} megapixels; use the camera's normal "
        "setting"
    ),
    "too_small": N_(
        "{photo} is too small: got {width} x {height}, expected at least {least} pixels on each side; take the photo "
        "again from closer"
    ),
    "deep": N_("{photo} has more than 8 bits a channel: expected an ordinary 8-bit colour photo; save it as JPEG"),
    "grey": N_("{photo} is greyscale: expected a colour photo; take it again in colour"),
    "few_colours": N_("{photo} has only 256 colours: expected a full colour photo; use the camera's own file"),
    "mode": N_("{photo} is a {mode} image: expected an RGB colour photo; save it as an ordinary JPEG"),
    "transparent": N_("{photo} is partly transparent: expected a whole photo; save it as JPEG"),
    "hdr": N_("{photo} is an HDR photo, whose colours cannot be read here: turn HDR off in the camera, or set it to JPEG"),
    "colours": N_(
        "{photo} does not say clearly what its colours mean: use the camera's own file, and set the camera to JPEG"
    ),
}


HOLE = bytes(256)
"""Stands in no coded pixels of WebP, AVIF or HEIC, whose decoders fill holes without a word: a disk or a card leaves zeros
where it lost a sector."""


class Refused(Exception):  # noqa: N818  the gate raises it inside; people see a PhotoError
    """A file that is refused, before it has a name."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def refusal(code: str, photo: object, **values: object) -> PhotoError:
    """The error for a photo that is refused."""
    error = PhotoError(REFUSALS[code], photo=photo, **values)
    error.code = code
    return error
