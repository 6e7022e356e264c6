"""The model that comes with the package, as a health worker's laptop runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skinedge.contract import MISSING
from skinedge.datasets.pad_ufes_20 import answer_matrix, label_indices, read_pad_ufes_20
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.preprocess.photo import load_photo
from skinedge.runtime.bundle import default_bundle_path, open_bundle
from skinedge.runtime.engine import program_input
from skinedge.runtime.loading import load_engine
from tests.conftest import Command


def test_it_screens_a_synthetic_lesion(skinedge: Command, tmp_path: Path) -> None:
    from PIL import Image

    photo = tmp_path / "spot.png"
    Image.fromarray(draw_lesion(np.random.default_rng(1), "MEL", 640)).save(photo)
    code, out, _ = skinedge("screen", photo, "--age-years", "63", "--region", "face", "--itch", "yes", "--json")
    result = json.loads(out)
    assert code == 0 and result["decision"] in ("refer", "watch")
    assert set(result["imputed"]) == {"grew", "hurt", "changed", "bleed", "elevation"}
    assert sum(result["probabilities"].values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.needs_torch
def test_which_answers_are_missing_tells_nothing_of_the_class(real_data: Path) -> None:
    """Real patterns of missing answers, with the photo and the answers held fixed, must not sort malignant from benign."""
    from sklearn.metrics import roc_auc_score

    bundle = open_bundle(default_bundle_path())
    engine, contract = load_engine(bundle), bundle.contract
    data = read_pad_ufes_20(real_data)
    masks = answer_matrix(data.records, contract.fields) == MISSING
    malignant = np.isin(label_indices(data.records), contract.malignant_indices)
    patterns, of_row = np.unique(masks, axis=0, return_inverse=True)

    records = [r for r in data.with_photos() if all(r.answers[f.name] is not None for f in contract.fields)][::40]
    answers = answer_matrix(tuple(records), contract.fields)
    aucs, moved = [], 0.0
    for record, full in zip(records, answers, strict=True):
        assert record.photo is not None
        photo = program_input(load_photo(record.photo, contract.image))
        scores = np.array(
            [
                engine.probabilities(photo, np.where(pattern, MISSING, full)[None].astype(np.float32))[
                    contract.malignant_indices
                ].sum()
                for pattern in patterns
            ]
        )
        moved = max(moved, float(np.ptp(scores)))
        aucs.append(roc_auc_score(malignant, scores[of_row.reshape(-1)]))
    assert moved > 0.01, "missing answers change nothing at all: the test would prove nothing"
    assert 0.45 <= np.mean(aucs) <= 0.55, np.round(aucs, 2)
