"""What an audit finds, as one document. Intervals are 95 %, by drawing patients with replacement."""

from __future__ import annotations

from typing import Literal

from skinedge.contract import Frozen
from skinedge.evaluation.bootstrap import Figure

Level = Literal["clear", "look", "leak"]


class Share(Frozen):
    """So many of so many; `share` is None (JSON null) of none."""

    count: int
    of: int
    share: float | None

    @classmethod
    def out_of(cls, count: int, of: int) -> Share:
        return cls(count=count, of=of, share=count / of if of else None)


class Partitions(Frozen):
    """Test images with something of theirs among the training images of their fold.

    A lesion is known by patient and number together: numbers are not unique over patients. Photos are compared where
    `unit` is "photos"; the other counts need no photo.
    """

    unit: Literal["rows", "photos"]
    patients: Share
    lesions: Share
    near_duplicates: Share | None = None
    exact_duplicates: Share | None = None


class Duplicates(Frozen):
    """Pairs of photos that are the same picture, over the whole data set; exact pairs are near pairs too."""

    bits: int
    at_most_different: int
    exact_pairs: int
    near_pairs: int
    near_pairs_of_two_patients: int
    near_pairs_of_two_labels: int


class BlankFlag(Frozen):
    """One question: how often it has no answer, and how well that alone tells malignant from benign."""

    question: str
    malignant_share: float | None
    benign_share: float | None
    auc: Figure


class Missingness(Frozen):
    """What blanks tell, over all rows of the metadata. Every AUC is turned so that 0.5 is the least it can be on the
    data themselves, but `model`, which could be below."""

    rows: int
    patterns: int
    best_question: str | None
    best: Figure
    model: Figure
    best_unknown_question: str | None
    best_unknown: Figure
    """Of the flag "marked UNK" alone, without answers left blank."""
    flags: tuple[BlankFlag, ...]


class Baseline(Frozen):
    """What something less than a trained network reaches."""

    name: str
    protocol: str
    photos: int
    bacc: Figure
    auc: Figure
    malignancy_auc: Figure


class Shortcut(Frozen):
    """A property of the file or scene, not of the lesion. Above 0.5 it is larger where the lesion is malignant, or was
    biopsied."""

    name: str
    differs: bool
    """False where all photos have the same value: then the AUC is 0.5 and says nothing."""
    malignant_auc: Figure
    biopsied_auc: Figure
    biopsied_benign_auc: Figure
    """Biopsied or not, among benign lesions only."""


class SceneOfLabel(Frozen):
    """What the photos of one label show beside the lesion, and how sharp they are."""

    label: str
    marked: Share
    """With pen."""
    mean_ink_share: float | None
    hairy: Share
    """With dark hair."""
    mean_hair_share: float | None
    median_sharpness: float | None
    """Of the variance of the Laplacian at 256 px: small where photos are blurred."""


class DataAudit(Frozen):
    """What the data and the split carry, without any model."""

    rows: int
    photos: int
    patients: int
    patient_overlap: float | None
    """Share of test images of patients who also have training images, over all rows that the split names; None where
    the split has no partitions."""
    lesion_overlap: float | None
    missingness_auc: float | None
    """AUC, malignant against benign, of the best single flag "this question has no answer", over all rows of the
    metadata, turned so that it is at least 0.5: `missingness.best.value`. Marked unknown counts as no answer."""
    missingness_model_auc: float | None
    """AUC of logistic regression on all these flags, five folds, no patient in two, mean of the folds' AUCs."""
    overlap: tuple[Partitions, ...]
    duplicates: Duplicates
    missingness: Missingness
    baselines: tuple[Baseline, ...]
    shortcuts: tuple[Shortcut, ...]
    scenes: tuple[SceneOfLabel, ...]


class PatternEffect(Frozen):
    """What the model's score tells of the class where only the pattern of blanks varies; see `blanking`."""

    mean_auc: Figure
    """Mean over the base photos; the interval is over patients, whose patterns they are, and over base photos."""
    sd: float
    lowest: float
    highest: float
    mean_distance: float
    """Mean of |AUC - 0.5| over the base photos: leaving out an answer that spoke for one class
    moves the score towards the other, so that a single photo may lean either way though blanks as such tell nothing."""
    aucs: tuple[float, ...]
    patterns: int
    rows: int
    largest_change: float
    """Of the score, over patterns, on any base photo. Near 0 the AUC sorts by hair's breadths."""


class Change(Frozen):
    """What a change of the input did to the model's advice."""

    group: str
    name: str
    photos: int
    refer_to_watch: int
    watch_to_refer: int
    decisions_changed: Figure
    mean_change: Figure
    mean_absolute_change: Figure


class ModelAudit(Frozen):
    """What a model does where it should do nothing."""

    model_name: str
    weights_sha256: str | None
    refer_threshold: float
    seen_in_training: bool
    photos: int
    """In `blanking` and `robustness`: drawn from the test side, of every label alike as far as they go."""
    missingness_auc: float
    """How well blanks alone sort malignant from benign through this model: 0.5 + |m - 0.5|, where m is
    `missingness.mean_auc`. It should stay below 0.55."""
    missingness: PatternEffect
    blanking: tuple[Change, ...]
    robustness: tuple[Change, ...]


class Finding(Frozen):
    """One thing to know, in words."""

    level: Level
    text: str


class Report(Frozen):
    """One audit."""

    skinedge_version: str
    split: str
    protocol: str
    findings: tuple[Finding, ...]
    data: DataAudit
    model: ModelAudit | None
    bootstrap_rounds: int
    credit: str
    notice: str
