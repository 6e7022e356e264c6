"""`sbom.cdx.json`: which software and which weights a bundle was made of, in CycloneDX 1.6.

The same export gives the same bytes: no time, no random serial number, everything sorted.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import uuid
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from skinedge import __version__
from skinedge.contract import Contract
from skinedge.runtime.bundle import SBOM_FILE, file_sha256

ROOTS = (
    "executorch",
    "numpy",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "pillow",
    "pydantic",
    "safetensors",
    "torch",
    "torchao",
    "torchvision",
)
"""What `skinedge export` imports itself, whatever the target; the packages that these need are found."""


def write_sbom(folder: Path, contract: Contract, program: str, *, made_by: tuple[str, ...] = ()) -> None:
    """Writes the SBOM of the bundle that is being made in `folder`. `made_by` are the packages of the target."""
    document = sbom(contract, program, file_sha256(folder / program), made_by=made_by)
    text = json.dumps(document, indent=1, sort_keys=True)
    (folder / SBOM_FILE).write_text(text + "\n", encoding="utf-8")


def sbom(contract: Contract, program: str, program_sha256: str, *, made_by: tuple[str, ...] = ()) -> dict[str, Any]:
    """The document: the model with its weights and program, and every installed package that took part."""
    weights = contract.weights_sha256
    parts = [_file(program, program_sha256)] + ([_file("weights", weights)] if weights else [])
    roots = tuple({*ROOTS, *made_by})
    packages = {name: installed(name) for name in closure(roots)}
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "machine-learning-model",
                "bom-ref": "model",
                "name": contract.model_name,
                "version": (weights or program_sha256)[:12],
                "description": contract.notice,
                "components": parts,
            },
            "tools": {"components": [{**_package("skinedge", __version__), "type": "application"}]},
        },
        "components": [_package(name, version) for name, version in packages.items()],
        "dependencies": [
            {"ref": "model", "dependsOn": sorted(_purl(name, packages[name]) for name in roots if name in packages)},
            *(
                {
                    "ref": _purl(name, version),
                    "dependsOn": sorted(_purl(n, packages[n]) for n in needs(name) if n in packages),
                }
                for name, version in packages.items()
            ),
        ],
    }
    content = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    return document | {"serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'skinedge:{content}')}"}


def closure(roots: tuple[str, ...]) -> list[str]:
    """Installed packages among the roots and what they need, by normalized name, sorted."""
    found: set[str] = set()
    waiting = [name for name in roots if _is_installed(name)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(needs(name))
    return sorted(found)


def needs(name: str) -> list[str]:
    """Normalized names of the installed packages that a package needs on this system, without its extras, sorted."""
    requirements = (Requirement(text) for text in importlib.metadata.requires(name) or ())
    wanted = {_normalized(r.name) for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})}
    return sorted(name for name in wanted if _is_installed(name))


def installed(name: str) -> str:
    """The version of a package that is installed."""
    return importlib.metadata.version(name)


def _is_installed(name: str) -> bool:
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def _package(name: str, version: str) -> dict[str, Any]:
    purl = _purl(name, version)
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _purl(name: str, version: str) -> str:
    # A local version such as 2.13.0+cpu: the plus sign stands for itself only when it is encoded.
    return f"pkg:pypi/{name}@{version.replace('+', '%2B')}"


def _file(name: str, sha256: str) -> dict[str, Any]:
    return {"type": "file", "bom-ref": name, "name": name, "hashes": [{"alg": "SHA-256", "content": sha256}]}


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
