"""What the tables ask for, and the paper's figures beside it."""

from __future__ import annotations

import pytest

from skinedge.reproduction.grid import Cell, cells
from skinedge.reproduction.paper import BACKBONES, METHODS, TABLE_2, published


def test_table_1_has_every_method_on_every_backbone() -> None:
    found = cells(1, "paper")
    assert len(found) == len(set(found)) == 6 * 6
    assert {(cell.method, cell.backbone) for cell in found} >= {(m, b) for m in METHODS for b in BACKBONES}
    # Only the proposed method has the decoder.
    assert {cell.method for cell in found if cell.target != "none"} == {"proposed"}


def test_every_figure_of_the_paper_stands_beside_a_cell() -> None:
    every = {(cell.method, cell.backbone, cell.target) for table in (1, 3) for cell in cells(table, "paper")}
    assert published().keys() <= every and len(published()) == 30 + 3
    assert published()["proposed", "vgg13", "bilinear"].bacc == 0.832
    assert published()["metablock", "mobilenet_v2", "none"].acc == 0.724


def test_the_paper_s_recalls_average_to_its_balanced_accuracy() -> None:
    recalls = [recall for recall, _, _ in TABLE_2.values()]
    assert sum(recalls) / 6 == pytest.approx(published()["proposed", "vgg13", "bilinear"].bacc, abs=0.005)


def test_table_3_also_has_the_network_without_a_decoder() -> None:
    assert [cell.target for cell in cells(3, "paper")] == ["none", "bilinear", "bicubic", "ninasr", "edsr"]
    assert {cell.backbone for cell in cells(3, "cpu")} == {"mobilenet_v2"}


def test_the_paper_preset_is_the_paper_s_training() -> None:
    recipe = Cell("proposed", "resnet50", "bicubic").recipe("paper")
    assert (recipe.backbone, recipe.fusion, recipe.sr_target) == ("resnet50", "product", "bicubic")
    assert (recipe.epochs, recipe.optimizer, recipe.learning_rate, recipe.step_epochs) == (70, "sgd", 0.01, 15)
    assert (recipe.batch_size, recipe.side_px, recipe.alpha, recipe.beta) == (32, 224, 0.5, 1.0)
    assert len(recipe.questions) == 21 and not recipe.answer_dropout.equalize
