"""The results sections of a model card, in Markdown."""

from __future__ import annotations

from skinedge.contract import Contract
from skinedge.evaluation.abstention import Abstention
from skinedge.evaluation.bootstrap import Figure
from skinedge.evaluation.cohort import Cohort
from skinedge.evaluation.report import Report, Results
from skinedge.evaluation.risk_coverage import COVERAGES
from skinedge.evaluation.subgroups import MINIMUM_PATIENTS, MINIMUM_PHOTOS, REGIONS, Subgroup
from skinedge.evaluation.table import PERCENT, PLAIN, cell, markdown_table

TOO_FEW = "too few"
_INTERVALS = "In brackets: 95 % interval, by drawing patients with replacement"


def chosen(contract: Contract, found: Results) -> str:
    """Temperature and threshold, of the final model and of the folds."""
    refer = contract.refer
    wanted = f" for a sensitivity of {refer.target_sensitivity:.0%}" if refer.target_sensitivity else ""
    text = f"Temperature {contract.temperature:.3f}; refer threshold {refer.value:.3f}{wanted}, chosen on {refer.chosen_on}."
    if len(found.fold_temperatures) > 1:
        text += (
            f" Folds: temperatures {min(found.fold_temperatures):.3f} to {max(found.fold_temperatures):.3f}, thresholds "
            f"{min(found.fold_thresholds):.3f} to {max(found.fold_thresholds):.3f}."
        )
    return text


def operating_points(found: Results) -> str:
    """The table of sensitivities and what they cost."""
    rows = [
        (
            f"{point.target_sensitivity:.0%}",
            f"{point.threshold:.3f}",
            *(cell(one, PERCENT) for one in (point.sensitivity, point.specificity, point.referral_rate)),
        )
        for point in found.operating_points
    ]
    where = (
        "Thresholds for each fold were chosen on the other folds, so that what was reached may fall short of what was wanted"
        if len(found.fold_thresholds) > 1
        else "Thresholds were chosen on the photos that they are measured on: what was reached is too good"
    )
    return "\n\n".join(
        [
            f"{where}. {_INTERVALS}, the thresholds as they are.",
            markdown_table(("wanted sensitivity", "threshold", "reached", "specificity", "photos referred"), rows),
            "The threshold in the table is the kept model's, chosen on all tested photos.",
        ]
    )


def abstention(found: Abstention) -> str:
    """The photos between watch and refer that are not assessed, and what they are."""
    rows = [
        (name, cell(one, PERCENT))
        for name, one in (
            ("Photos assessed (coverage)", found.coverage),
            ("Malignant photos referred, of those assessed", found.sensitivity),
            ("Benign photos not referred, of those assessed", found.specificity),
            ("All photos referred", found.referral_rate),
        )
    ]
    limit = found.watch_below
    return "\n\n".join(
        [
            f"Scores from {limit.value:.3f} up to the refer threshold mean: cannot assess, refer if in doubt. The limit is "
            f"the highest below which at most {1 - (limit.target_sensitivity or 0):.0%} of the malignant photos lie, chosen "
            f"for each fold on the other folds ({min(found.fold_values):.3f} to {max(found.fold_values):.3f}); it takes no "
            f"photo from those referred. {_INTERVALS}, the limits as they are.",
            markdown_table(("figure", "value"), rows),
            f"Not assessed: {found.malignant} malignant and {found.benign} benign photos. Malignant photos to watch: "
            f"{found.missed}, instead of {found.missed_without} without a band.",
        ]
    )


def risk_coverage(found: Results) -> str:
    """The gain of setting the least certain photos aside."""
    rows = [
        (one.question, cell(one.aurc, PLAIN), *(cell(one.risk_at[str(c)], PERCENT) for c in COVERAGES))
        for one in found.risk_coverage
    ]
    heads = ("wrong", "AURC", *(f"{c:.0%} kept" for c in COVERAGES))
    return "\n\n".join(
        [
            "Share of mistakes among the photos that are kept. Certainty is the probability of the first answer, or the "
            "distance of the malignancy score from the refer threshold in log-odds. AURC, the area under that curve, is "
            f"better the lower; certainty that says nothing would give the share at 100%. {_INTERVALS}.",
            markdown_table(heads, rows),
        ]
    )


