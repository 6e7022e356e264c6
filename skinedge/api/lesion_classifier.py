"""A trained classifier as a torch module, with everything that a user does with one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from skinedge.api.prediction import Answers, PredictionResult, encode_all, listed
from skinedge.contract import MISSING, Contract
from skinedge.errors import ConfigError, DataError, PhotoError
from skinedge.evaluation.card import CARD_FILE, contract_card
from skinedge.files import check_place, copy_folder, explaining
from skinedge.models.checkpoint import WEIGHTS_FILE, save_checkpoint, weights_sha256
from skinedge.models.inference import InferenceModule
from skinedge.models.transform import Preprocess
from skinedge.preprocess.photo import Photo, Pixels, load_photo
from skinedge.runtime.bundle import Precision
from skinedge.runtime.engine import program_input
from skinedge.runtime.staging import replacing_folder
from skinedge.screening.photo_check import PhotoCheck, check_photo
from skinedge.screening.triage import assess, needs_score

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from skinedge.datasets.pad_ufes_20 import DataSet
    from skinedge.lowering.export import Exported


class LesionClassifier(InferenceModule):
    """A network with its preprocessing and calibration: an `nn.Module` that is called, moved and trained on like any other.

    `model(photo, answers)` takes (B, 3, 448, 448) float32 RGB in [0, 255] and (B, F) float32 raw answers, see
    `Contract.encode`, and gives (B, L) probabilities with gradients. `network` is the bare network. See `load_model`.
    """

    def __init__(self, contract: Contract, network: nn.Module, *, folder: Path | None = None) -> None:
        """Puts preprocessing and calibration around a network.

        Args:
            contract: what it takes and gives, with the configuration of the network.
            network: normalised pixels (B, 3, 224, 224) and raw answers (B, F) to logits (B, L).
            folder: the checkpoint that the network came from.
        """
        super().__init__(contract, network)
        self._folder = folder

    def forward(self, photo: Tensor, answers: Tensor) -> Tensor:
        """(B, 3, 448, 448) float32 RGB in [0, 255] and (B, F) float32 raw answers to (B, L) probabilities.

        Gradients reach the weights. They do not reach the photo, whose colours are rounded to whole levels as on every
        phone: take those of `network(preprocessed, answers)`.

        Raises: DataError where a shape or type is another, or an answer is NaN: a missing one is -1.
        """
        if torch.compiler.is_compiling():  # traced for an export, where shapes are known and values are not
            return super().forward(photo, answers)
        side, fields = self.contract.image.side_px, len(self.contract.fields)
        if photo.ndim != 4 or photo.shape[1:] != (3, side, side) or not photo.is_floating_point():
            raise DataError(
                f"got photos {tuple(photo.shape)} of {photo.dtype}, expected (B, 3, {side}, {side}) of float32 in [0, 255]; "
                "what preprocess returns goes to network"
            )
        if answers.shape != (len(photo), fields) or not answers.is_floating_point() or bool(answers.isnan().any()):
            raise DataError(
                f"got answers {tuple(answers.shape)} of {answers.dtype}, expected ({len(photo)}, {fields}) of float32, "
                f"{MISSING:g} where missing; see contract.encode"
            )
        return super().forward(photo, answers)

    @property
    def device(self) -> torch.device:
        """Where the module lies; `to` moves it."""
        return self.normalize.mean.device

    @property
    def preprocess(self) -> Preprocess:
        """A new transform from a photo to what `network` takes, on the CPU, for `v2.Compose` and data sets."""
        return Preprocess(self.contract)

    def predict(
        self,
        photos: Photo | Sequence[Photo],
        answers: Answers | Sequence[Answers | None] | None = None,
        *,
        batch_size: int = 32,
        insist: bool = False,
    ) -> PredictionResult:
        """Gives advice on photos, by the rule of `Screener`, in batches on the module's device.

        On a GPU, torch computes convolutions in TF32 where the caller's settings allow it, which is coarser than float32.

        Args:
            photos: one photo or a sequence of them: files by their path, the bytes of files, images of Pillow, or
                (H, W, 3) uint8 RGB arrays.
            answers: by question name, one mapping for all photos or one for each; see `Contract.fields`.
            batch_size: photos that pass together.
            insist: answer although a warning stands: "refer" or "cannot assess", never "watch". Without it the decision is
                then "photograph again".

        Raises:
            AnswerError: an answer is not one that the model takes.
            PhotoError: a photo cannot be read.
            DataError: there are not as many answers as photos, or one is no photo of any form.

        Example:
            >>> found = load_model().predict(["spot.jpg", "other.jpg"], [{"age_years": 63}, None])
            >>> found.decisions, found.probabilities.shape
            (('refer', 'watch'), (2, 6))
        """
        given = listed(photos)
        encoded = encode_all(answers, len(given), self.contract)
        probabilities = np.full((len(given), len(self.contract.labels)), np.nan, dtype=np.float32)
        checks: list[PhotoCheck] = []
        for pixels in self._batches(given, batch_size):
            start = len(checks)
            checks += map(check_photo, pixels)
            usable = [i for i in range(start, len(checks)) if needs_score(checks[i], insist=insist)]
            if usable:
                rows = torch.from_numpy(encoded[usable]).to(self.device)
                probabilities[usable] = self._run(self, [pixels[i - start] for i in usable], rows)
        scores = self.contract.score(probabilities)
        assessed = [
            assess(check, score, self.contract, insist=insist) for check, score in zip(checks, scores.tolist(), strict=True)
        ]
        return PredictionResult(
            labels=self.contract.labels,
            probabilities=probabilities,
            scores=scores,
            decisions=tuple(decision for decision, _ in assessed),
            reasons=tuple(reason for _, reason in assessed),
            imputed=tuple(
                tuple(field.name for field, value in zip(self.contract.fields, row, strict=True) if value == MISSING)
                for row in encoded
            ),
            advice=tuple(check.advice for check in checks),
        )

    def features(self, photos: Photo | Sequence[Photo], *, batch_size: int = 32) -> NDArray[np.float32]:
        """What the network sees in photos, before any answer: (N, 512) float32.

        It is the mean over the last feature map behind the adaptive 1 x 1 convolution, its batch normalisation and ReLU:
        what fusion multiplies with the clinical features. Photos that show nothing have features, too.

        Raises: see `predict`; ConfigError where the network has no image encoder.
        """
        encoder = getattr(self.network, "image_encoder", None)
        if encoder is None:
            raise ConfigError(f"{type(self.network).__name__} has no image_encoder: expected a network of SkinEdge")
        rows = [
            self._run(lambda photo: encoder(self.pixels(photo))[-1].mean(dim=(2, 3)), pixels)
            for pixels in self._batches(listed(photos), batch_size)
        ]
        return np.concatenate(rows) if rows else np.zeros((0, self.contract.network.clinical_widths[-1]), dtype=np.float32)

    @explaining()
    def save(self, folder: str | Path) -> Path:
        """Writes a checkpoint, for `load_model`, `calibrate` and `export`.

        Unchanged, it is a copy of the checkpoint that the model came from, with its card and calibration. After other
        training its contract and card say that nothing was chosen or measured for these weights.

        Raises: ConfigError where something that is no checkpoint lies in `folder`, or nothing can be written there.

        Example:
            >>> model.save("mine")
        """
        out = Path(folder)
        check_place(out, "folder", "swapped folder")
        if out.exists() and not (out / WEIGHTS_FILE).is_file() and (not out.is_dir() or any(out.iterdir())):
            raise ConfigError(f"{out} exists and is no checkpoint: give another folder, or remove it")
        source, contract = self.unchanged_checkpoint(), self.current_contract()
        with replacing_folder(out) as fresh:
            if source is not None:
                copy_folder(source, fresh)
            else:
                save_checkpoint(fresh, self.network, contract)
                (fresh / CARD_FILE).write_text(contract_card(contract), encoding="utf-8")
        return out

    def export(
        self,
        out: str | Path,
        *,
        target: str | Path = "android",
        precision: Precision | None = None,
        data: DataSet | None = None,
        key: str | Path | Ed25519PrivateKey | None = None,
        report: str | Path | None = None,
    ) -> Exported:
        """Exports the model to a bundle that keeps its limits, or leaves `out` as it was: see `skinedge.export`.

        Example:
            >>> model.export("bundle", target="onnx", precision="fp32").bundle.manifest.program
            'skinedge.onnx'
        """
        from skinedge.api.export import export

        return export(self, out=out, target=target, precision=precision, data=data, key=key, report=report)

    @property
    def folder(self) -> Path | None:
        """The checkpoint that the model came from."""
        return self._folder

    def unchanged_checkpoint(self) -> Path | None:
        """The checkpoint that the model came from, where it has the same weights and contract still."""
        if self._folder is None or Contract.load(self._folder) != self.contract:
            return None
        return self._folder if weights_sha256(self.network) == self.contract.weights_sha256 else None

    def current_contract(self) -> Contract:
        """The contract of the weights that the network has now."""
        sha256, contract = weights_sha256(self.network), self.contract
        if contract.weights_sha256 in (None, sha256):
            return contract.model_copy(update={"weights_sha256": sha256})
        old = "before its weights were changed"
        watch = contract.watch_below
        return contract.model_copy(
            update={
                "weights_sha256": sha256,
                "trained_on": f"{contract.trained_on}; then changed by training that is not recorded here",
                "refer": contract.refer.model_copy(update={"chosen_on": f"{contract.refer.chosen_on}, {old}"}),
                "watch_below": watch and watch.model_copy(update={"chosen_on": f"{watch.chosen_on}, {old}"}),
            }
        )

    def _batches(self, photos: Sequence[Photo], batch_size: int) -> Iterator[list[Pixels]]:
        if batch_size < 1:
            raise ConfigError(f"batch_size {batch_size}: expected at least 1")
        for start in range(0, len(photos), batch_size):
            yield [self._load(photos, position) for position in range(start, min(start + batch_size, len(photos)))]

    def _load(self, photos: Sequence[Photo], position: int) -> Pixels:
        try:
            return load_photo(photos[position], self.contract.image)
        except (PhotoError, DataError) as error:
            if len(photos) == 1:
                raise
            raise type(error)(f"photo {position} of 0 to {len(photos) - 1}: {error}") from None

    def _run(self, function: Callable[..., Tensor], pixels: Sequence[Pixels], *others: Tensor) -> NDArray[np.float32]:
        """What a function of (B, 3, 448, 448) photos and others gives, in eval mode; the mode is then as it was."""
        if (dtype := self.normalize.mean.dtype) != torch.float32:
            raise ConfigError(f"the model computes in {dtype}, which rounds colours: expected float32, see model.float()")
        photo = torch.from_numpy(np.concatenate([program_input(one) for one in pixels])).to(self.device)
        with evaluating(self), torch.inference_mode():
            values: NDArray[np.float32] = function(photo, *others).float().cpu().numpy()
        return values


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Puts a module into evaluation mode; afterwards each of its parts is in the mode that it was in."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode
