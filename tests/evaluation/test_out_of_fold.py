"""The protocol: what a fold is judged by comes from the other folds; and what a run keeps of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import DataSet, patient_ids
from skinedge.errors import ContractError
from skinedge.evaluation.calibration import TARGET_SENSITIVITY, fit_temperature
from skinedge.evaluation.operating_points import TARGETS, operating_points
from skinedge.evaluation.out_of_fold import OutOfFold, fit


def again(tested: OutOfFold, contract: Contract, data: DataSet, logits: np.ndarray) -> OutOfFold:
    """The same folds with other answers."""
    every = np.zeros((len(data.with_photos()), logits.shape[1]), dtype=np.float32)
    every[tested.rows] = logits
    return OutOfFold.of(contract, data, [test for _, test in tested.parts(len(every))], every)


def test_a_folds_own_answers_have_no_part_in_its_temperature_and_threshold(
    tested: OutOfFold, untuned: Contract, data: DataSet
) -> None:
    inside = tested.folds == 2
    logits = tested.logits.copy()
    logits[inside] = np.random.default_rng(9).normal(size=logits[inside].shape)
    other = again(tested, untuned, data, logits)
    assert other.temperatures[2] == tested.temperatures[2]
    assert other.thresholds[2] == tested.thresholds[2]
    assert (np.delete(other.temperatures, 2) != np.delete(tested.temperatures, 2)).all()
    assert other.thresholds_for(untuned, 0.9)[2] == tested.thresholds_for(untuned, 0.9)[2]
    assert tested.temperatures[2] == fit_temperature(tested.logits[~inside], tested.labels[~inside])


def test_fold_models_get_what_was_chosen_for_them(tested: OutOfFold, untuned: Contract) -> None:
    for fold, contract in enumerate(tested.contracts(untuned)):
        assert contract.temperature == tested.temperatures[fold]
        assert contract.refer.value == tested.thresholds[fold]
        assert contract.refer.target_sensitivity == TARGET_SENSITIVITY
        assert contract.refer.chosen_on.startswith(f"{(tested.folds != fold).sum()} photos")
    assert fit(untuned, tested.logits, tested.labels).refer.chosen_on.startswith("240 photos")


def test_predictions_belong_to_their_photos(tested: OutOfFold, contract: Contract, data: DataSet) -> None:
    p = tested.predictions(contract, data)
    records = data.with_photos()
    assert [contract.labels[k] for k in p.labels] == [records[i].label for i in tested.rows]
    assert list(p.patient_ids) == [records[i].patient_id for i in tested.rows]
    assert sorted(tested.rows) == list(range(240))
    for train, test in tested.parts(240):
        assert not set(train) & set(test) and len(train) + len(test) == 240
        assert not set(patient_ids(records)[train]) & set(patient_ids(records)[test])


def test_one_part_alone_is_judged_by_itself(tested: OutOfFold, untuned: Contract, data: DataSet) -> None:
    test = np.arange(10, 120)
    logits = np.zeros((240, 6), dtype=np.float32)
    logits[tested.rows] = tested.logits
    alone = OutOfFold.of(untuned, data, [test], logits)
    assert alone.temperatures == pytest.approx([fit_temperature(logits[test], alone.labels)])
    assert [len(part) for part in alone.parts(240)[0]] == [130, 110]


def test_what_a_run_keeps_is_whole_and_names_nobody(tested: OutOfFold, data: DataSet, tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    tested.save(path)
    kept = OutOfFold.load(path)
    for name, value in vars(tested).items():
        assert np.array_equal(getattr(kept, name), value), name
    with np.load(path, allow_pickle=False) as found:
        text = [name for name in found.files if found[name].dtype.kind not in "fi"]
        assert text == ["data_sha256"] and str(found["data_sha256"]) == data.sha256()


def test_kept_answers_that_cannot_be_read_are_one_line(tmp_path: Path, tested: OutOfFold) -> None:
    path = tmp_path / "kept.npz"
    with pytest.raises(ContractError, match=r"cannot read .*kept\.npz"):
        OutOfFold.load(path)
    tested.save(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ContractError, match="train again"):
        OutOfFold.load(path)
    np.savez(path, rows=tested.rows)
    with pytest.raises(ContractError, match="train again"):
        OutOfFold.load(path)


def test_operating_points_are_measured_on_folds_they_were_not_chosen_on(
    tested: OutOfFold, contract: Contract, data: DataSet
) -> None:
    points = operating_points(contract, data, tested, bootstrap_rounds=50)
    assert [point.target_sensitivity for point in points] == list(TARGETS)
    assert TARGET_SENSITIVITY in TARGETS
    p = tested.predictions(contract, data)
    for point in points:
        referred = p.malignancy >= tested.thresholds_for(contract, point.target_sensitivity)[tested.folds]
        assert point.sensitivity.value == pytest.approx(referred[p.is_malignant].mean())
        assert point.specificity.value == pytest.approx((~referred)[~p.is_malignant].mean())
        assert point.referral_rate.value == pytest.approx(referred.mean())
        low, value = point.specificity.low, point.specificity.value
        assert low is not None and value is not None and low < value
    thresholds = [point.threshold for point in points]
    assert thresholds == sorted(thresholds, reverse=True)
    at_target = next(point for point in points if point.target_sensitivity == TARGET_SENSITIVITY)
    assert at_target.threshold == contract.refer.value


def test_answers_to_other_photos_are_not_taken_for_these(tested: OutOfFold, contract: Contract, data: DataSet) -> None:
    from skinedge.errors import DataError
    from skinedge.evaluation.report import report
    from skinedge.evaluation.run_folder import Run
    from skinedge.training.recipe import load_recipe

    run = Run(split="grouped", command="x", made_with={})
    recipe = load_recipe("edge").model_dump(mode="json")
    with pytest.raises(DataError, match="not made from"):
        report(contract, recipe, run, data, replace(tested, data_sha256="0" * 64))
    with pytest.raises(DataError, match="not made from"):
        report(
            contract.model_copy(update={"data_sha256": "0" * 64}),
            recipe,
            run,
            data,
            None,
        )