def by_group(cohort: Cohort, found: Results) -> str:
    """The refer decision in each group that is large enough."""
    rows = []
    for group in found.subgroups:
        one = group.figures
        if one is None:
            rows.append((group.kind, group.name, TOO_FEW, "", "", "", "", ""))
            continue
        figures = (cell(one.malignancy_auc, PLAIN), cell(one.sensitivity, PERCENT), cell(one.specificity, PERCENT))
        rows.append((group.kind, group.name, f"{one.photos:,}", f"{one.patients:,}", f"{one.malignant:,}", *figures))
    heads = ("", "group", "photos", "patients", "malignant", "malignancy AUC", "sensitivity", "specificity")
    sex, everyone = cohort.unanswered["gender"], cohort.everyone
    parts = [
        f"The tested photos, at the thresholds above. {_INTERVALS}. Too few: under {MINIMUM_PATIENTS} patients, or under "
        f"{MINIMUM_PHOTOS} malignant or benign photos.",
        markdown_table(heads, rows, words=2),
        f"Biopsied: {cohort.malignant.biopsied} of {cohort.malignant.photos} malignant and {cohort.benign.biopsied} of "
        f"{cohort.benign.photos} benign photos. Benign lesions that nobody biopsied are mostly the easy ones, so that "
        "the figures on biopsied lesions are the harder test.",
    ]
    if sex.photos:
        parts.append(
            f"Of {sex.photos} photos without a recorded sex, {sex.biopsied} are of biopsied lesions (of all photos, "
            f"{everyone.biopsied} of {everyone.photos}). Where that share is lower, groups by sex and skin type lack easy "
            "benign lesions, and compare with biopsied lesions rather than with all."
        )
    regions = "; ".join(f"{name}: {', '.join(sites)}" for name, sites in REGIONS.items())
    return "\n\n".join([*parts, f"Body regions. {regions[0].upper()}{regions[1:]}."])


def against_answers(found: Results) -> str:
    """This model beside the baselines that see no photo."""
    named = [("photo and answers (this model)", found.metrics)]
    named += [(f"logistic regression, no photo, {name}", one) for name, one in found.baseline.items()]
    rows = [(name, *(cell(f, PLAIN) for f in (one.bacc, one.acc, one.auc, one.malignancy_auc))) for name, one in named]
    return markdown_table(("model", "BACC", "ACC", "macro AUC", "malignancy AUC"), rows)


def limitations(report: Report) -> str:
    """The limitations of the figures above."""
    cohort, found = report.cohort, report.results
    lines = [
        "No photo from another place, camera or time was tested: expect less elsewhere.",
        "Labels without a biopsy are a clinician's opinion "
        f"({cohort.everyone.photos - cohort.everyone.biopsied} of {cohort.everyone.photos} photos).",
        "Ink, hair and rulers are not marked in the data, so that nothing here shows whether the model leans on them.",
    ]
    if found is None:
        return _bullets(["Nothing was tested.", *lines])
    if report.run.split == "grouped":
        lines.append(
            "What was tested are the models of the folds, trained on fewer photos; the model that is kept, trained on all, "
            "has no photos left to be tested on."
        )
    rarest = min(found.metrics.per_class.items(), key=lambda item: item[1].n)
    lines.append(f"The rarest class, {rarest[0]}, has {rarest[1].n} photos: recall {_spoken(rarest[1].recall)}.")
    too_few = _too_few(found.subgroups)
    if too_few:
        lines.append(f"Too few to judge it by: {too_few}.")
    return _bullets(lines)


def _too_few(groups: tuple[Subgroup, ...]) -> str:
    missing: dict[str, list[str]] = {}
    for group in groups:
        if group.figures is None:
            missing.setdefault(group.kind, []).append(group.name)
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in missing.items())


def _spoken(figure: Figure) -> str:
    return "not defined" if figure.value is None else cell(figure, PERCENT)


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
