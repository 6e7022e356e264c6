"""Writes the test data of the Kotlin core: `python -m android_demo.ci.golden`. Synthetic lesions only.

Each file says what Python makes of something; the Kotlin tests must make the same of it. `tests/android/test_golden.py`
finds files that Python would not write any more.
"""

from __future__ import annotations

import itertools
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from numpy.typing import NDArray
from PIL import ExifTags, Image

from android_demo.ci import follow_ups
from benchmarks.degradations import draw_thing
from skinedge.codes import Decision
from skinedge.contract import Answer, Contract, Threshold
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.errors import AnswerError
from skinedge.preprocess.photo import square
from skinedge.records.visit import Consent, Visit
from skinedge.runtime.bundle import MANIFEST_FILE, default_bundle_path, write_manifest
from skinedge.runtime.signature import SIGNATURE_FILE, sign
from skinedge.screening import detail, photo_check, scene
from skinedge.screening import triage as triage_rules
from skinedge.screening.photo_check import PhotoCheck
from skinedge.screening.screener import ScreeningResult
from skinedge.screening.triage import assess, triage

FOLDER = Path(__file__).parents[1] / "core" / "src" / "test" / "resources" / "golden"
SEED = 7
WATCH_BELOW = 0.005

LIMITS: dict[ModuleType, tuple[str, ...]] = {
    photo_check: (
        *("BLACK_BELOW", "WHITE_ABOVE", "UNIFORM_BELOW", "BLURRED_BELOW", "SOFT_BELOW", "SOFT_FLAT_ABOVE"),
        "DIM_BELOW",
        *("FALLOFF_BELOW", "SHAKEN_ABOVE", "COMPRESSED_ABOVE", "DARK_BELOW", "GLARE_LEVEL", "GLARE_SHARE", "PALE_ABOVE"),
    ),
    detail: ("FLAT_RANGE",),
    scene: ("NO_SKIN_BELOW", "MOST_RED_TO_GREEN", "ORDERED_ABOVE", "WOVEN_ABOVE", "EVEN_BELOW", "TINY_BELOW"),
    triage_rules: ("SOFT_SHARE",),
}

SQUARES = ((97, 131, 48), (90, 60, 48), (33, 33, 33), (20, 31, 48), (300, 201, 7))
"""Width, height and side: smaller, larger and as it is, even and odd."""

ANSWERS: tuple[dict[str, Answer], ...] = (
    {},
    {"age_years": "63", "region": "face", "itch": "yes"},
    {"age_years": " 63.5 ", "region": "FACE", "itch": "No", "bleed": "1", "hurt": "0"},
    {"itch": "Não", "grew": "Na\u0303o", "hurt": "VERDADEIRO", "changed": "1.0", "bleed": "Falso"},
    {"age_years": None, "region": "unknown", "itch": "don't know", "grew": ""},
    {"age_years": "0"},
    {"age_years": "120"},
    {"age_years": "1e1"},
    {"age_years": "120.5"},
    {"age_years": "-1"},
    {"age_years": "nan"},
    {"age_years": "inf"},
    {"age_years": "old"},
    {"region": "knee"},
    {"itch": "perhaps"},
    {"hair": "yes"},
)


def write(folder: Path) -> None:
    """Writes all files into `folder`, in place of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    contract = Contract.load(default_bundle_path())
    rng = np.random.default_rng(SEED)
    cases = {
        "squares": _squares(folder, rng),
        "answers": [_encoded(contract, answers) for answers in ANSWERS],
        "triage": _triage(contract, rng),
        "assess": _assess(contract),
        "limits": {name: getattr(module, name) for module, names in LIMITS.items() for name in names},
        "checks": _checks(folder, rng),
        "follow_ups": follow_ups.cases(_visit(contract)),
        "pseudonyms": follow_ups.pseudonyms(),
    }
    (folder / "cases.json").write_text(json.dumps(cases, indent=1) + "\n", encoding="utf-8")
    (folder / "visit.json").write_text(_visit(contract).model_dump_json(indent=1) + "\n", encoding="utf-8")
    _turned(folder, rng)
    _signed(folder, contract)


def _squares(folder: Path, rng: np.random.Generator) -> list[dict[str, Any]]:
    cases = []
    for width, height, side in SQUARES:
        photo = draw_lesion(rng, "MEL", max(width, height))[:height, :width]
        name = f"{width}x{height}"
        Image.fromarray(photo).save(folder / f"{name}.png", optimize=True)
        Image.fromarray(square(Image.fromarray(photo), side)).save(folder / f"{name}-square.png", optimize=True)
        cases.append({"photo": f"{name}.png", "side_px": side, "square": f"{name}-square.png"})
    return cases


def _encoded(contract: Contract, answers: dict[str, Answer]) -> dict[str, Any]:
    try:
        return {"answers": answers, "encoded": contract.encode(answers)}
    except AnswerError:
        return {"answers": answers, "encoded": None}


def _triage(contract: Contract, rng: np.random.Generator) -> list[dict[str, Any]]:
    """A contract with a range that cannot be assessed; Kotlin's tests set the same range."""
    contract = contract.model_copy(update={"watch_below": Threshold(value=WATCH_BELOW)})
    cases = []
    for malignant in (0.01, 0.1, 0.2, 1.0) * 5:
        weights = [malignant if label in contract.malignant_labels else 1.0 for label in contract.labels]
        probabilities = rng.dirichlet(weights).astype(np.float32).tolist()
        score = float(contract.score(probabilities))
        decision, reason = triage(score, contract)
        cases.append({"probabilities": probabilities, "score": score, "decision": decision, "reason": reason})
    return cases


