"""Recipes hold the paper's and our numbers, and a bad recipe is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import ROOT
from skinedge.errors import ConfigError
from skinedge.questionnaire import ALWAYS_ASKED, COLUMNS
from skinedge.training.recipe import Recipe, load_recipe


def test_paper_holds_the_paper_s_numbers() -> None:
    paper = load_recipe("paper")
    assert paper.name == "paper"
    assert paper.backbone == "mobilenet_v2"
    assert (paper.optimizer, paper.learning_rate, paper.backbone_rate_factor) == ("sgd", 0.01, 1.0)
    assert (paper.schedule, paper.step_epochs, paper.step_factor) == ("step", 15, 0.1)
    assert (paper.epochs, paper.batch_size, paper.side_px) == (70, 32, 224)
    assert (paper.warmup_epochs, paper.low_side_epochs, paper.frozen_blocks) == (0, 0, 0)
    assert (paper.alpha, paper.beta) == (0.5, 1.0)
    assert (paper.sr_target, paper.sr_share) == ("bilinear", 1.0)
    assert paper.questions == tuple(field.name for field in COLUMNS.values())
    assert len(paper.questions) == 21


def test_edge_asks_only_what_everyone_was_asked() -> None:
    edge = load_recipe("edge")
    assert edge.name == "edge"
    assert edge.questions == ALWAYS_ASKED
    assert edge.low_side_epochs < edge.epochs
    assert edge.side_px == 224
    assert edge.augmentation.rotation_degrees == 180
    assert edge.soup > 1 and edge.distillation_epochs and edge.augmentation_cache


def test_another_backbone_is_not_frozen_by_the_numbers_of_this_one() -> None:
    edge = load_recipe("edge")
    assert edge.frozen_blocks > 8, "resnet50 has 8 blocks in all"
    assert edge.changed(backbone="resnet50").frozen_blocks == 0
    assert edge.changed(backbone="mobilenet_v2", fusion="concat").frozen_blocks == edge.frozen_blocks
    looking = edge.changed(fusion="visual_attention")
    assert looking.fusion == "visual_attention" and not looking.augmentation_cache
    with pytest.raises(ConfigError, match=r"fusion: .*'metablock'"):
        edge.changed(fusion="sum")


def test_a_recipe_of_one_s_own_is_read_and_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\nepochs = 3\nquestions = ["itch"]\n[augmentation]\nnoise = 0\n')
    recipe = load_recipe(str(path))
    assert (recipe.name, recipe.epochs, recipe.questions, recipe.augmentation.noise) == ("mine", 3, ("itch",), 0)
    assert recipe.learning_rate == 0.01
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


BAD = {
    "unknown key": ("epoch = 3", r"epoch: Extra inputs are not permitted \(got 3\)"),
    "unknown key of a table": ("[augmentation]\nblur = 1", r"augmentation\.blur: Extra inputs"),
    "key of two lines": ('"two\\nlines" = 1', "two lines: Extra inputs"),
    "unknown question": ('questions = ["itch", "weight"]', "unknown question 'weight', expected some of age_years, "),
    "repeated question": ('questions = ["itch", "itch"]', "questions must differ"),
    "no question": ("questions = []", "questions: .*at least 1 item"),
    "unknown optimizer": ('optimizer = "rmsprop"', r"optimizer: .*'sgd' or 'adamw' \(got 'rmsprop'\)"),
    "wrong type": ('epochs = "many"', r"epochs: .*integer.*\(got 'many'\)"),
    "fraction": ("batch_size = 1.5", "batch_size: .*integer"),
    "too small": ("epochs = 0", r"epochs: .*greater than or equal to 1 \(got 0\)"),
    "negative": ("learning_rate = -0.1", "learning_rate: .*greater than 0"),
    "not a number": ("learning_rate = nan", "learning_rate: "),
    "infinite": ("learning_rate = inf", "learning_rate: .*finite"),
    "no step": ("step_epochs = 0", "step_epochs: .*greater than or equal to 1"),
    "odd side": ("side_px = 225", "side_px: .*multiple of 32"),
    "scales crossed": (
        "[augmentation]\nscale_low = 2",
        "augmentation: scale_low must be at most scale_high, got 2 and",
    ),
    "list for a table": ("augmentation = [1]", "augmentation: "),
    "not TOML": ("epochs = = 3", "is not TOML: .*line 2"),
    "cut short": ('backbone = "mobile', "is not TOML: "),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_recipe_is_one_line(case: str, tmp_path: Path) -> None:
    text, says = BAD[case]
    path = tmp_path / "mine.toml"
    path.write_text(f'name = "mine"\n{text}\n')
    with pytest.raises(ConfigError, match=rf"mine\.toml.*{says}") as error:
        load_recipe(str(path))
    assert "\n" not in str(error.value)


def test_a_recipe_needs_a_name(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("epochs = 3\n")
    with pytest.raises(ConfigError, match="name: Field required"):
        load_recipe(str(tmp_path / "mine.toml"))


def test_a_file_that_is_not_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(ConfigError, match=r"cannot read .*mine\.toml"):
        load_recipe(str(tmp_path / "mine.toml"))


def test_the_small_recipe_of_the_documents_is_one(tmp_path: Path) -> None:
    """How it is trained, calibrated and exported in minutes stands beside it."""
    text = (ROOT / "docs" / "start" / "engineer.md").read_text(encoding="utf-8")
    (tmp_path / "small.toml").write_text(text.partition("```toml\n")[2].partition("```")[0])
    small = load_recipe(tmp_path / "small.toml")
    assert (small.name, small.sr_target, small.side_px, small.soup) == ("small", "none", 64, 1)


@pytest.mark.parametrize("name", ["papers", "no/such/file.toml", ""])
def test_an_unknown_name_lists_the_known(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"^no recipe '{name}': expected one of edge, .*paper, or a TOML file$"):
        load_recipe(name)
