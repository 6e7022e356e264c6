"""A bundle: the folder that an app or a clinic's laptop loads, and the check that it is whole.

    manifest.json    every other file with its size and SHA-256    contract.json   what goes in and what comes out
    skinedge.onnx    or .pte, or .tflite: the program              model_card.md   for people
    skinedge.mlpackage/   the folder that Core ML loads; the program that a manifest names is the specification in it
    golden.json      inputs and expected answers, for other languages, with photos in golden/
    parity.json      how far the program is from fp32      sbom.cdx.json   the software that made it (CycloneDX)
    manifest.sig     where somebody signed the manifest: the only file, but itself, that the manifest does not list

Files that macOS and Windows add, such as .DS_Store, may lie among them, and are named where a bundle is looked at.
The manifest finds damage and mix-ups; the signature finds whoever rewrote the manifest too, see `runtime.signature`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from skinedge.contract import CONTRACT_FILE, Contract, Frozen
from skinedge.errors import ContractError, TamperError
from skinedge.files import is_system_file
from skinedge.runtime.keys import PublicKey
from skinedge.runtime.registry import has_runtime, runtime_targets
from skinedge.runtime.signature import SIGNATURE_FILE, signer
from skinedge.runtime.staging import recover

MANIFEST_FILE = "manifest.json"
SBOM_FILE = "sbom.cdx.json"
PARITY_FILE = "parity.json"
_NOT_LISTED = frozenset({MANIFEST_FILE, SIGNATURE_FILE})


def _known_target(name: str) -> str:
    if not has_runtime(name):
        raise ValueError(f"expected one of {', '.join(runtime_targets())}")
    return name


Target = Annotated[str, AfterValidator(_known_target)]
"""A name of `runtime.registry`."""
Precision = Literal["int8", "fp16", "fp32"]

# An allow-list, because what escapes a folder differs by system: `..`, `/`, `C:`, backslashes, NUL, hidden files.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


class FileEntry(Frozen):
    """The manifest's entry of one file."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)


class Manifest(Frozen):
    """The manifest of a bundle: its kind, and its files by posix path relative to its folder."""

    schema_version: Literal[1] = 1
    target: Target
    precision: Precision
    program: str
    made_with: Mapping[str, str]
    files: Mapping[str, FileEntry]

    @property
    def program_files(self) -> tuple[str, ...]:
        """The program, or where it lies in a folder of its own, all files of that."""
        package = self.program.split("/")[0] + "/"
        return tuple(name for name in self.files if name == self.program or name.startswith(package))

    @property
    def program_size_bytes(self) -> int:
        return sum(self.files[name].size_bytes for name in self.program_files)


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files have all been checked against its manifest."""

    folder: Path
    manifest: Manifest
    contract: Contract
    manifest_bytes: bytes
    signed_by: PublicKey | None = None
    """The key of a valid signature; `runtime.trust` decides whether to trust it."""

    @property
    def program_path(self) -> Path:
        return self.folder / self.manifest.program

    @property
    def program_sha256(self) -> str:
        return self.manifest.files[self.manifest.program].sha256

    def program_bytes(self) -> bytes:
        """Reads the program; see `read`."""
        return self.read(self.manifest.program)

    def read(self, name: str) -> bytes:
        """Reads a file that the manifest lists, and checks the bytes that it returns.

        Raises: TamperError where it changed since the bundle was opened.
        """
        return _checked_bytes(self.folder, self.manifest, name)


def default_bundle_path() -> Path:
    """Folder of the model that comes with the package.

    Raises: ContractError where this install has none.
    """
    folder = default_bundle_folder()
    if not is_bundle(folder):
        raise ContractError(f"this install has no model of its own (looked in {folder}): give one with --model BUNDLE")
    return folder


def default_bundle_folder() -> Path:
    """The folder of the package's own model, whether it exists or not."""
    return Path(__file__).parent.parent / "assets" / "default"


