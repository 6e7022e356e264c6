"""`skinedge verify`: all checks of a bundle on this computer, each with its result in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from skinedge.errors import ContractError, RuntimeMissingError, SignatureError, SkinEdgeError, TamperError
from skinedge.runtime.bundle import Bundle, file_problems, read_contract, read_manifest, system_files
from skinedge.runtime.engine import Engine
from skinedge.runtime.golden import GOLDEN_TOLERANCE, largest_difference
from skinedge.runtime.keys import PublicKey
from skinedge.runtime.loading import check_runtime, load_engine
from skinedge.runtime.signature import signer
from skinedge.runtime.trust import came_with_install, check_trust

_INSIDE = ("contract", "runtime", "program", "golden")
Status = Literal["ok", "fail", "not checked"]


@dataclass(frozen=True)
class Check:
    """One check of a bundle, with its result in one line."""

    name: str
    status: Status
    detail: str


@dataclass(frozen=True)
class Verification:
    """Everything that was asked of a bundle."""

    folder: Path
    checks: tuple[Check, ...]
    """Manifest, files, signature, contract, runtime, program and golden vectors, in this order."""

    @property
    def ok(self) -> bool:
        """Whether no check failed; one that could not be made here is no failure."""
        return all(check.status != "fail" for check in self.checks)

    @property
    def complete(self) -> bool:
        """Whether every check could be made here: the runtime of the program is installed."""
        return all(check.status != "not checked" for check in self.checks)


def verify(folder: Path, trusted: frozenset[PublicKey] = frozenset()) -> list[Check]:
    """Checks manifest, files, contract, signature, runtime version, program and golden vectors, in this order.

    It runs a program only where its files are intact and the signature, if any, is the manifest's. It also runs an unsigned
    program, or one signed by an unknown key, so that one can find out whether to sign it. It raises nothing for a bad
    bundle.
    """
    try:
        manifest, data = read_manifest(folder)
    except SkinEdgeError as error:
        return [Check("manifest", "fail", str(error))]
    checks = [Check("manifest", "ok", f"{manifest.target}, {manifest.precision}, {len(manifest.files)} files")]

    problems = list(file_problems(folder, manifest))
    size_bytes = sum(entry.size_bytes for entry in manifest.files.values())
    whole = Check("files", "ok", f"all as the manifest says, {size_bytes:,} bytes{_besides(folder)}")
    checks.append(Check("files", "fail", "; ".join(problems)) if problems else whole)

    key, altered = None, False
    try:
        key = signer(folder, data)
        checks.append(_trust(folder, key, trusted))
    except TamperError as error:
        altered = True
        checks.append(Check("signature", "fail", str(error)))
    if problems or altered:
        why = "not looked at: the bundle is damaged or was altered"
        return [*checks, *(Check(name, "not checked", why) for name in _INSIDE)]
    return [*checks, *_inside(lambda: Bundle(folder, manifest, read_contract(folder, manifest), data, key))]


def _besides(folder: Path) -> str:
    try:
        added = system_files(folder)
    except TamperError:  # Told by `file_problems`.
        return ""
    return f"; besides, added by a system and never read: {', '.join(added)}" if added else ""


def _trust(folder: Path, key: PublicKey | None, trusted: frozenset[PublicKey]) -> Check:
    if came_with_install(folder):
        return Check("signature", "ok", "not needed: it came with this install")
    try:
        check_trust(folder, key, trusted)
    except SignatureError as error:
        return Check("signature", "fail", str(error))
    assert key is not None
    return Check("signature", "ok", f"signed by {key.key_id}, which is trusted")


def _inside(bundle: Callable[[], Bundle]) -> list[Check]:
    checks: list[Check] = []
    why = "needs what failed before it"
    try:
        for detail in _inside_checks(bundle):
            checks.append(Check(_INSIDE[len(checks)], "ok", detail))
    except RuntimeMissingError as error:
        why = str(error)
    except SkinEdgeError as error:
        checks.append(Check(_INSIDE[len(checks)], "fail", str(error)))
    return [*checks, *(Check(name, "not checked", why) for name in _INSIDE[len(checks) :])]


def _inside_checks(read: Callable[[], Bundle]) -> Iterator[str]:
    """The results for contract, runtime, program and golden vectors, each of which needs the one before."""
    bundle = read()
    contract = bundle.contract
    yield f"{contract.model_name}: a photo and {len(contract.fields)} answers in, {len(contract.labels)} probabilities out"
    yield check_runtime(bundle)
    engine = load_engine(bundle)
    yield f"{bundle.manifest.program} loads, and takes and gives what the contract says"
    yield _golden(bundle, engine)


def _golden(bundle: Bundle, engine: Engine) -> str:
    count, worst = largest_difference(bundle, engine)
    if worst > GOLDEN_TOLERANCE:
        raise ContractError(
            f"{bundle.program_path} says something else on this computer than when it was exported: probabilities are off "
            f"by up to {worst:.4f}, expected at most {GOLDEN_TOLERANCE}; do not use it here, export it again"
        )
    return f"{count} vectors, probabilities off by at most {worst:.6f} (limit {GOLDEN_TOLERANCE})"
