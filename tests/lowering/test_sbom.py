"""The bill of materials: what it lists is installed, and the same export gives the same bytes."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from skinedge import __version__
from skinedge.lowering.sbom import ROOTS, closure, needs, sbom, write_sbom
from tests import fakes

PROGRAM_SHA256 = "ab" * 32


def test_packages_are_listed_once_sorted_with_what_they_need() -> None:
    document = sbom(fakes.contract(), "skinedge.onnx", PROGRAM_SHA256)
    names = [part["name"] for part in document["components"]]
    assert names == sorted(set(names)) and set(ROOTS) <= set(names)
    for part in document["components"]:
        assert part["version"] == importlib.metadata.version(part["name"])
        assert re.fullmatch(r"pkg:pypi/[a-z0-9-]+@[A-Za-z0-9.%!]+", part["purl"]), part["purl"]
    edges = {entry["ref"]: entry.get("dependsOn", []) for entry in document["dependencies"]}
    assert any(ref.startswith("pkg:pypi/torch@") for ref in edges["model"])
    assert any("/sympy@" in ref for ref in next(edges[ref] for ref in edges if "/torch@" in ref))
    assert "sympy" in needs("torch") and "sympy" in names
    known = {part["bom-ref"] for part in document["components"]} | {"model"}
    assert {entry["ref"] for entry in document["dependencies"]} == known
    assert all(set(entry.get("dependsOn", [])) <= known for entry in document["dependencies"])


def test_the_model_its_weights_and_its_maker_are_named() -> None:
    contract = fakes.contract().model_copy(update={"weights_sha256": "cd" * 32})
    document = sbom(contract, "skinedge.onnx", PROGRAM_SHA256)
    model = document["metadata"]["component"]
    assert (model["type"], model["name"], model["version"]) == ("machine-learning-model", "tiny", "cdcdcdcdcdcd")
    hashes = {part["name"]: part["hashes"][0]["content"] for part in model["components"]}
    assert hashes == {"skinedge.onnx": PROGRAM_SHA256, "weights": "cd" * 32}
    assert document["metadata"]["tools"]["components"][0]["version"] == __version__


def test_the_same_gives_the_same_bytes_and_another_program_another_number(bundle: Path, tmp_path: Path) -> None:
    written = []
    for _ in range(2):
        write_sbom(bundle, fakes.contract(), "skinedge.onnx")
        written.append((bundle / "sbom.cdx.json").read_bytes())
    assert written[0] == written[1]
    document = json.loads(written[0])
    assert "timestamp" not in document["metadata"]
    uuid = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    assert re.fullmatch(uuid, document["serialNumber"])
    assert sbom(fakes.contract(), "skinedge.onnx", PROGRAM_SHA256)["serialNumber"] != document["serialNumber"]


def test_the_order_of_sets_does_not_reach_the_document() -> None:
    code = "import json; from tests import fakes; from skinedge.lowering.sbom import sbom\n"
    code += "print(json.dumps(sbom(fakes.contract(), 'skinedge.onnx', 'ab' * 32)))"
    written = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": str(seed)}
        ).stdout
        for seed in (1, 2)
    }
    assert len(written) == 1 and json.loads(written.pop())["serialNumber"]


def test_the_schema_of_cyclonedx_takes_it(bundle: Path) -> None:
    write_sbom(bundle, fakes.contract(), "skinedge.onnx")
    text = (bundle / "sbom.cdx.json").read_text(encoding="utf-8")
    schema = JsonStrictValidator(SchemaVersion.V1_6)
    assert schema.validate_str(text) is None
    assert schema.validate_str(text.replace('"library"', '"no such kind"', 1)) is not None


def test_what_is_not_installed_is_left_out() -> None:
    assert closure(("no-such-package-of-ours", "packaging")) == ["packaging"]
