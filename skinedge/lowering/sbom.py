"""`sbom.cdx.json`: which software and which weights a bundle was made of, in CycloneDX 1.6.

The same export gives the same bytes: no time, a serial number that follows from the content, everything sorted.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import uuid
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

from skinedge import __version__
from skinedge.contract import Contract
from skinedge.runtime.bundle import SBOM_FILE, file_sha256

ROOTS = ("numpy", "pillow", "pydantic", "safetensors", "torch", "torchao", "torchvision")
"""What an export imports itself, whatever the target: a backend adds its own. The packages that these need are found."""

_NAMESPACE = uuid.NAMESPACE_URL


def write_sbom(folder: Path, contract: Contract, program: str, *, made_by: tuple[str, ...] = ()) -> None:
    """Writes the SBOM of the bundle that is being made in `folder`. `made_by` are the packages of the target."""
    document = sbom(contract, program, file_sha256(folder / program), made_by=made_by)
    text = json.dumps(document, indent=1, sort_keys=True)
    (folder / SBOM_FILE).write_text(text + "\n", encoding="utf-8")


def sbom(contract: Contract, program: str, program_sha256: str, *, made_by: tuple[str, ...] = ()) -> dict[str, Any]:
    """The document: the model with its weights and program, and every installed package that took part."""
    weights = contract.weights_sha256
    parts = [_file(program, program_sha256)] + ([_file("weights", weights)] if weights else [])
    roots = {*ROOTS, *made_by}
    packages = {name: _package(name, installed(name)) for name in closure(tuple(roots))}
    model = Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref="model",
        name=contract.model_name,
        version=(weights or program_sha256)[:12],
        description=contract.notice,
        components=parts,
    )
    maker = _package("skinedge", __version__, ComponentType.APPLICATION)
    bom = Bom(
        serial_number=_NAMESPACE,
        metadata=BomMetaData(component=model, tools=ToolRepository(components=[maker])),
        components=packages.values(),
    )
    bom.register_dependency(model, [packages[name] for name in roots if name in packages])
    for name, package in packages.items():
        bom.register_dependency(package, [packages[needed] for needed in needs(name)])
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["metadata"]["timestamp"]
    content = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    return document | {"serialNumber": uuid.uuid5(_NAMESPACE, f"skinedge:{content}").urn}


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


def _package(name: str, version: str, kind: ComponentType = ComponentType.LIBRARY) -> Component:
    purl = PackageURL("pypi", name=name, version=version)
    return Component(type=kind, bom_ref=purl.to_string(), name=name, version=version, purl=purl)


def _file(name: str, sha256: str) -> Component:
    digest = HashType(alg=HashAlgorithm.SHA_256, content=sha256)
    return Component(type=ComponentType.FILE, bom_ref=name, name=name, hashes=[digest])


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
