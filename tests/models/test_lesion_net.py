"""The paper's network: its shapes, and which losses and answers reach what."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skinedge.contract import MISSING, ClinicalField, ModelConfig
from skinedge.models.backbones import build
from skinedge.models.clinical import AnswerEncoder, ClinicalNetwork, Imputer
from skinedge.models.fusion import Product
from skinedge.models.lesion_net import LesionNet
from skinedge.models.super_resolution import SuperResolutionDecoder
from skinedge.questionnaire import COLUMNS, fields_named
from tests.models.tiny import net_around, tiny_backbone

FIELDS = tuple(COLUMNS.values())
FEW = fields_named(("age_years", "itch", "region", "gender"))


@pytest.fixture(autouse=True)
def repeatable() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def tiny_net(fields: tuple[ClinicalField, ...] = FEW, *, fusion: str = "product", with_decoder: bool = True) -> LesionNet:
    return net_around(tiny_backbone(), fields, fusion=fusion, with_decoder=with_decoder)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def touched(module: nn.Module) -> bool:
    """Whether any gradient reached the module."""
    return any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in module.parameters())


def answers(**given: float) -> Tensor:
    """(1, 4) raw answers to FEW, missing where not given."""
    return torch.tensor([[given.get(field.name, MISSING) for field in FEW]])


def test_shapes_and_sizes_are_the_paper_s() -> None:
    net = net_around(build("mobilenet_v2"), FIELDS)
    pixels = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        assert [tuple(part.shape) for part in net.image_encoder(pixels)] == [(2, 512, 7, 7)]
        outputs = net.train_forward(pixels, torch.full((2, 21), MISSING), reconstruct=1)
    assert outputs.logits.shape == (2, 6)
    assert outputs.reconstruction is not None and outputs.reconstruction.shape == (1, 3, 448, 448)
    # torchvision's MobileNet-V2 has 2,223,872 parameters without its classifier.
    assert count(net.image_encoder) == 2_223_872 + 1280 * 512 + 2 * 512
    width = net.answer_encoder.width
    assert width == 3 + 1 + 14 + 13 + 2 + 2 * 15  # Four numbers, 13 yes or no, and four choices.
    assert count(net.clinical) == (width + 1) * 64 + 65 * 128 + 129 * 256 + 257 * 512
    assert count(net.classifier) == 513 * 256 + 257 * 6
    assert count(net.imputer) == (2 * width + 1) * 64 + 65 * width


def test_the_clinical_network_has_the_paper_s_layers() -> None:
    assert ModelConfig(backbone="any").clinical_widths == (64, 128, 256, 512)
    layers = list(ClinicalNetwork(63, (64, 128, 256, 512)))
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [
        (63, 64),
        (64, 128),
        (128, 256),
        (256, 512),
    ]
    assert [type(layer) for layer in layers] == [nn.Linear, nn.ReLU] * 3 + [nn.Linear]


def test_the_decoder_has_six_layers_each_doubling_the_side() -> None:
    decoder = SuperResolutionDecoder(512)
    assert sum(isinstance(layer, nn.ConvTranspose2d) for layer in decoder) == 6
    sides, x = [], torch.zeros(1, 512, 2, 2)
    for layer in decoder:
        x = layer(x)
        if isinstance(layer, nn.ConvTranspose2d):
            sides.append(x.shape[-1])
    assert sides == [4, 8, 16, 32, 64, 128] and x.shape[1] == 3


def test_forward_does_without_the_decoder() -> None:
    net = tiny_net()
    pixels, raw = torch.randn(2, 3, 64, 64), torch.full((2, 4), MISSING)
    ran: list[str] = []
    assert net.decoder is not None
    net.decoder.register_forward_hook(lambda *_: ran.append("decoder"))
    logits = net(pixels, raw)
    assert not ran
    assert torch.equal(net.train_forward(pixels, raw, reconstruct=1).logits, logits)
    assert ran == ["decoder"]
    state = {key: value for key, value in net.state_dict().items() if not key.startswith("decoder")}
    bare = tiny_net(with_decoder=False)
    bare.load_state_dict(state)
    assert torch.equal(bare(pixels, raw), logits)
    assert bare.train_forward(pixels, raw, reconstruct=1).reconstruction is None


def test_only_the_asked_number_of_photos_is_reconstructed() -> None:
    net = tiny_net()
    pixels, raw = torch.randn(3, 3, 64, 64), torch.full((3, 4), MISSING)
    all_three, one = (net.train_forward(pixels, raw, reconstruct=count).reconstruction for count in (3, 1))
    assert all_three is not None and one is not None
    assert one.shape == (1, 3, 128, 128)
    assert torch.allclose(one, all_three[:1], atol=1e-6)


def test_fusion_starts_as_nearly_the_image_alone() -> None:
    net = net_around(tiny_backbone(), FIELDS)
    encoded = torch.randn(8, net.answer_encoder.width)  # Standard scores, once the encoder is fitted.
    weights = net.clinical(encoded)
    assert (weights - 1).abs().max() < 0.2
    assert weights.std(dim=0).max() > 0
    feature_map = torch.rand(8, 512, 2, 2)
    assert torch.allclose(Product()((feature_map,), weights), feature_map.mean(dim=(2, 3)), atol=0.2)


def test_fusion_is_the_product_of_equation_2() -> None:
    net, pixels, raw = tiny_net(), torch.randn(2, 3, 64, 64), torch.full((2, 4), MISSING)
    image = net.image_encoder(pixels)[-1].mean(dim=(2, 3))
    clinical = net.clinical(net.imputer(*net.answer_encoder(raw)))
    assert torch.allclose(net(pixels, raw), net.classifier(image * clinical), atol=1e-6)
    assert not torch.allclose(net(pixels, raw), net.classifier(image + clinical), atol=1e-3)


def test_the_redrawing_loss_reaches_the_image_encoder_through_the_decoder_alone() -> None:
    net = tiny_net()
    pixels, raw = torch.randn(2, 3, 64, 64), torch.full((2, 4), MISSING)
    reconstruction = net.train_forward(pixels, raw, reconstruct=2).reconstruction
    assert reconstruction is not None
    F.mse_loss(reconstruction, torch.rand(2, 3, 128, 128)).backward()  # type: ignore[no-untyped-call]
    assert net.decoder is not None and touched(net.decoder)
    assert touched(net.image_encoder.features) and touched(net.image_encoder.adapt)
    assert not touched(net.classifier) and not touched(net.clinical) and not touched(net.imputer)
    # With a decoder that ignores its input the same loss reaches nothing else.
    net.zero_grad()
    for parameter in net.decoder.parameters():
        nn.init.zeros_(parameter)
    reconstruction = net.train_forward(pixels, raw, reconstruct=2).reconstruction
    assert reconstruction is not None
    F.mse_loss(reconstruction, torch.rand(2, 3, 128, 128)).backward()  # type: ignore[no-untyped-call]
    assert not touched(net.image_encoder)


def test_the_classifier_s_loss_does_not_reach_the_imputer_or_the_decoder() -> None:
    net = tiny_net()
    logits = net.train_forward(torch.randn(2, 3, 64, 64), torch.full((2, 4), MISSING), reconstruct=2).logits
    F.cross_entropy(logits, torch.tensor([0, 3])).backward()  # type: ignore[no-untyped-call]
    assert touched(net.classifier) and touched(net.clinical) and touched(net.image_encoder.features)
    assert not touched(net.imputer)
    assert net.decoder is not None and not touched(net.decoder)


@pytest.mark.parametrize(("name", "one", "other"), [("age_years", 20, 80), ("itch", 0, 1), ("region", 0, 13)])
def test_an_answer_counts_where_it_is_given_and_a_missing_one_does_not(name: str, one: float, other: float) -> None:
    net, pixels = tiny_net(), torch.randn(1, 3, 64, 64)
    rest = {"gender": 1.0}

    def logits(value: float) -> Tensor:
        found: Tensor = net(pixels, answers(**rest, **{name: value}))
        return found

    assert not torch.equal(logits(one), logits(other))
    missing = logits(MISSING)
    assert not torch.equal(missing, logits(one))
    # Whatever number stands for "not answered", nothing of it may show.
    assert torch.equal(logits(-7.5), missing)
    # Nor of what the numbers of this question were scaled with.
    slot = net.answer_encoder.slots[[field.name for field in FEW].index(name)]
    net.answer_encoder.centre[slot], net.answer_encoder.scale[slot] = 40.0, 3.0
    assert torch.equal(logits(MISSING), missing)


def test_an_imputed_answer_is_the_imputer_s_guess_and_an_observed_one_stays() -> None:
    net = tiny_net()
    encoded, answered = net.answer_encoder(answers(itch=1, age_years=50))
    imputed, guess = net.imputer(encoded, answered), net.imputer.guess(encoded, answered)
    assert torch.equal(imputed[answered == 1], encoded[answered == 1])
    assert torch.equal(imputed[answered == 0], guess[answered == 0])
    assert answered.sum() == 2


def test_encoded_answers_are_standard_scores_one_hot_and_zero_where_missing() -> None:
    encoder = AnswerEncoder(FEW)
    assert encoder.width == 1 + 1 + 14 + 2
    ages = torch.tensor([20.0, 40.0, 60.0, MISSING])
    table = torch.stack(
        [ages, torch.tensor([1.0, 0, 1, MISSING]), torch.tensor([0.0, 13, MISSING, 2]), torch.ones(4)], dim=1
    )
    encoder.fit(table)
    encoded, answered = encoder(table)
    assert encoded[:, 0].tolist() == pytest.approx([-1, 0, 1, 0])
    assert encoded[:, 1].tolist() == [1, 0, 1, 0]
    region = encoder.slots[2]
    assert encoded[:, region].argmax(dim=1).tolist()[:2] == [0, 13]
    assert encoded[:, region].sum(dim=1).tolist() == [1, 1, 0, 1]
    assert encoded[:, encoder.slots[3]].tolist() == [[0, 1]] * 4
    assert [answered[row, slot].unique().tolist() for row, slot in ((2, region), (3, encoder.slots[0]))] == [[0], [0]]
    assert np.array_equal(answered[:, 0], [1, 1, 1, 0])


def test_an_all_missing_or_constant_column_does_not_break_the_scores() -> None:
    encoder = AnswerEncoder(fields_named(("age_years", "diameter_1_mm")))
    encoder.fit(torch.tensor([[50.0, MISSING], [50.0, MISSING], [50.0, MISSING]]))
    encoded, _ = encoder(torch.tensor([[51.0, 5.0]]))
    assert encoded.isfinite().all()


def test_the_imputer_guesses_shares_and_chances() -> None:
    encoder = AnswerEncoder(FIELDS)
    imputer = Imputer(encoder, hidden=64)
    for parameter in imputer.parameters():
        nn.init.normal_(parameter, std=2)  # As far from even shares as training may take it.
    raw = torch.tensor([[field.maximum or 1.0 for field in FIELDS], [MISSING] * len(FIELDS)])
    guess = imputer.guess(*encoder(raw))
    assert guess.shape == (2, encoder.width)
    for field, slot in zip(FIELDS, encoder.slots, strict=True):
        part = guess[:, slot]
        if field.kind != "number":
            assert part.min() >= 0 and part.max() <= 1
        if field.kind == "choice":
            assert torch.allclose(part.sum(dim=1), torch.ones(2))
