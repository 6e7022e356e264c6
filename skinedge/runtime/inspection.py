"""`skinedge inspect`: the contents of a bundle, for people and as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from skinedge.contract import Contract, Frozen, Threshold
from skinedge.errors import ContractError
from skinedge.runtime.bundle import PARITY_FILE, SBOM_FILE, Bundle, open_bundle, system_files
from skinedge.runtime.engine import Shape, expected_shapes
from skinedge.runtime.keys import PublicKey
from skinedge.runtime.registry import get_runtime
from skinedge.runtime.trust import came_with_install

SignatureState = Literal["came with this install", "unsigned", "signed by an unknown key", "signed by a trusted key"]


class Sbom(Frozen):
    """A summary of the bill of materials."""

    format: str
    packages: Mapping[str, str]
    """Version by name."""


class Contents(Frozen):
    """The contents of a bundle."""

    folder: str
    model_name: str
    backbone: str | None
    """None in bundles of schema 1, which have it elsewhere."""
    trained_on: str
    target: str
    precision: str
    program: str
    program_sha256: str
    program_size_bytes: int
    weights_sha256: str | None
    files: Mapping[str, int]
    """Size in bytes by name."""
    system_files: tuple[str, ...]
    """Files that macOS or Windows added, which nothing reads."""
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    questions: tuple[str, ...]
    labels: tuple[str, ...]
    malignant_labels: tuple[str, ...]
    refer: Threshold
    watch_below: Threshold | None
    minimum_runtime: str
    made_with: Mapping[str, str]
    parity: tuple[Mapping[str, Any], ...]
    caveats: tuple[str, ...]
    """Limitations of the parity figures."""
    signature: SignatureState
    key_id: str | None
    sbom: Sbom | None

    def lines(self) -> list[str]:
        """The contents for people, a name and its value a line."""
        size_bytes = sum(self.files.values())
        rows = {
            "bundle": self.folder,
            "model": f"{self.model_name}, {self.backbone or 'backbone not recorded'}, trained on {self.trained_on}",
            "program": f"{self.program} for {self.target}, {self.precision}, {self.program_size_bytes:,} bytes",
            "sha-256": self.program_sha256,
            "weights": self.weights_sha256 or "not named",
            "files": f"{len(self.files)}, {size_bytes:,} bytes",
            "besides": ", ".join(self.system_files) or "nothing",
            "in": _shapes(self.inputs),
            "out": f"{_shapes(self.outputs)}: {', '.join(self.labels)}",
            "questions": ", ".join(self.questions),
            "refer": f"from a score of {self.refer.value:g} for {' + '.join(self.malignant_labels)}",
            "watch": f"below a score of {(self.watch_below or self.refer).value:g}",
            "chosen on": self.refer.chosen_on,
            "parity": "; ".join([*map(_parity_text, self.parity), *self.caveats]) or "not in this bundle",
            "runtime": self.minimum_runtime,
            "made with": ", ".join(f"{name} {version}" for name, version in self.made_with.items()),
            "signature": self.signature + (f" ({self.key_id})" if self.key_id else ""),
            "sbom": f"{self.sbom.format}, {len(self.sbom.packages)} packages" if self.sbom else "not in this bundle",
        }
        # Texts in a bundle may hold line breaks.
        return [f"{name:10} {' '.join(text.split())}" for name, text in rows.items()]


def inspect(folder: Path, trusted: frozenset[PublicKey] = frozenset()) -> Contents:
    """The contents of a bundle, whoever signed it. Raises: as `open_bundle`."""
    bundle = open_bundle(folder)
    manifest, contract = bundle.manifest, bundle.contract
    shapes = expected_shapes(contract)
    return Contents(
        folder=str(folder),
        **_of_contract(contract),
        target=manifest.target,
        precision=manifest.precision,
        program=manifest.program,
        program_sha256=bundle.program_sha256,
        program_size_bytes=manifest.program_size_bytes,
        files={name: entry.size_bytes for name, entry in manifest.files.items()},
        system_files=tuple(system_files(folder)),
        inputs={name: shapes[name] for name in ("photo", "answers")},
        outputs={"probabilities": shapes["probabilities"]},
        minimum_runtime=_minimum_runtime(bundle),
        made_with=manifest.made_with,
        parity=_parity(bundle),
        caveats=(caveat,) if (caveat := get_runtime(manifest.target).caveat) else (),
        signature=_signature(bundle, trusted),
        key_id=bundle.signed_by.key_id if bundle.signed_by else None,
        sbom=_sbom(bundle),
    )


def _of_contract(contract: Contract) -> dict[str, Any]:
    same = {"model_name", "trained_on", "weights_sha256", "labels", "malignant_labels", "refer", "watch_below"}
    return {name: getattr(contract, name) for name in same} | {
        "backbone": contract.model.backbone if contract.model else None,
        "questions": tuple(field.name for field in contract.fields),
    }


def _minimum_runtime(bundle: Bundle) -> str:
    name = get_runtime(bundle.manifest.target).name
    return f"{name} {bundle.contract.minimum_runtimes.get(name, 'of any version')}"


def _signature(bundle: Bundle, trusted: frozenset[PublicKey]) -> SignatureState:
    if came_with_install(bundle.folder):
        return "came with this install"
    if bundle.signed_by is None:
        return "unsigned"
    return "signed by a trusted key" if bundle.signed_by in trusted else "signed by an unknown key"


def _parity(bundle: Bundle) -> tuple[Mapping[str, Any], ...]:
    found = _json(bundle, PARITY_FILE) or []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ContractError(f"{bundle.folder / PARITY_FILE} is no list of comparisons: export the bundle again")
    return tuple(found)


def _shapes(ports: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {' x '.join(map(str, shape))} float32" for name, shape in ports.items())


def _parity_text(parity: Mapping[str, Any]) -> str:
    try:
        return (
            f"on {parity['n']} {parity['samples']} decision agreement with fp32 {parity['decision_agreement']:.1%}, "
            f"probabilities off by at most {parity['largest_difference']:.4f}"
        )
    except (KeyError, TypeError, ValueError):  # Another version wrote it: returned as it is.
        return json.dumps(parity)


def _sbom(bundle: Bundle) -> Sbom | None:
    found = _json(bundle, SBOM_FILE)
    if found is None:
        return None
    try:
        packages = {str(part["name"]): str(part["version"]) for part in found["components"]}
        return Sbom(format=f"{found['bomFormat']} {found['specVersion']}", packages=packages)
    except (KeyError, TypeError):
        raise ContractError(f"{bundle.folder / SBOM_FILE} is no CycloneDX document: export the bundle again") from None


def _json(bundle: Bundle, name: str) -> Any:
    """A JSON file of the bundle; None where it has none of that name."""
    if name not in bundle.manifest.files:
        return None
    try:
        return json.loads(bundle.read(name))
    except (ValueError, RecursionError):
        raise ContractError(f"{bundle.folder / name} is not JSON: export the bundle again") from None
