"""The results of an audit, as one document. Intervals are 95 %, by drawing patients with replacement."""

from __future__ import annotations

from typing import Literal

from skinedge.contract import Frozen
from skinedge.evaluation.bootstrap import Figure

Level = Literal["clear", "look", "leak"]


class Share(Frozen):
    """A count out of a total; `share` is None (JSON null) where the total is 0."""

    count: int
    of: int
    share: float | None

    @classmethod
    def out_of(cls, count: int, of: int) -> Share:
        return cls(count=count, of=of, share=count / of if of else None)


class Partitions(Frozen):
    """Test images whose patient, lesion or picture is among the training images of their fold.

    Patient and number together identify a lesion: numbers are not unique over patients. Pictures are compared where `unit`
    is "photos"; the other counts need no photo.
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


class MissingFlag(Frozen):
    """One question: how often its answer is missing, and how well that alone tells malignant from benign."""

    question: str
    malignant_share: float | None
    benign_share: float | None
    auc: Figure


class Missingness(Frozen):
    """What missing answers tell, over all rows of the metadata. Every AUC except `model` is turned so that it is at least
    0.5 on the data themselves."""

    rows: int
    patterns: int
    best_question: str | None
    best: Figure
    model: Figure
    best_unknown_question: str | None
    best_unknown: Figure
    """Of the flag "marked UNK" alone, without empty cells."""
    flags: tuple[MissingFlag, ...]


class Baseline(Frozen):
    """The figures of a model that is simpler than a trained network."""

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
    """Pen and hair in the photos of one label, and their sharpness."""

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
    """The audit of the data and the split, without any model."""

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
    """What the model's score tells of the class where only the pattern of missing answers varies; see `masking`."""

    mean_auc: Figure
    """Mean over the base photos; the interval is over patients, whose patterns they are, and over base photos."""
    sd: float
    lowest: float
    highest: float
    mean_distance: float
    """Mean of |AUC - 0.5| over the base photos. Leaving out an answer that spoke for one class moves the score towards the
    other, so that single photos may lean either way even where missing answers as such tell nothing."""
    aucs: tuple[float, ...]
    patterns: int
    rows: int
    largest_change: float
    """Of the score, over patterns, on any base photo. Near 0 the AUC sorts by tiny differences."""


class Change(Frozen):
    """The effect of a change of the input on the model's decisions."""

    group: str
    name: str
    photos: int
    refer_to_watch: int
    watch_to_refer: int
    decisions_changed: Figure
    mean_change: Figure
    mean_absolute_change: Figure


class ModelAudit(Frozen):
    """The audit of a model: changes of its score and decisions where there should be none."""

    model_name: str
    weights_sha256: str | None
    refer_threshold: float
    seen_in_training: bool
    photos: int
    """In `blanking` and `robustness`: from the test partition, of every label alike as far as they go."""
    missingness_auc: float
    """How well missing answers alone sort malignant from benign through this model: 0.5 + |m - 0.5|, where m is
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
