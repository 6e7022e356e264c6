"""`from skinedge import …`: every name is there, nothing is loaded before it is used, a missing extra is one line."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import skinedge
from skinedge import errors

HEAVY = ("torch", "numpy", "onnxruntime", "PIL", "pydantic", "sklearn", "lightning", "executorch")


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert run(f"import sys, skinedge; dir(skinedge); print([n for n in {HEAVY} if n in sys.modules])").strip() == "[]"


def test_every_public_name_is_there_and_is_documented() -> None:
    assert set(skinedge.__all__) <= set(dir(skinedge))
    for name in skinedge.__all__:
        found = getattr(skinedge, name)
        if name != "__version__":
            assert inspect.getdoc(found), name
    functions = [getattr(skinedge, name) for name in skinedge.__all__ if name[0].islower()]
    assert len(functions) == 11
    for function in functions:
        text = inspect.getdoc(function) or ""
        assert "Example:\n    >>> " in text, function.__name__


def test_every_error_is_public() -> None:
    found = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    assert {"SkinEdgeError", "PhotoError"} < found <= set(skinedge.__all__)


def test_beyond_two_arguments_all_are_by_name() -> None:
    methods = [getattr(skinedge.LesionClassifier, name) for name in ("predict", "features", "save", "export")]
    for function in [getattr(skinedge, name) for name in skinedge.__all__ if name[0].islower()] + methods:
        positional = [
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name != "self"
        ]
        assert len(positional) <= 2, function


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sceen'"):
        skinedge.sceen  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(("name", "extra"), [("load_model", "train"), ("train", "train"), ("export", "export")])
def test_a_missing_extra_is_one_line(name: str, extra: str) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        f"import skinedge\ntry:\n    skinedge.{name}\nexcept skinedge.ConfigError as error:\n    print(error)"
    )
    assert run(code).strip() == f"skinedge.{name} needs torch: pip install 'skinedge[{extra}]'"


def test_the_plain_install_screens_reads_data_and_verifies() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from skinedge import Contract, DataSet, Recipe, Screener, Verification, load_dataset, load_recipe, verify\n"
        "print(verify().ok, len(Screener().contract.labels), load_recipe('edge').epochs)"
    )
    assert run(code).split() == ["True", "6", "15"]