def _assess(contract: Contract) -> list[dict[str, Any]]:
    """Photos with and without warnings, with and without insisting, in the range of `_triage`."""
    contract = contract.model_copy(update={"watch_below": Threshold(value=WATCH_BELOW)})
    checks = (
        PhotoCheck(None),
        PhotoCheck(None, soft=True),
        PhotoCheck(None, ("dark", "no_skin")),
        PhotoCheck("almost_black"),
    )
    cases = []
    for check, insist, share in itertools.product(checks, (False, True), (0.0, 0.49, 0.5, 0.99, 1.0, 200)):
        score = share * WATCH_BELOW
        decision, reason = assess(check, score, contract, insist=insist)
        case: dict[str, Any] = {"unusable": check.unusable, "advice": list(check.advice), "soft": check.soft}
        case |= {"insist": insist, "score": score}
        cases.append(case | {"decision": decision, "reason": reason})
    return cases


def _checks(folder: Path, rng: np.random.Generator) -> list[dict[str, Any]]:
    lesion = draw_lesion(rng, "NEV", 112, skin_type=2)
    glare = lesion.copy()
    glare[:28, :28] = 255
    skin = np.clip(np.array((206, 156, 124)) + rng.normal(0, 6, (112, 112, 3)), 0, 255).astype(np.uint8)
    tiny = skin.copy()
    tiny[53:60, 53:60] = (70, 40, 30)
    blurred = np.asarray(Image.fromarray(lesion[::28, ::28]).resize((112, 112), Image.Resampling.BICUBIC))
    photos: dict[str, NDArray[np.uint8]] = {
        "lesion": lesion,
        "black": (lesion // 16).astype(np.uint8),
        "white": (255 - lesion // 32).astype(np.uint8),
        "flat": np.full_like(lesion, 120),
        "dark": (lesion // 4).astype(np.uint8),
        "glare": glare,
        "blurred": blurred,
        "tiny": tiny,
        "grass": skin[:, :, [2, 0, 1]],
        "soft": _smeared(_smeared(lesion, across=4, down=4), across=3, down=3),
        "noisy": np.clip(blurred.astype(int) + rng.normal(0, 4, lesion.shape[:2])[..., None], 0, 255).astype(np.uint8),
        "shaken": _smeared(lesion, across=8, down=1),
        "compressed": lesion[::4, ::4].repeat(4, axis=0).repeat(4, axis=1),
        "pale": (255 - (255 - lesion.astype(int)) // 4).astype(np.uint8),
        "cloth": draw_thing("cloth", 112),
        "wood": (skin * rng.uniform(0.6, 1.1, 14).repeat(8)[:, None]).astype(np.uint8),
        "paper": np.broadcast_to(np.linspace(198, 216, 112)[:, None] - (0, 6, 12), skin.shape).astype(np.uint8),
    }
    cases = []
    for name, photo in photos.items():
        Image.fromarray(photo).save(folder / f"check-{name}.png", optimize=True)
        found = photo_check.check_photo(photo)
        case = {"photo": f"check-{name}.png", "unusable": found.unusable, "advice": list(found.advice)}
        cases.append(case | {"soft": found.soft})
    return cases


def _smeared(photo: NDArray[np.uint8], *, across: int, down: int) -> NDArray[np.uint8]:
    steps = itertools.product(range(down), range(across))
    smeared: NDArray[np.uint8] = np.mean([np.roll(photo, step, axis=(0, 1)) for step in steps], axis=0).astype(np.uint8)
    return smeared


def _turned(folder: Path, rng: np.random.Generator) -> None:
    """One picture with four corners of their own, as cameras held in eight ways would have written it."""
    corners = np.zeros((96, 160, 3), dtype=np.uint8)
    corners[:48, :80], corners[:48, 80:], corners[48:, :80] = (220, 40, 40), (40, 220, 40), (40, 40, 220)
    upright = Image.fromarray(corners)
    undone = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    for orientation, turn in undone.items():
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        (upright if turn is None else upright.transpose(turn)).save(
            folder / f"turned-{orientation}.jpg", exif=exif, quality=90, subsampling=0
        )


def _signed(folder: Path, contract: Contract) -> None:
    """A small bundle, signed with a key that everybody can see here: it is for tests alone."""
    bundle = folder / "signed"
    bundle.mkdir()
    contract.save(bundle)
    (bundle / "skinedge.pte").write_bytes(b"no program, but bytes to hash")
    write_manifest(bundle, target="android", precision="int8", program="skinedge.pte", made_with={"executorch": "1.4.1"})
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    (bundle / SIGNATURE_FILE).write_bytes(sign((bundle / MANIFEST_FILE).read_bytes(), key).to_bytes())
    (folder / "tests.pub").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _visit(contract: Contract) -> Visit:
    decision: Decision = "watch"
    result = ScreeningResult(
        decision=decision,
        reason="score_below_threshold",
        malignancy_score=0.0625,
        refer_threshold=contract.refer.value,
        probabilities=dict.fromkeys(contract.labels, 0.125) | {"NEV": 0.375},
        imputed=("age_years",),
        advice=("dark",),
        photo_sha256="0" * 64,
        model_name=contract.model_name,
        model_sha256="1" * 64,
        notice=contract.notice,
    )
    moment = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
    return Visit(
        visit_id="7K3Q9D2MXA",
        patient="P-7K3Q9D",
        created_at=moment,
        language="pt_BR",
        consent=Consent(agreed_to=("screening", "keep photo"), at=moment),
        answers={"itch": "yes", "age_years": None},
        result=result,
        site="Posto Água Fria",
        screened_by="",
    )


if __name__ == "__main__":
    write(FOLDER)
