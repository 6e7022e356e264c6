"""Two reporting checklists, filled in from the run.

Source: CLEAR Derm, Daneshjou et al., JAMA Dermatology 158:90, 2022; TRIPOD+AI, Collins et al., BMJ 385:e078378, 2024.
The items are in our words and not complete; the numbers are those of TRIPOD+AI.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from skinedge.evaluation.cohort import Count
from skinedge.evaluation.report import Report
from skinedge.evaluation.table import markdown_table
from skinedge.questionnaire import COLUMNS

Items = list[tuple[str, str]]


def checklists_markdown(report: Report) -> str:
    """Both checklists and the settings they point to."""
    settings = ", ".join(f"{name} {value}" for name, value in _flat(dict(report.recipe)))
    return "\n\n".join(
        [
            "## CLEAR Derm",
            "Reporting of image-based models in dermatology (Daneshjou et al., 2022).",
            markdown_table(("item", "this model"), _clear_derm(report), words=2),
            "## TRIPOD+AI",
            "Reporting of prediction models (Collins et al., 2024). This is development with internal validation.",
            markdown_table(("item", "this model"), _tripod(report), words=2),
            "## Settings",
            f"Every setting of the recipe: {settings}.",
        ]
    )


def _clear_derm(report: Report) -> Items:
    cohort, contract = report.cohort, report.contract
    side, photos = cohort.shorter_side_px, cohort.everyone.photos
    names = ("fitzpatrick_type", "age_years", "gender", "region")
    has = {name: photos - cohort.unanswered[name].photos for name in names}
    return [
        ("Kind of image, camera", "close photos by smartphones of several makes; which phone took which is not recorded"),
        (
            "Lighting, distance, pose",
            f"not standardised, not recorded. Colour constancy and CLAHE are part of the program; {_varied(report.recipe)}",
        ),
        (
            "Image quality",
            f"shorter side {side.least:.0f} to {side.greatest:.0f} px, median {side.median:.0f}; no photo was left out for "
            "its quality. `skinedge screen` refuses photos that show nothing and gives advice on blur, dark, "
            "glare, tiny lesions and photos without skin",
        ),
        ("Artefacts (ink, hair, rulers)", "present, not marked, not removed; see Limitations"),
        (
            "Preprocessing",
            f"centre square, {contract.image.side_px} px, halved by averaging; the rest is inside the exported program",
        ),
        ("Synthetic images", "none are made; training changes photos at random (see Settings)"),
        (
            "Skin tone labels",
            f"Fitzpatrick type as its collectors recorded it, for {has['fitzpatrick_type']} of {photos} photos; By group",
        ),
        (
            "Other data on patients",
            f"age for {has['age_years']}, sex for {has['gender']}, region for {has['region']} of {photos} photos",
        ),
        ("Label source", f"{_histopathology(report)}; otherwise a clinician's judgement"),
        ("Classes and their balance", "Whose photos; nothing was resampled, the loss weights classes by their rarity"),
        ("Partition", _partition(report)),
        ("External test", "none in this run"),
        (
            "Images outside the classes",
            "not tested. How far certainty tells mistakes: If the least certain photos are set aside",
        ),
        ("Public data and code", _availability(report)),
        ("Comparison", "models of the answers alone on the same folds; no comparison with clinicians"),
        ("Bias", "By group"),
        ("Use, users, harm", "Intended use; Out of scope. A missed cancer is the harm that the threshold is chosen against"),
    ]


def _varied(recipe: Mapping[str, Any]) -> str:
    settings = recipe.get("augmentation")
    if settings is None:
        return "how training varies photos is not recorded"
    shares = {"brightness": "brightness", "contrast": "contrast", "saturation": "saturation", "cast": "colour cast"}
    varied = ", ".join(f"{name} by {settings[key]:.0%}" for key, name in shares.items())
    return f"training varies {varied}, scale from {settings['scale_low']:g} to {settings['scale_high']:g}"


def _tripod(report: Report) -> Items:
    cohort, contract, found = report.cohort, report.contract, report.results
    asked = [field.name for field in contract.fields]
    left_out = [question.name for question in COLUMNS.values() if question.name not in asked]
    sizes = (
        f"{cohort.everyone.photos:,} photos of {cohort.everyone.patients:,} patients; malignant: "
        f"{cohort.malignant.photos:,} photos of {cohort.malignant.patients:,} patients"
    )
    return [
        ("5 Source of data", f"{contract.trained_on}. Dates are not in the data"),
        ("6 Participants", "as the data set has them: every row with a photo, no further criteria"),
        (
            "8 Outcome",
            f"one of {', '.join(contract.labels)}; malignant: {', '.join(contract.malignant_labels)}. "
            f"{_histopathology(report)}",
        ),
        (
            "9 Predictors",
            f"the photo and {len(asked)} answers: {', '.join(asked)}. Not asked: {', '.join(left_out) or 'none'}",
        ),
        ("10 Sample size and events", f"{sizes}. No size was calculated beforehand: all that is there was taken"),
        (
            "11 Missing data",
            "the network imputes a missing answer with its expectation; whether it was missing is not an input. Training "
            "masks answers until they are missing equally often in every class. How many are missing: Whose photos",
        ),
        ("12 Methods", f"{_partition(report)}; temperature and threshold: How it was tested; intervals over patients"),
        ("13 Class imbalance", "class weights in the loss; probabilities calibrated afterwards by one temperature"),
        ("14 Fairness", "measured by group, not trained for; groups that are too small are named"),
        ("15 Output", "a probability for each class, and refer or watch by one threshold"),
        ("17 Ethics", "data collected, and approval given, as its authors report; this run collected nothing"),
        ("18 Open science", f"{_availability(report)}. No protocol was registered; funding is not stated"),
        ("19 Patients' involvement", "none in this run"),
        (
            "22 Model specification",
            "What it is; Settings",
        ),
        (
            "23 Performance, calibration, groups",
            "How well it does; By group; Figures" if found is not None else "nothing was tested",
        ),
        ("24 Updating", "none"),
        ("26 Limitations", "Limitations"),
        (
            "27 Use in practice",
            "any question may stay unanswered; a photo that cannot be used is refused",
        ),
    ]


def _partition(report: Report) -> str:
    return {
        "grouped": "five folds, split by patient and stratified by class",
        "pundhir2022": "the split of an earlier paper, which has the same patients in training and test",
        "none": "none: nothing was tested",
    }[report.run.split]


def _histopathology(report: Report) -> str:
    cohort = report.cohort
    parts = {"all photos": cohort.everyone, "malignant": cohort.malignant, "benign": cohort.benign}
    shares = ", ".join(f"{_share(count)} of {name}" for name, count in parts.items())
    return f"Histopathology (biopsied) for {shares}"


def _share(count: Count) -> str:
    return f"{count.biopsied / count.photos:.0%}" if count.photos else "–"


def _availability(report: Report) -> str:
    return (
        f"code Apache-2.0; weights SHA-256 {(report.contract.weights_sha256 or 'none')[:12]}; data PAD-UFES-20, public, "
        "CC BY 4.0, doi:10.17632/zr7vgbcyr2"
    )


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            yield f"`{prefix}{name}`", text
