"""Trust in bundles: the one that came with this install, and those that a trusted key has signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skinedge.errors import SignatureError
from skinedge.runtime.bundle import Bundle, default_bundle_folder, default_bundle_path, open_bundle
from skinedge.runtime.keys import KeyFiles, PublicKey, public_key, trusted_keys
from skinedge.runtime.signature import SIGNATURE_FILE, sign
from skinedge.runtime.staging import replace_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_OTHERWISE = "use one that is signed, or screen with --allow-unsigned if you made it yourself"


def open_trusted(folder: Path | None, *, trust: KeyFiles = (), allow_unsigned: bool = False) -> Bundle:
    """Opens a bundle for use on people.

    Args:
        folder: None takes the model that comes with the package.
        trust: a public key file to trust, or several, besides those in the user's configuration.
        allow_unsigned: takes a bundle that nobody trusted has signed; one that was altered is never taken.

    Raises: SignatureError where the bundle is not trusted; otherwise as `open_bundle`.
    """
    bundle = open_bundle(default_bundle_path() if folder is None else folder)
    # Files that were named are read even where no key is needed: one that is not there is somebody's mistake.
    trusted = trusted_keys(trust) if trust or bundle.signed_by else frozenset()
    if not allow_unsigned and not came_with_install(bundle.folder):
        check_trust(bundle.folder, bundle.signed_by, trusted)
    return bundle


def came_with_install(folder: Path) -> bool:
    """Whether this is the folder of the package's own model, which needs no signature: whoever can alter it can alter this
    program as well."""
    return folder.resolve() == default_bundle_folder().resolve()


def check_trust(folder: Path, key: PublicKey | None, trusted: frozenset[PublicKey]) -> None:
    """Raises: SignatureError where a bundle is unsigned, or signed by a key that is not trusted."""
    if key is None:
        raise SignatureError(f"{folder} is unsigned, so that nobody vouches for it: {_OTHERWISE}")
    if key not in trusted:
        raise SignatureError(
            f"{folder} is signed by an unknown key, {key.key_id}: if it is that of someone you trust, give their public "
            f"key with --trust or to skinedge keys trust; otherwise {_OTHERWISE}"
        )


def sign_bundle(folder: Path, key: Ed25519PrivateKey) -> PublicKey:
    """Signs a bundle that is whole, in place of whoever signed it before. Returns the key to trust.

    Raises: SignatureError where nothing can be written there; otherwise as `open_bundle`.
    """
    bundle = open_bundle(folder)
    try:
        replace_file(folder / SIGNATURE_FILE, sign(bundle.manifest_bytes, key).to_bytes())
    except OSError as error:
        raise SignatureError(f"cannot write {folder / SIGNATURE_FILE}: {error.strerror}; sign a copy elsewhere") from None
    return public_key(key)