def is_bundle(folder: Path) -> bool:
    """Whether the folder has a manifest; `open_bundle` checks whether the bundle is intact."""
    return (folder / MANIFEST_FILE).is_file()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(
    folder: Path, *, target: Target, precision: Precision, program: str, made_with: Mapping[str, str]
) -> Manifest:
    """Hashes every file under `folder` and writes `manifest.json`: the last step of making a bundle.

    Args:
        program: name of the program file in the folder.
        made_with: version by package, for example {"executorch": "1.4.1"}.

    Raises: ContractError where the folder holds anything but plain files with plain names, or lacks what it must have.
    """
    files = _plain_files(folder) - _NOT_LISTED - set(system_files(folder))
    manifest = Manifest(
        target=target,
        precision=precision,
        program=program,
        made_with=dict(made_with),
        files={
            name: FileEntry(sha256=file_sha256(folder / name), size_bytes=(folder / name).stat().st_size)
            for name in sorted(files)
        },
    )
    _check_names(manifest, folder)
    (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def renew_manifest(folder: Path, old: Manifest) -> Manifest:
    """Writes `manifest.json` again for the files that are there now, with everything else from `old`.

    Raises: see `write_manifest`.
    """
    return write_manifest(folder, target=old.target, precision=old.precision, program=old.program, made_with=old.made_with)


def open_bundle(folder: Path) -> Bundle:
    """Reads a bundle and checks every file in it, and the signature where there is one.

    Raises:
        ContractError: the folder is no bundle, or its manifest or contract cannot be understood.
        TamperError: a file is missing, altered, not listed or outside the folder, or the signature is not the manifest's.
    """
    manifest, data = read_manifest(folder)
    for problem in file_problems(folder, manifest):
        raise TamperError(problem)
    return Bundle(folder, manifest, read_contract(folder, manifest), data, signer(folder, data))


def read_manifest(folder: Path) -> tuple[Manifest, bytes]:
    """The manifest and its bytes, its names checked, its files not.

    Raises: ContractError where it cannot be understood; TamperError for a name that is not allowed.
    """
    path = folder / MANIFEST_FILE
    recover(folder)
    if not is_bundle(folder):
        raise ContractError(f"no {MANIFEST_FILE} in {folder}: give a folder made by skinedge export")
    try:
        data = path.read_bytes()
        manifest = Manifest.model_validate_json(data)
    except OSError as error:
        raise ContractError(f"cannot read {path}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        # Names in the file may hold line breaks.
        where = " ".join(".".join(map(str, first["loc"])).split()) or "file"
        raise ContractError(f"{path} cannot be used: {where!r}: {first['msg']}; export the bundle again") from None
    _check_names(manifest, folder)
    return manifest, data


def read_contract(folder: Path, manifest: Manifest) -> Contract:
    """The contract, from bytes that are checked against the manifest."""
    return Contract.parse(_checked_bytes(folder, manifest, CONTRACT_FILE), folder / CONTRACT_FILE)


def _checked_bytes(folder: Path, manifest: Manifest, name: str) -> bytes:
    """Reads a file and checks the bytes that it returns, so that nothing can change between check and use.

    Raises: TamperError where they are not the ones that the manifest names.
    """
    path = folder / name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TamperError(f"cannot read {path}: {error.strerror}; copy the bundle again") from None
    if hashlib.sha256(data).hexdigest() != manifest.files[name].sha256:
        raise TamperError(f"{path} changed since the bundle was opened: copy the bundle again")
    return data


def file_problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    """The problems of a bundle's files, one line each: links, missing, unlisted, cut short or altered files."""
    try:
        found = _plain_files(folder) - _NOT_LISTED
    except TamperError as error:
        yield str(error)
        return
    found -= set(system_files(folder)) - manifest.files.keys()
    for name in sorted(found ^ manifest.files.keys()):
        problem = "is not listed in the manifest: remove it" if name in found else "is missing: copy the bundle again"
        yield f"{folder / name} {problem}"
    for name in sorted(found & manifest.files.keys()):
        damage = _damage(folder / name, manifest.files[name])
        if damage:
            yield damage


def system_files(folder: Path) -> list[str]:
    """Files that macOS or Windows added to a bundle's folder, as posix paths in it: nothing reads them. A link is none."""
    return sorted(name for name in _plain_files(folder) if is_system_file(PurePosixPath(name).name))


def _check_names(manifest: Manifest, folder: Path) -> None:
    for name in manifest.files:
        if not _PLAIN_NAME.fullmatch(name):
            raise TamperError(
                f"{folder}: the file name {name!r} is not allowed in a bundle: expected a path inside the folder, "
                "of letters, digits and _ . - only"
            )
    for name in (manifest.program, CONTRACT_FILE):
        if name not in manifest.files:
            raise ContractError(f"{folder}: the bundle does not list {name!r}: export it again")


def _damage(path: Path, entry: FileEntry) -> str | None:
    try:
        size_bytes = path.stat().st_size
        # The size first: a truncated copy is found without reading the whole file.
        if size_bytes < entry.size_bytes:
            return f"{path} is cut short: got {size_bytes} bytes, expected {entry.size_bytes}; copy the bundle again"
        if size_bytes > entry.size_bytes:
            return f"{path} is too long: got {size_bytes} bytes, expected {entry.size_bytes}; copy the bundle again"
        if file_sha256(path) != entry.sha256:
            return f"{path} was altered: its SHA-256 is not the manifest's; copy the bundle again"
    except OSError as error:
        return f"cannot read {path}: {error.strerror}; copy the bundle again"
    return None


def _plain_files(folder: Path) -> set[str]:
    """Posix relative paths of all files; a link or device is refused, as it can lead out of the folder."""
    names = set()
    for parent, folders, files in os.walk(folder):
        for path in (Path(parent, name) for name in folders + files):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise TamperError(f"{path} is a link or device: a bundle holds plain files only; replace it by a copy")
            if path.is_file():
                names.add(path.relative_to(folder).as_posix())
    return names
