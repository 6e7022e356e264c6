"""Changes of a photo do what they are called, and decisions that they turn are counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.evaluation.audit.perturbations import (
    PERTURBATIONS,
    Perturbation,
    blur,
    light,
    mirror,
    quarter_turns,
    turn,
    zoom,
)
from skinedge.evaluation.audit.robustness import robustness
from skinedge.evaluation.audit.subject import Subject
from skinedge.evaluation.audit.subset import of_every_label
from tests.evaluation.audit.planted import model

PHOTO = draw_lesion(np.random.default_rng(0), "MEL", 96, skin_type=2)


@pytest.mark.parametrize(("group", "name", "perturb"), PERTURBATIONS)
def test_every_change_keeps_the_form_and_changes_something(group: str, name: str, perturb: Perturbation) -> None:
    before = PHOTO.copy()
    after = perturb(PHOTO)
    assert after.shape == PHOTO.shape and after.dtype == np.uint8
    assert (after != PHOTO).any() and (before == PHOTO).all()
    # Nothing black comes in at the edges.
    assert abs(float(after[:3].mean()) - float(PHOTO[:3].mean())) < 60


def test_nothing_done_is_nothing_changed() -> None:
    for nothing in (light(1, 1, 1), quarter_turns(4), turn(0), zoom(1.0), blur(0)):
        assert (nothing(PHOTO) == PHOTO).all()
    assert (mirror(mirror(PHOTO)) == PHOTO).all()


def test_nearer_and_further_go_the_right_way() -> None:
    spot = np.full((90, 90, 3), 200, dtype=np.uint8)
    spot[30:60, 30:60] = 20

    def dark(pixels: np.ndarray) -> float:
        return float((pixels < 110).mean())

    assert dark(zoom(1.5)(spot)) == pytest.approx(dark(spot) * 1.5**2, rel=0.1)
    assert dark(zoom(0.75)(spot)) == pytest.approx(dark(spot) * 0.75**2, rel=0.1)


def test_a_model_of_brightness_alone_hangs_on_light_only(synthetic: Path) -> None:
    records = of_every_label(read_pad_ufes_20(synthetic).with_photos(), 12)
    levels = Subject.of(model(lambda level, _: level), records).scores
    subject = Subject.of(model(lambda level, _: level, threshold=float(np.median(levels))), records)
    found = {change.name: change for change in robustness(subject, rounds=50)}
    assert found["turned 90°"].decisions_changed.value == 0
    assert found["turned 180°"].mean_absolute_change.value == pytest.approx(0, abs=1e-6)
    darker, brighter = found["20 % darker"], found["20 % brighter"]
    assert darker.refer_to_watch > 0 and darker.watch_to_refer == 0
    assert brighter.watch_to_refer > 0 and brighter.refer_to_watch == 0
    assert (darker.mean_change.value or 0) < -0.05 < 0.05 < (brighter.mean_change.value or 0)
