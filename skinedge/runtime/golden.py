"""Golden vectors: inputs in a bundle with the outputs that its program must give on every machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import ValidationError

from skinedge.contract import Contract, Frozen
from skinedge.errors import ContractError, PhotoError, TamperError
from skinedge.preprocess.photo import load_photo
from skinedge.runtime.bundle import Bundle
from skinedge.runtime.engine import Engine, Floats, program_input

GOLDEN_FILE = "golden.json"
GOLDEN_TOLERANCE = 0.01
"""The largest difference of a probability from the recorded one: machines sum floats in different orders."""


class GoldenVector(Frozen):
    """One photo in the bundle, raw answers at their positions, and the outputs of the program and the fp32 model."""

    photo: str
    answers: tuple[float, ...]
    probabilities: tuple[float, ...]
    reference_probabilities: tuple[float, ...]


class Golden(Frozen):
    """The content of `golden.json`."""

    vectors: tuple[GoldenVector, ...]


def read_golden(bundle: Bundle) -> tuple[GoldenVector, ...]:
    """The golden vectors of a bundle.

    Raises: ContractError where there are none, or they do not fit the contract.
    """
    path = bundle.folder / GOLDEN_FILE
    if GOLDEN_FILE not in bundle.manifest.files:
        raise ContractError(f"{bundle.folder} has no {GOLDEN_FILE} to test its program with: export it again")
    try:
        vectors = Golden.model_validate_json(bundle.read(GOLDEN_FILE)).vectors
    except ValidationError as error:
        first = error.errors()[0]
        what = " ".join(f"{'.'.join(map(str, first['loc']))}: {first['msg']}".split())
        raise ContractError(f"{path} cannot be used: {what}; export the bundle again") from None
    if not vectors:
        raise ContractError(f"{path} holds no vectors to test the program with: export the bundle again")
    for vector in vectors:
        _check(vector, bundle, path)
    return vectors


def largest_difference(bundle: Bundle, engine: Engine) -> tuple[int, float]:
    """Runs all golden vectors. Returns their number, and the largest difference of a probability, 0..1.

    Raises: ContractError where there are none, they cannot be read, or the program fails on one.
    """
    vectors = read_golden(bundle)
    worst = 0.0
    for vector in vectors:
        found = engine.probabilities(*golden_inputs(bundle, vector))
        worst = max(worst, float(np.abs(found - np.array(vector.probabilities, dtype=np.float32)).max()))
    return len(vectors), worst


def golden_inputs(bundle: Bundle, vector: GoldenVector) -> tuple[Floats, Floats]:
    """Photo (1, 3, H, W) and answers (1, F) of a vector, as the program takes them. Raises: ContractError."""
    # At the size that the program takes, however small.
    spec = bundle.contract.image.model_copy(update={"minimum_side_px": 1})
    try:
        photo = program_input(load_photo(bundle.folder / vector.photo, spec))
    except PhotoError as error:
        raise ContractError(f"golden vectors cannot be used: {error}") from None
    return photo, np.array([vector.answers], dtype=np.float32)


def _check(vector: GoldenVector, bundle: Bundle, path: Path) -> None:
    contract: Contract = bundle.contract
    if vector.photo not in bundle.manifest.files:
        raise TamperError(f"{path} names a photo that the manifest does not list, {vector.photo!r}: export the bundle again")
    for what, got, expected in (
        ("answers", len(vector.answers), len(contract.fields)),
        ("probabilities", len(vector.probabilities), len(contract.labels)),
    ):
        if got != expected:
            raise ContractError(f"{path} does not fit the contract: got {got} {what}, expected {expected}; export it again")
