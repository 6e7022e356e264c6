"""The loaded model: batches give what single photos and `Screener` give, and nothing is lost where it is saved."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import v2

from skinedge import (
    AnswerError,
    ConfigError,
    DataError,
    LesionClassifier,
    PhotoError,
    Screener,
    evaluate,
    load_dataset,
    load_model,
)
from skinedge.contract import Answer
from skinedge.datasets.synthetic import draw_lesion, write_synthetic
from skinedge.default_model import DEFAULT_CHECKPOINT
from skinedge.models.eager import EagerEngine
from skinedge.preprocess.photo import Photo, load_photo
from skinedge.questionnaire import LABELS
from skinedge.runtime.engine import program_input
from tests import fakes

BLACK = np.zeros((300, 300, 3), dtype=np.uint8)
ANSWERS: list[dict[str, Answer] | None] = [
    {"age_years": 63, "itch": "yes"},
    None,
    {"region": "face", "bleed": True},
    {},
    None,
]


@pytest.fixture(scope="module")
def model() -> LesionClassifier:
    torch.set_num_threads(1)
    return load_model()


@pytest.fixture(scope="module")
def photos() -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(3)
    lesions = [draw_lesion(rng, label, side) for label, side in zip(LABELS[:4], (450, 500, 600, 448), strict=True)]
    return [lesions[0], BLACK, *lesions[1:]]


def test_a_batch_says_what_single_photos_are_told(model: LesionClassifier, photos: list[NDArray[np.uint8]]) -> None:
    found = model.predict(photos, ANSWERS, batch_size=2)
    assert len(found) == 5 and found.probabilities.shape == (5, 6) and found.probabilities.dtype == np.float32
    assert found.decisions[1] == "photograph again" and found.reasons[1] == "almost_black"
    assert np.isnan(found.probabilities[1]).all() and np.isnan(found.scores[1])
    np.testing.assert_allclose(found.probabilities[[0, 2, 3, 4]].sum(axis=1), 1, atol=1e-6)
    assert found.imputed[0] == ("region", "grew", "hurt", "changed", "bleed", "elevation")
    for i, (photo, answers) in enumerate(zip(photos, ANSWERS, strict=True)):
        one = model.predict(photo, answers)
        np.testing.assert_allclose(one.probabilities, found.probabilities[i : i + 1], atol=1e-6, equal_nan=True)
        assert one.decisions == found.decisions[i : i + 1]


@pytest.mark.parametrize("insist", [False, True])
def test_it_says_what_screener_says_in_fp32(
    model: LesionClassifier, photos: list[NDArray[np.uint8]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, insist: bool
) -> None:
    # How far a program's own sums are from these is for the tests of export.
    monkeypatch.setattr("skinedge.screening.screener.load_engine", lambda *_, **__: EagerEngine(model))
    screener = Screener(str(fakes.write_bundle(tmp_path / "bundle", of=model.contract)), allow_unsigned=True)
    photos = [*photos, (photos[0] * 0.4).astype(np.uint8)]
    answers = [*ANSWERS, {"age_years": 20}]
    found = model.predict(photos, answers, insist=insist)
    assert found.advice[-1] == ("dark",) and (found.decisions[-1] == "photograph again") != insist
    assert found.decisions[-1] != "watch"
    for i, (photo, given) in enumerate(zip(photos, answers, strict=True)):
        screened = screener.screen(photo, given, insist=insist)
        assert (screened.decision, screened.reason, screened.imputed, screened.advice) == (
            found.decisions[i],
            found.reasons[i],
            found.imputed[i],
            found.advice[i],
        )
        if screened.malignancy_score is not None:
            assert screened.malignancy_score == pytest.approx(found.scores[i], abs=1e-6)
            np.testing.assert_allclose(list(screened.probabilities.values()), found.probabilities[i], atol=1e-6)


def test_a_photo_in_any_form_gives_the_same(model: LesionClassifier, tmp_path: Path) -> None:
    path = fakes.photo(tmp_path / "spot.png")
    image = Image.open(path)
    forms: list[Photo] = [str(path), path, path.read_bytes(), image, np.asarray(image)]
    found = model.predict(forms, {"age_years": 40}).probabilities
    assert (found == found[0]).all()
    for form in forms:
        np.testing.assert_allclose(model.predict(form, {"age_years": 40}).probabilities, found[:1], atol=1e-6)
    np.testing.assert_allclose(model.predict(np.stack([np.asarray(image)] * 2)).probabilities.shape, (2, 6))
    screened = Screener().screen(str(path), {"age_years": 40})
    assert screened.decision in ("refer", "watch", "cannot assess")


def test_what_cannot_be_predicted_is_one_line(model: LesionClassifier, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="got 1 sets of answers for 2 photos"):
        model.predict([BLACK, BLACK], [{}])
    with pytest.raises(AnswerError, match="unknown question 'agee'"):
        model.predict(BLACK, {"agee": 3})
    with pytest.raises(PhotoError, match="no photo at"):
        model.predict([BLACK, str(tmp_path / "none.jpg")])
    with pytest.raises(DataError, match="expected \\(height, width, 3\\) uint8"):
        model.predict([BLACK.astype(np.float32)])
    with pytest.raises(PhotoError, match="photo 1 of 0 to 1: "):
        model.predict([BLACK, b"no photo"])
    with pytest.raises(ConfigError, match="batch_size 0"):
        model.predict(BLACK, batch_size=0)
    assert len(model.predict([])) == 0


def test_a_model_in_half_precision_is_refused_in_one_line(photos: list[NDArray[np.uint8]]) -> None:
    half = load_model().half()
    with pytest.raises(ConfigError, match=r"computes in torch\.float16.*model\.float\(\)"):
        half.predict(photos[:1])


def test_mode_and_gradients_are_the_users(model: LesionClassifier, photos: list[NDArray[np.uint8]]) -> None:
    trained = load_model()
    frozen = trained.train().network.image_encoder.eval()  # type: ignore[union-attr]
    np.testing.assert_array_equal(trained.predict(photos[0]).probabilities, model.predict(photos[0]).probabilities)
    assert trained.training and trained.network.training and not frozen.training
    photo = torch.from_numpy(program_input(load_photo(photos[0], model.contract.image)))
    trained(photo.repeat(2, 1, 1, 1), torch.full((2, 8), -1.0))[0, 0].backward()
    assert next(trained.network.classifier.parameters()).grad is not None  # type: ignore[union-attr]


def test_features_are_what_fusion_takes_of_a_photo(model: LesionClassifier, photos: list[NDArray[np.uint8]]) -> None:
    found = model.features(photos, batch_size=3)
    assert found.shape == (5, 512) and found.dtype == np.float32
    with torch.no_grad():
        pixels = model.preprocess(Image.fromarray(photos[0]))[None]
        last = model.network.image_encoder(pixels)[-1]  # type: ignore[operator]
    np.testing.assert_allclose(found[0], last.mean(dim=(2, 3))[0].numpy(), atol=1e-5)
    assert model.features([]).shape == (0, 512)


def test_the_transform_gives_what_the_network_takes(model: LesionClassifier, photos: list[NDArray[np.uint8]]) -> None:
    transform = model.preprocess
    image, tensor = Image.fromarray(photos[2]), torch.from_numpy(photos[2]).permute(2, 0, 1)
    with torch.no_grad():
        expected = model.pixels(torch.from_numpy(program_input(load_photo(photos[2], model.contract.image))))[0]
    assert transform(image).shape == (3, 224, 224) and transform(image).dtype == torch.float32
    torch.testing.assert_close(transform(image), expected, rtol=0, atol=0)
    torch.testing.assert_close(transform(tensor), expected, rtol=0, atol=0)
    flipped, label = v2.Compose([v2.RandomHorizontalFlip(p=1.0), transform])(image, 3)
    assert label == 3 and not torch.equal(flipped, expected)
    with pytest.raises(DataError, match=r"expected \(3, height, width\) of uint8"):
        transform(tensor.float())
    stream = io.BytesIO()
    torch.save(transform, stream)  # as a worker of a loader gets it


def test_a_model_is_saved_with_all_that_belongs_to_it(model: LesionClassifier, tmp_path: Path) -> None:
    model.save(tmp_path / "same")
    assert {p.name for p in (tmp_path / "same").iterdir()} == {p.name for p in DEFAULT_CHECKPOINT.iterdir()}
    changed = load_model(tmp_path / "same")
    with torch.no_grad():
        next(changed.network.parameters()).add_(0.01)
    changed.save(str(tmp_path / "other"))
    assert {p.name for p in (tmp_path / "other").iterdir()} == {"contract.json", "model.safetensors", "model_card.md"}
    again = load_model(tmp_path / "other")
    assert again.contract.trained_on.endswith("; then changed by training that is not recorded here")
    assert again.contract.weights_sha256 != model.contract.weights_sha256
    photo = fakes.lesion_pixels()
    np.testing.assert_array_equal(again.predict(photo).probabilities, changed.predict(photo).probabilities)
    card = (tmp_path / "other" / "model_card.md").read_text()
    assert "nothing of how well they do was measured here" in card and "before its weights were changed" in card
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").touch()
    with pytest.raises(ConfigError, match="exists and is no checkpoint"):
        model.save(tmp_path / "notes")


def test_a_loaded_model_and_its_folder_are_measured_alike(model: LesionClassifier, tmp_path: Path) -> None:
    data = load_dataset(write_synthetic(tmp_path / "lesions", photos=8))
    found = evaluate(model, data)
    assert found.n == 8 and not found.seen_in_training and found == evaluate("default", data)


@pytest.mark.parametrize(
    ("photo", "answers", "says"),
    [
        (torch.zeros(1, 3, 224, 224), torch.zeros(1, 8), "what preprocess returns goes to network"),
        (torch.zeros(3, 448, 448), torch.zeros(1, 8), "got photos"),
        (torch.zeros(1, 3, 448, 448, dtype=torch.uint8), torch.zeros(1, 8), "of torch.uint8"),
        (torch.zeros(1, 3, 448, 448), torch.zeros(1, 7), r"expected \(1, 8\)"),
        (torch.zeros(1, 3, 448, 448), torch.full((1, 8), torch.nan), "-1 where missing"),
    ],
)
def test_what_forward_cannot_take_is_one_line(
    model: LesionClassifier, photo: torch.Tensor, answers: torch.Tensor, says: str
) -> None:
    with pytest.raises(DataError, match=says):
        model(photo, answers)


def test_preprocess_takes_a_photo_in_any_form(model: LesionClassifier, tmp_path: Path) -> None:
    path = fakes.photo(tmp_path / "spot.png")
    image = Image.open(path)
    expected = model.preprocess(image)
    assert expected.shape == (3, 224, 224)
    for form in (path, str(path), path.read_bytes(), np.asarray(image)):
        assert torch.allclose(model.preprocess(form), expected, atol=1e-5)
