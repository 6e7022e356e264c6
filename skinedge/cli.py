"""The command line: parse, call, print. No logic here, and heavy imports only inside commands."""

from __future__ import annotations

import errno
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from skinedge import __version__
from skinedge.errors import ConfigError, SkinEdgeError

DEFAULT_CHECKPOINT = Path(__file__).parent / "assets" / "checkpoint"

# Plain help and ordinary tracebacks: calm to read, and rich need not be imported for them.
app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)  # fmt: skip

Photo = Annotated[str, typer.Argument(metavar="PHOTO", help="A JPEG or PNG file.")]
Model = Annotated[
    Path | None, typer.Option(help="Folder of a bundle.", show_default="the model of this install", metavar="BUNDLE")
]
Data = Annotated[Path, typer.Option(help="Folder in the layout of PAD-UFES-20.", metavar="FOLDER")]
Out = Annotated[Path, typer.Option(help="Folder to write to.", metavar="FOLDER")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 done, 1 an error the user can mend, 2 wrong usage, 130 interrupted.

    Only errors made for users become one line on stderr; any other is a bug and keeps its traceback.
    """
    try:
        app(args=None if arguments is None else list(arguments), prog_name="skinedge")
    except SkinEdgeError as error:
        _stop(str(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _stop("the disk is full: free some space and run the command again")
    except KeyboardInterrupt:
        sys.exit(130)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"skinedge {__version__}")
        raise typer.Exit


@app.callback()
def skinedge(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Advice on photos of skin spots, with no network: refer or watch. Never a diagnosis.

    \b
    Example:
      skinedge screen spot.jpg --age-years 63 --region face --itch yes
    """


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def screen(context: typer.Context, photo: Photo, model: Model = None, as_json: AsJson = False) -> None:
    """Gives advice on one photo of a spot.

    The advice is to refer, to watch or to photograph again. Answers are options named after the questions that the model
    asks ("skinedge questions" lists them). A question that is left out is filled in by the model.

    \b
    Example:
      skinedge screen spot.jpg --age-years 63 --region face --itch yes
    """
    from skinedge.screening.answers import split_arguments
    from skinedge.screening.display import print_result
    from skinedge.screening.screener import Screener

    # Options that only the model knows arrive unparsed, in their order, and the first of them may lie in `photo`.
    path, answers = split_arguments([photo, *context.args])
    print_result(Screener(model).screen(path, answers), as_json=as_json)


@app.command()
def questions(model: Model = None, as_json: AsJson = False) -> None:
    """Lists the questions that a model asks.

    Each with the option that answers it and the answers it takes.

    \b
    Example:
      skinedge questions
    """
    from skinedge.runtime.bundle import default_bundle_path, open_bundle
    from skinedge.screening.display import print_questions

    print_questions(open_bundle(model or default_bundle_path()).contract, as_json=as_json)


@app.command()
def train(
    data: Data,
    out: Out,
    recipe: Annotated[str, typer.Option(help="edge, paper, or a TOML file.")] = "edge",
    split: Annotated[
        Literal["grouped", "pundhir2022", "none"],
        typer.Option(help="What to test on. grouped also trains five fold models; pundhir2022 leaks; none tests nothing."),
    ] = "grouped",
    weights: Annotated[
        str, typer.Option(help="imagenet (downloads), none, or a safetensors file of the backbone.")
    ] = "imagenet",
    devices: Annotated[int, typer.Option(help="How many GPUs or processes; 0 takes what is there.", min=0)] = 0,
    epochs: Annotated[int, typer.Option(help="Instead of the recipe's; 0 keeps it.", min=0)] = 0,
) -> None:
    """Trains a model and writes OUT/checkpoint with its model card.

    A run that was stopped goes on where it was when the same command is given again.

    \b
    Example:
      skinedge train --data pad-ufes-20 --out runs/edge --weights imagenet
    """
    _need_extra("train", "lightning")
    from skinedge.config import load_recipe
    from skinedge.data.pad_ufes_20 import read_pad_ufes_20
    from skinedge.training.run import CHECKPOINT
    from skinedge.training.run import train as run

    settings = load_recipe(recipe)
    if epochs:
        settings = settings.model_copy(update={"epochs": epochs})
    found = read_pad_ufes_20(data)
    for line in found.report.lines():
        print(line, file=sys.stderr)
    run(found, settings, out, split=split, weights=weights, devices=devices or "auto")
    print(out / CHECKPOINT)


@app.command()
def export(
    target: Annotated[str, typer.Option(help="android, onnx, or a TOML file like those in export/.")],
    out: Out,
    model: Annotated[
        Path, typer.Option(help="Folder of a checkpoint.", show_default="the model of this install")
    ] = DEFAULT_CHECKPOINT,
    data: Annotated[Path | None, typer.Option(help="Photos to calibrate on and to compare with.", metavar="FOLDER")] = None,
    precision: Annotated[
        Literal["int8", "fp32"] | None, typer.Option(help="Instead of the recipe's.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Exports a checkpoint to a bundle that takes raw pixels and raw answers, or fails and leaves OUT as it was.

    \b
    Example:
      skinedge export --target android --out build/android
    """
    _need_extra("export", "executorch", "onnxscript")
    from skinedge.data.pad_ufes_20 import read_pad_ufes_20
    from skinedge.lowering.display import print_export
    from skinedge.lowering.export import export as run
    from skinedge.lowering.recipe import load_export_recipe

    recipe = load_export_recipe(target).at(precision)
    print_export(run(model, recipe, out, data=read_pad_ufes_20(data) if data else None), as_json=as_json)


@app.command()
def calibrate(
    data: Data,
    model: Annotated[Path, typer.Option(help="Folder of a checkpoint.", metavar="CHECKPOINT")],
    photos: Annotated[int, typer.Option(help="How many photos, of every class alike.", min=1)] = 200,
) -> None:
    """Measures the ranges of activations on photos and keeps them in the checkpoint, for int8 exports without photos.

    \b
    Example:
      skinedge calibrate --data pad-ufes-20 --model runs/edge/checkpoint
    """
    _need_extra("export", "executorch")
    from skinedge.data.pad_ufes_20 import read_pad_ufes_20
    from skinedge.lowering.export import calibrate_checkpoint

    print(calibrate_checkpoint(model, read_pad_ufes_20(data), photos=photos))


@app.command()
def evaluate(
    model: Annotated[Path, typer.Option(help="Folder of a bundle, a checkpoint or a training run.")],
    data: Data,
    split: Annotated[
        Literal["grouped", "pundhir2022", "all"], typer.Option(help="Which photos; pundhir2022 is a leaking split.")
    ] = "all",
    as_json: AsJson = False,
) -> None:
    """Asks a model about the photos of a data set and measures its answers, with intervals over patients.

    \b
    Example:
      skinedge evaluate --model build/android --data pad-ufes-20 --split all --json
    """
    _need_extra("train", "sklearn")
    from rich.console import Console

    from skinedge.data.pad_ufes_20 import read_pad_ufes_20
    from skinedge.evaluation.protocols import evaluate as run
    from skinedge.evaluation.table import metrics_table
    from skinedge.lowering.open_model import open_models

    measured = run(open_models(model), read_pad_ufes_20(data), split)
    if measured.seen_in_training:
        print("The model was trained on this data set: these figures say nothing of new patients.", file=sys.stderr)
    if as_json:
        print(measured.model_dump_json())
    else:
        Console().print(metrics_table(measured))


data_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Looks at a data set, or draws one.")
app.add_typer(data_app, name="data")


@data_app.command("check")
def data_check(folder: Annotated[Path, typer.Argument(metavar="FOLDER")]) -> None:
    """Reads a data set strictly and says what it found.

    \b
    Example:
      skinedge data check pad-ufes-20
    """
    from skinedge.data.pad_ufes_20 import read_pad_ufes_20

    print("\n".join(read_pad_ufes_20(folder).report.lines()))


@data_app.command("synthetic")
def data_synthetic(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    photos: Annotated[int, typer.Option(help="How many lesions to draw.", min=6)] = 120,
    seed: int = 0,
) -> None:
    """Draws lesions with made-up answers in the layout of PAD-UFES-20, so that every command runs without a download.

    \b
    Example:
      skinedge data synthetic build/drawn --photos 120
    """
    from skinedge.data.synthetic import write_synthetic

    print(write_synthetic(folder, photos=photos, seed=seed))


def _need_extra(extra: str, *modules: str) -> None:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(f"this command needs {missing[0]}: pip install 'skinedge[{extra}]'")


def _stop(message: str) -> None:
    # A file name may hold a line break; the promise of one line holds all the same.
    print("skinedge:", " ".join(message.splitlines()), file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
