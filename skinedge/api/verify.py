"""`verify`: everything that can be asked of a bundle on this computer."""

from __future__ import annotations

from pathlib import Path

from skinedge.runtime import verification
from skinedge.runtime.bundle import default_bundle_path
from skinedge.runtime.keys import KeyFiles, trusted_keys
from skinedge.runtime.verification import Verification


def verify(bundle: str | Path = "default", *, trust: KeyFiles = ()) -> Verification:
    """Checks files, signature, contract, runtime, program and golden vectors of a bundle.

    Args:
        bundle: folder of a bundle; "default" takes the one that comes with the package.
        trust: a public key file to trust, or several, besides those in the user's configuration.

    Returns: every check with its outcome. Nothing is raised for a bad bundle; an unsigned one is not `ok`.
    Raises: ContractError where this install has no bundle of its own; SignatureError where a public key cannot be used.

    Example:
        >>> report = verify("bundle", trust=["clinic.pub"])
        >>> report.ok, [check.name for check in report.checks if check.status == "fail"]
    """
    folder = default_bundle_path() if bundle == "default" else Path(bundle)
    return Verification(folder, tuple(verification.verify(folder, trusted_keys(trust))))
