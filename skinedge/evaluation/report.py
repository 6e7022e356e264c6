"""All measurements of a finished run, for the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skinedge.contract import Contract, Frozen
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.errors import DataError
from skinedge.evaluation.abstention import Abstention, abstention
from skinedge.evaluation.baseline import answers_only
from skinedge.evaluation.cohort import Cohort, describe
from skinedge.evaluation.metrics import Metrics, measure
from skinedge.evaluation.operating_points import OperatingPoint, operating_points
from skinedge.evaluation.out_of_fold import OutOfFold
from skinedge.evaluation.risk_coverage import RiskCoverage, risk_coverage
from skinedge.evaluation.run_folder import Run
from skinedge.evaluation.subgroups import Subgroup, subgroups


class Results(Frozen):
    """Results on photos that the models were not trained on."""

    fold_temperatures: tuple[float, ...]
    fold_thresholds: tuple[float, ...]
    metrics: Metrics
    operating_points: tuple[OperatingPoint, ...]
    abstention: Abstention | None
    """None where every decision is refer or watch."""
    risk_coverage: tuple[RiskCoverage, ...]
    subgroups: tuple[Subgroup, ...]
    baseline: dict[str, Metrics]
    """Models of the answers alone, on the same folds."""


class Report(Frozen):
    """A run and its model. `results` is None where nothing was tested."""

    contract: Contract
    recipe: Mapping[str, Any]
    """How it was trained: `recipe.json` of the checkpoint."""
    run: Run
    cohort: Cohort
    results: Results | None


def report(contract: Contract, recipe: Mapping[str, Any], run: Run, data: DataSet, tested: OutOfFold | None) -> Report:
    """Measures everything that a model card says; takes some seconds, and trains only logistic regressions.

    Raises: DataError where `data` is not the run's.
    """
    if tested is not None:
        tested.check(data)
    if contract.data_sha256 != data.sha256():
        raise DataError(f"this run was not made from the data set in {data.folder}: give the one that it was trained on")
    results = None if tested is None else _results(contract, data, tested)
    return Report(contract=contract, recipe=recipe, run=run, cohort=describe(data), results=results)


def _results(contract: Contract, data: DataSet, tested: OutOfFold) -> Results:
    photos = data.with_photos()
    predictions = tested.predictions(contract, data)
    wanted = contract.watch_below.target_sensitivity if contract.watch_below else None
    return Results(
        fold_temperatures=tuple(map(float, tested.temperatures)),
        fold_thresholds=tuple(map(float, tested.thresholds)),
        metrics=measure(predictions),
        operating_points=operating_points(contract, data, tested),
        abstention=abstention(contract, data, tested, sensitivity=wanted) if wanted else None,
        risk_coverage=risk_coverage(predictions),
        subgroups=subgroups(predictions, tuple(photos[i] for i in tested.rows)),
        baseline=answers_only(photos, contract, tested.parts(len(photos))),
    )
