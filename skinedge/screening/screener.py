"""The screener: one photo and its answers in, one result out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from skinedge.codes import AdviceCode, Decision, ReasonCode
from skinedge.contract import MISSING, Answer, Contract, Frozen
from skinedge.preprocess.photo import Photo, held, load_photo
from skinedge.questionnaire import answers_for_model
from skinedge.runtime.engine import program_input
from skinedge.runtime.keys import KeyFiles
from skinedge.runtime.loading import load_engine
from skinedge.runtime.trust import open_trusted
from skinedge.screening.photo_check import check_photo
from skinedge.screening.triage import assess, needs_score


class ScreeningResult(Frozen):
    """Advice on one photo, as codes, with its reasons; never a diagnosis. `skinedge.words` has the words."""

    decision: Decision
    reason: ReasonCode
    malignancy_score: float | None
    """Sum of the probabilities of the malignant labels, 0..1; None where the photo must be taken again."""
    refer_threshold: float
    watch_below: float | None = None
    """Scores from here up to the threshold cannot be assessed; None where every decision is refer or watch."""
    probabilities: Mapping[str, float]
    """By label, sum 1; empty where the photo must be taken again."""
    imputed: tuple[str, ...]
    """Questions without an answer, whose answers the model imputed."""
    advice: tuple[AdviceCode, ...]
    """Warnings, see `AdviceCode`."""
    insisted: bool = False
    """Whether a person wanted an answer even where a warning stands."""
    photo_sha256: str
    model_name: str
    model_sha256: str
    notice: str

    @property
    def other_warnings(self) -> tuple[AdviceCode, ...]:
        """The warnings that are not the reason already."""
        return tuple(code for code in self.advice if code != self.reason)


class Screener:
    """Screens photos with one model."""

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        threads: int | None = None,
        trust: KeyFiles = (),
        allow_unsigned: bool = False,
    ) -> None:
        """Opens a bundle and loads its program.

        Args:
            model: folder of a bundle; None for the model that comes with the package.
            threads: how many threads one run may use; None leaves the choice to the engine.
            trust: a public key file to trust, or several, besides those in the user's configuration.
            allow_unsigned: accept a bundle without a trusted signature; an altered one is never accepted.

        Raises: ContractError where the bundle cannot be used; SignatureError among them, where it is not trusted.
        """
        folder = None if model is None else Path(model)
        self._bundle = open_trusted(folder, trust=trust, allow_unsigned=allow_unsigned)
        self._engine = load_engine(self._bundle, threads=threads)

    @property
    def contract(self) -> Contract:
        """The contract of the model: its questions, labels and thresholds."""
        return self._bundle.contract

    @property
    def model_sha256(self) -> str:
        """Of the program."""
        return self._bundle.program_sha256

    def screen(self, photo: Photo, answers: Mapping[str, Answer] | None = None, *, insist: bool = False) -> ScreeningResult:
        """Gives advice on one photo.

        Args:
            photo: a JPEG, PNG, WebP, AVIF or HEIC file, the bytes of one, an image of Pillow, or (H, W, 3) uint8 RGB pixels.
            answers: by question name; the model imputes the answers that are left out, and those that it does not know, see
                `skinedge.questionnaire.answers_for_model`.
            insist: answer although a warning stands: "refer" or "cannot assess", never "watch". Without it the decision is
                then "photograph again".

        Raises:
            AnswerError: an answer is not one that the model takes.
            PhotoError: the photo cannot be read.
            ContractError: the program failed.
        """
        encoded = self.contract.encode(answers_for_model(answers or {}, self.contract.fields))
        given = held(photo, self.contract.image)
        pixels = load_photo(given, self.contract.image)
        check = check_photo(pixels)
        score, probabilities = None, {}
        if needs_score(check, insist=insist):
            values = self._engine.probabilities(program_input(pixels), np.array([encoded], dtype=np.float32))
            probabilities = dict(zip(self.contract.labels, values.tolist(), strict=True))
            score = float(self.contract.score(values))
        decision, reason = assess(check, score, self.contract, insist=insist)
        return ScreeningResult(
            decision=decision,
            reason=reason,
            malignancy_score=score,
            refer_threshold=self.contract.refer.value,
            watch_below=self.contract.watch_below.value if self.contract.watch_below else None,
            probabilities=probabilities,
            imputed=tuple(f.name for f, value in zip(self.contract.fields, encoded, strict=True) if value == MISSING),
            advice=check.advice,
            insisted=insist,
            photo_sha256=given.sha256,
            model_name=self.contract.model_name,
            model_sha256=self.model_sha256,
            notice=self.contract.notice,
        )
