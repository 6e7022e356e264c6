"""One audit from beginning to end."""

from __future__ import annotations

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import CREDIT, DataSet, Record, patient_ids
from skinedge.datasets.splits import SplitName
from skinedge.errors import DataError
from skinedge.evaluation.audit.baselines import baselines
from skinedge.evaluation.audit.findings import data_findings, model_findings
from skinedge.evaluation.audit.image_statistics import image_statistics
from skinedge.evaluation.audit.masking import leave_out, pattern_effect
from skinedge.evaluation.audit.missingness import audit_missingness
from skinedge.evaluation.audit.overlap import duplicates, partitions_of
from skinedge.evaluation.audit.partitions import PROTOCOLS, partitions, rows_of_split
from skinedge.evaluation.audit.report import DataAudit, ModelAudit, Report
from skinedge.evaluation.audit.robustness import robustness
from skinedge.evaluation.audit.shortcuts import scenes_of_labels, shortcuts
from skinedge.evaluation.audit.subject import Subject
from skinedge.evaluation.audit.subset import of_every_label
from skinedge.evaluation.baseline import Parts
from skinedge.evaluation.bootstrap import patient_weights
from skinedge.evaluation.predict import Model

ROUNDS = 1000
BASES = 60


def audit(data: DataSet, split: SplitName, model: Model | None = None, *, version: str, photos: int = 120) -> Report:
    """Audits a data set and its split, and a model where one is given.

    Args:
        version: of SkinEdge, to be written in the report.
        photos: how many the model is asked about repeatedly.

    Raises: DataError where the split cannot be made or a part of it is empty; PhotoError for a photo that cannot be used.
    """
    found = audit_data(data, split)
    of_model = audit_model(data, split, model, photos=photos) if model else None
    return Report(
        skinedge_version=version,
        split=split,
        protocol=PROTOCOLS[split],
        findings=data_findings(found) + (model_findings(of_model) if of_model else ()),
        data=found,
        model=of_model,
        bootstrap_rounds=ROUNDS,
        credit=CREDIT,
        notice=Contract.model_fields["notice"].default,
    )


def audit_data(data: DataSet, split: SplitName) -> DataAudit:
    """See `audit`."""
    rows, records = rows_of_split(data, split), data.with_photos()
    of_rows, of_photos = _checked(partitions(data, rows, split), split), _checked(partitions(data, records, split), split)
    statistics = image_statistics(records)
    missingness = audit_missingness(data, patient_weights(patient_ids(data.records), rounds=ROUNDS, seed=0))
    overlap = (partitions_of(rows, of_rows), partitions_of(records, of_photos, statistics)) if of_rows else ()
    grouped = baselines(records, statistics, partitions(data, records, "grouped"), protocol="grouped")
    leaking = baselines(records, statistics, of_photos, protocol=split) if split == "pundhir2022" else ()
    photo_weights = patient_weights(patient_ids(records), rounds=ROUNDS, seed=0)
    return DataAudit(
        rows=len(data.records),
        photos=len(records),
        patients=len({record.patient_id for record in data.records}),
        patient_overlap=overlap[0].patients.share if overlap else None,
        lesion_overlap=overlap[0].lesions.share if overlap else None,
        missingness_auc=missingness.best.value,
        missingness_model_auc=missingness.model.value,
        overlap=overlap,
        duplicates=duplicates(records, statistics),
        missingness=missingness,
        baselines=leaking + grouped,
        shortcuts=shortcuts(records, statistics, photo_weights),
        scenes=scenes_of_labels(records, statistics),
    )


def audit_model(data: DataSet, split: SplitName, model: Model, *, photos: int) -> ModelAudit:
    """See `audit`."""
    records = data.with_photos()
    effect = pattern_effect(model, data.records, records, bases=BASES, rounds=ROUNDS)
    subject = Subject.of(model, of_every_label(_tested(data, records, split), photos))
    mean = effect.mean_auc.value
    return ModelAudit(
        model_name=model.contract.model_name,
        weights_sha256=model.contract.weights_sha256,
        refer_threshold=model.contract.refer.value,
        seen_in_training=model.was_trained_on(data),
        photos=len(subject.records),
        missingness_auc=0.5 + abs((0.5 if mean is None else mean) - 0.5),
        missingness=effect,
        blanking=leave_out(subject, rounds=ROUNDS),
        robustness=robustness(subject, rounds=ROUNDS),
    )


def _tested(data: DataSet, records: tuple[Record, ...], split: SplitName) -> tuple[Record, ...]:
    parts = partitions(data, records, split)
    # Over the five folds every photo is tested.
    return tuple(records[i] for i in parts[0][1]) if len(parts) == 1 else records


def _checked(parts: Parts, split: SplitName) -> Parts:
    for train, test in parts:
        if not len(train) or not len(test):
            raise DataError(
                f"split {split} has {len(train)} training and {len(test)} test images here, expected at least one of each; "
                "use --split grouped"
            )
    return parts
