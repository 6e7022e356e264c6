"""The findings of an audit, in sentences. The limits are rules of thumb; every sentence states those that it uses."""

from __future__ import annotations

from collections.abc import Iterator

from skinedge.evaluation.audit.report import DataAudit, Finding, Level, ModelAudit, Partitions, Shortcut

TELLING_AUC = 0.55
"""The AUC from which missing answers, or a property of the file, tell something of the class."""
STRONG_AUC = 0.7
FRAGILE = 0.1
"""The share of decisions that a slightly different photo may change."""


def data_findings(data: DataAudit) -> tuple[Finding, ...]:
    """Findings on the data and the split."""
    return (*_overlap(data), *_missingness(data), *_baselines(data), *_shortcuts(data))


def model_findings(model: ModelAudit) -> tuple[Finding, ...]:
    """Findings on the model."""
    return tuple(_model(model))


def _overlap(data: DataAudit) -> Iterator[Finding]:
    if not data.overlap:
        yield Finding(level="look", text="Nothing is held out in this split: no result on it speaks of new patients.")
    for partitions in data.overlap:
        yield _shared(partitions)
        if partitions.near_duplicates and partitions.near_duplicates.count:
            near = partitions.near_duplicates
            yield Finding(
                level="leak",
                text=f"{near.count} of {near.of} test photos are nearly the same picture as a training photo.",
            )
    pairs = data.duplicates
    if pairs.near_pairs:
        yield Finding(
            level="leak" if pairs.near_pairs_of_two_patients else "look",
            text=f"{pairs.near_pairs} pairs of photos are nearly the same picture, {pairs.exact_pairs} of them pixel by "
            f"pixel; {pairs.near_pairs_of_two_patients} pairs are filed under two patients, "
            f"{pairs.near_pairs_of_two_labels} under two labels.",
        )


def _shared(partitions: Partitions) -> Finding:
    what = "test images (with a photo or not)" if partitions.unit == "rows" else "test images with a photo at hand"
    patients = partitions.patients
    share = f"{patients.share:.0%}" if patients.share is not None else "none"
    return Finding(
        level="leak" if patients.count else "clear",
        text=f"{patients.count} of {patients.of} {what} ({share}) are of patients who also have training images, and "
        f"{partitions.lesions.count} show a lesion that does.",
    )


def _missingness(data: DataAudit) -> Iterator[Finding]:
    best, model = data.missingness_auc, data.missingness_model_auc
    if best is None:
        yield Finding(level="look", text="All rows are malignant or all are benign: missing answers tell nothing.")
        return
    strongest = max(best, model if model is not None else 0.5)
    flag = f" ({data.missingness.best_question} unanswered)" if data.missingness.best_question else ""
    also = f", logistic regression on all of them with {model:.2f}" if model is not None else ""
    yield Finding(
        level=_level(strongest),
        text=f"Missing answers alone tell malignant from benign: the best single one{flag} with an AUC of {best:.2f}{also}."
        if strongest >= TELLING_AUC
        else f"Missing answers alone tell nothing of the class: AUC {best:.2f}{also}.",
    )


def _baselines(data: DataAudit) -> Iterator[Finding]:
    for baseline in data.baselines:
        bacc, auc = baseline.bacc.value, baseline.malignancy_auc.value
        if bacc is not None and auc is not None:
            yield Finding(
                level="look",
                text=f"To beat: {baseline.name} reaches balanced accuracy {bacc:.1%} and malignancy AUC {auc:.2f} "
                f"({baseline.protocol}).",
            )


def _shortcuts(data: DataAudit) -> Iterator[Finding]:
    for shortcut in data.shortcuts:
        if not shortcut.differs:
            yield Finding(level="clear", text=f"{_capital(shortcut.name)}: the same for every photo.")
            continue
        yield Finding(level=_level(_strongest(shortcut)), text=_shortcut_text(shortcut))


def _strongest(shortcut: Shortcut) -> float:
    values = [figure.value for figure in (shortcut.malignant_auc, shortcut.biopsied_auc) if figure.value is not None]
    return max((max(value, 1 - value) for value in values), default=0.5)


def _shortcut_text(shortcut: Shortcut) -> str:
    values = {"malignant": shortcut.malignant_auc.value, "biopsied": shortcut.biopsied_auc.value}
    aucs = ", ".join(f"{name} or not with an AUC of {value:.2f}" for name, value in values.items() if value is not None)
    return f"{_capital(shortcut.name)} tells {aucs}." if aucs else f"{_capital(shortcut.name)}: nothing to compare."


def _model(model: ModelAudit) -> Iterator[Finding]:
    effect = model.missingness
    if model.seen_in_training:
        yield Finding(level="look", text="The model was trained on this data set: what follows is of photos it has seen.")
    leaks = model.missingness_auc > TELLING_AUC
    lean = "lean one way" if leaks else "lean neither way on average"
    yield Finding(
        level="leak" if leaks else "clear",
        text=f"Which answers are missing, with photo and other answers held fixed: real patterns {lean}, malignant against "
        f"benign with an AUC of {effect.mean_auc.value or 0:.3f} (0.5 is nothing; the aim is {1 - TELLING_AUC:.2f} to "
        f"{TELLING_AUC:.2f}); on single photos {effect.lowest:.2f} to {effect.highest:.2f}, moving the score by up to "
        f"{effect.largest_change:.2f}.",
    )
    for changes, what in (
        (model.blanking, "Leaving answers out"),
        (model.robustness, "Taking the photo a little differently"),
    ):
        worst = max(changes, key=lambda change: change.decisions_changed.value or 0, default=None)
        if worst is not None and worst.decisions_changed.value is not None:
            value = worst.decisions_changed.value
            # Answers should matter: a decision that changes without one is no fault.
            fragile = changes is model.robustness and value > FRAGILE
            yield Finding(
                level="look" if fragile else "clear",
                text=f"{what} turns up to {value:.0%} of the decisions ({worst.name}: {worst.refer_to_watch} from refer to "
                f"watch, {worst.watch_to_refer} the other way, of {worst.photos} photos).",
            )


def _level(auc: float) -> Level:
    return "leak" if auc >= STRONG_AUC else "look" if auc >= TELLING_AUC else "clear"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
