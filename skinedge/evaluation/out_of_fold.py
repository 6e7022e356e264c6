"""Out-of-fold predictions, and the temperature and threshold chosen on them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from skinedge.contract import Contract, Threshold
from skinedge.datasets.pad_ufes_20 import DataSet, label_indices, patient_ids
from skinedge.errors import ContractError, DataError
from skinedge.evaluation.bootstrap import Bools, Floats
from skinedge.evaluation.calibration import TARGET_SENSITIVITY, fit_temperature, refer_threshold
from skinedge.evaluation.metrics import Predictions
from skinedge.files import write_whole

OUT_OF_FOLD_FILE = "out_of_fold.npz"


@dataclass(frozen=True, kw_only=True)
class OutOfFold:
    """Predictions for N tested photos of K folds.

    Temperature and threshold for a fold are chosen on the other folds; where there is only one fold, on itself. It refers
    to photos by their index in `DataSet.with_photos()`, and holds no id of a photo or patient.
    """

    rows: NDArray[np.int64]
    """(N,) indices in `DataSet.with_photos()` of the data set with this fingerprint."""
    labels: NDArray[np.int64]
    """(N,) indices in the contract's labels."""
    logits: NDArray[np.float32]
    """(N, L) of the model that did not see the photo's fold, before any temperature."""
    folds: NDArray[np.int64]
    """(N,) 0 .. K - 1."""
    temperatures: Floats
    """(K,)"""
    thresholds: Floats
    """(K,) for `TARGET_SENSITIVITY`."""
    data_sha256: str

    @classmethod
    def of(cls, contract: Contract, data: DataSet, tests: list[NDArray[np.int64]], logits: NDArray[np.float32]) -> OutOfFold:
        """Chooses temperature and threshold of each fold on the others.

        Args:
            tests: for each fold, which of `data.with_photos()` it tested; no photo twice.
            logits: (M, L) for all M photos of the data set; rows of photos that were not tested are ignored.
        """
        rows = np.concatenate(tests)
        labels, folds = label_indices(data.with_photos())[rows], np.repeat(np.arange(len(tests)), [len(t) for t in tests])
        fitted = [fit(contract, logits[rows][others], labels[others]) for others in _others(folds)]
        return cls(
            rows=rows,
            labels=labels,
            logits=logits[rows],
            folds=folds,
            temperatures=np.array([one.temperature for one in fitted]),
            thresholds=np.array([one.refer.value for one in fitted]),
            data_sha256=data.sha256(),
        )

    def check(self, data: DataSet) -> None:
        """Raises: DataError where they are not predictions of this data set, whose photos `rows` would then miss."""
        if self.data_sha256 != data.sha256():
            raise DataError(f"this run was not made from the data set in {data.folder}: give the one that it was trained on")

    def contracts(self, contract: Contract) -> list[Contract]:
        """The contract of each fold's model, with the fold's temperature and threshold."""
        chosen = zip(_others(self.folds), self.temperatures, self.thresholds, strict=True)
        return [_tuned(contract, float(t), float(value), int(others.sum())) for others, t, value in chosen]

    def probabilities(self) -> Floats:
        """(N, L) at each fold's temperature."""
        return np.asarray(softmax(self.logits / self.temperatures[self.folds, None], axis=1), dtype=np.float64)

    def thresholds_for(self, contract: Contract, sensitivity: float) -> Floats:
        """(K,) thresholds for another sensitivity, chosen as `thresholds` were."""
        return np.array(
            [
                threshold_of(contract, self.logits[others], self.labels[others], temperature, sensitivity)
                for others, temperature in zip(_others(self.folds), self.temperatures, strict=True)
            ]
        )

    def predictions(self, contract: Contract, data: DataSet, thresholds: Floats | None = None) -> Predictions:
        """The predictions, at the thresholds of their folds, or at (K,) others."""
        return Predictions.of(
            contract,
            self.probabilities(),
            self.labels,
            patient_ids(data.with_photos())[self.rows],
            refer_threshold=(self.thresholds if thresholds is None else thresholds)[self.folds],
        )

    def parts(self, photos: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """The indices of the training and of the test photos of each fold."""
        tests = [self.rows[self.folds == fold] for fold in range(len(self.temperatures))]
        return [(np.setdiff1d(np.arange(photos), test), test) for test in tests]

    def save(self, path: Path) -> None:
        """Writes a NumPy archive, which belongs to the run and never to a checkpoint."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **vars(self))
        write_whole(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> OutOfFold:
        """Reads what `save` wrote. Raises: ContractError where it is missing or something else."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
                arrays = {name: found[name] for name in cls.__dataclass_fields__}
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ContractError(f"cannot read {path} ({error}): run skinedge train again, it only predicts anew") from None
        return cls(**arrays | {"data_sha256": str(arrays["data_sha256"])})


def fit(contract: Contract, logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Contract:
    """The contract with temperature and threshold fitted to these (N, L) logits and (N,) labels."""
    temperature = fit_temperature(logits, labels)
    threshold = threshold_of(contract, logits, labels, temperature, TARGET_SENSITIVITY)
    return _tuned(contract, temperature, threshold, len(labels))


def _tuned(contract: Contract, temperature: float, threshold: float, photos: int) -> Contract:
    refer = Threshold(
        value=threshold,
        chosen_on=f"{photos} photos, each judged by a model that had not been trained on it",
        target_sensitivity=TARGET_SENSITIVITY,
    )
    return contract.model_copy(update={"temperature": temperature, "refer": refer})


def threshold_of(
    contract: Contract,
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    temperature: float,
    sensitivity: float,
) -> float:
    scores = contract.score(softmax(logits.astype(np.float64) / temperature, axis=1))
    return refer_threshold(scores, np.isin(labels, contract.malignant_indices), sensitivity=sensitivity)


def _others(folds: NDArray[np.int64]) -> list[Bools]:
    """For each fold, (N,) which photos are of another one; all of them where there is no other."""
    count = int(folds.max()) + 1
    return [folds != fold if count > 1 else np.ones(len(folds), dtype=bool) for fold in range(count)]
