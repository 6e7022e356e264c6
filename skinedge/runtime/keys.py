"""Ed25519 keys in the files that openssl reads too: NAME.key (PKCS 8, PEM, mode 0600) and NAME.pub (PEM).

`cryptography` is imported only where a key is used: a model that needs no signature starts without it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from skinedge.errors import ConfigError, SignatureError
from skinedge.files import write_new
from skinedge.folders import settings_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRIVATE_SUFFIX, PUBLIC_SUFFIX = ".key", ".pub"
TRUSTED_FOLDER = "trusted_keys"
PASSPHRASE_VARIABLE = "SKINEDGE_KEY_PASSPHRASE"
"""Holds the passphrase of a private key, where nobody is there to type it."""
CONFIG_VARIABLE = "SKINEDGE_CONFIG"
KeyFiles = str | Path | Sequence[str | Path]
"""A file of a public key, or several."""
_ENCRYPTED = b"BEGIN ENCRYPTED PRIVATE KEY"
_MAXIMUM_BYTES = 10_000


@dataclass(frozen=True)
class PublicKey:
    """A public key, 32 bytes."""

    raw: bytes

    @property
    def key_id(self) -> str:
        """The id that people compare: the first 16 hexadecimal digits of the SHA-256 of the key."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the owner of this key signed exactly these bytes."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def public_key(key: Ed25519PrivateKey) -> PublicKey:
    """The public half of a private key."""
    return PublicKey(key.public_key().public_bytes_raw())


def new_keys(name: Path, *, passphrase: str | None = None) -> tuple[Path, Path]:
    """Makes a pair of keys and writes NAME.key, which its owner alone may read, and NAME.pub.

    Args:
        name: path without a suffix; in a folder that exists, the files are called skinedge.key and skinedge.pub.
        passphrase: encrypts the private key; None leaves it open to whoever can read the file.

    Returns: paths of the private and of the public key.
    Raises: SignatureError where one of the files exists already, or cannot be written.
    """
    from cryptography.hazmat.primitives import serialization as pem
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    base = name / "skinedge" if name.is_dir() else name
    private, public = (base.with_name(base.name + suffix) for suffix in (PRIVATE_SUFFIX, PUBLIC_SUFFIX))
    for path in (private, public):
        if path.exists():
            raise SignatureError(f"{path} exists already, and a key that is overwritten is lost: give another name")
    key = Ed25519PrivateKey.generate()
    closed = pem.BestAvailableEncryption(passphrase.encode()) if passphrase else pem.NoEncryption()
    _create(private, key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, closed), 0o600)
    _create(public, _public_pem(public_key(key)), 0o644)
    return private, public


def load_private_key(path: Path, ask: Callable[[], str]) -> Ed25519PrivateKey:
    """Reads a private key. `ask` gives the passphrase and is called only where the key has one.

    Raises: SignatureError where the file is no Ed25519 private key or the passphrase is wrong.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _read(path)
    passphrase = ask().encode() if _ENCRYPTED in data else None
    try:
        key = load_pem_private_key(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        why = "it is no private key in PEM" if passphrase is None else "the passphrase is wrong or the file is damaged"
        raise SignatureError(f"cannot use {path}: {why}; give a file made by skinedge keys new") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureError(f"{path} is no Ed25519 key: give a file made by skinedge keys new")
    return key


def load_public_key(path: Path) -> PublicKey:
    """Reads a public key. Raises: SignatureError where the file is no Ed25519 public key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise SignatureError(f"{path} is no public key in PEM: give the .pub file that skinedge keys new wrote") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureError(f"{path} is no Ed25519 key: give the .pub file that skinedge keys new wrote")
    return PublicKey(key.public_bytes_raw())


def trusted_folder() -> Path:
    """The folder of this user's trusted keys: `$SKINEDGE_CONFIG/trusted_keys`, or the platform's place for settings."""
    chosen = os.environ.get(CONFIG_VARIABLE)
    return (Path(chosen) if chosen else settings_folder()) / TRUSTED_FOLDER


def trusted_keys(given: KeyFiles = ()) -> frozenset[PublicKey]:
    """The keys in the files given and in `trusted_folder()`. Raises: SignatureError where a file is no public key."""
    files = [given] if isinstance(given, str | Path) else given
    try:
        of_user = sorted(trusted_folder().glob(f"*{PUBLIC_SUFFIX}"))
    except ConfigError:  # Who has no home trusts nobody yet.
        of_user = []
    return frozenset(map(load_public_key, (*map(Path, files), *of_user)))


def trust_key(path: Path) -> Path:
    """Copies a public key to `trusted_folder()`. Returns the copy. Raises: SignatureError where it is no public key."""
    key = load_public_key(path)
    copy = trusted_folder() / f"{key.key_id}{PUBLIC_SUFFIX}"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        _create(copy, _public_pem(key), 0o644)
    return copy


def _public_pem(key: PublicKey) -> bytes:
    from cryptography.hazmat.primitives import serialization as pem
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = Ed25519PublicKey.from_public_bytes(key.raw)
    return public.public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAXIMUM_BYTES)
    except OSError as error:
        raise SignatureError(f"cannot read the key {path}: {error.strerror}; check the file name") from None


def _create(path: Path, data: bytes, mode: int) -> None:
    """Writes a file that must not exist yet, with its mode from the first moment on."""
    try:
        write_new(path, data, mode=mode)
    except OSError as error:
        raise SignatureError(f"cannot write {path}: {error.strerror}; give another place") from None
