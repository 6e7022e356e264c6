"""`manifest.sig`: who vouches for a bundle. One Ed25519 signature over the bytes of the manifest, which names all else.

The manifest finds damage; it takes the signature to find someone who rewrote a file and the manifest with it. A signature
says nothing by itself, as anybody can make a key: it counts where the key is one that the user trusts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError

from skinedge.contract import Frozen
from skinedge.errors import TamperError
from skinedge.runtime.keys import PublicKey, public_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNATURE_FILE = "manifest.sig"
_MAXIMUM_BYTES = 2_000


class Signature(Frozen):
    """The content of `manifest.sig`, all in lower-case hexadecimal digits."""

    schema_version: Literal[1] = 1
    algorithm: Literal["ed25519"] = "ed25519"
    key_id: str = Field(pattern="^[0-9a-f]{16}$")
    public_key: str = Field(pattern="^[0-9a-f]{64}$")
    signature: str = Field(pattern="^[0-9a-f]{128}$")

    def to_bytes(self) -> bytes:
        """The only accepted spelling, so that no byte of a signed bundle can change unnoticed."""
        return (self.model_dump_json(indent=2) + "\n").encode()


def sign(manifest: bytes, key: Ed25519PrivateKey) -> Signature:
    """Signs the bytes of a manifest. Ed25519 gives the same signature every time."""
    public = public_key(key)
    return Signature(key_id=public.key_id, public_key=public.raw.hex(), signature=key.sign(manifest).hex())


def signer(folder: Path, manifest: bytes) -> PublicKey | None:
    """The signer of these bytes, by the signature in a bundle's folder; None where it is unsigned.

    Raises: TamperError where there is a signature but not of this manifest, or it cannot be understood.
    """
    path = folder / SIGNATURE_FILE
    if not path.exists() and not path.is_symlink():
        return None
    # Reading a pipe would wait for it.
    if not path.is_file() or path.is_symlink() or path.stat().st_size > _MAXIMUM_BYTES:
        raise TamperError(f"{path} is no signature file: copy the bundle again")
    try:
        data = path.read_bytes()
        signature = Signature.model_validate_json(data)
    except OSError as error:
        raise TamperError(f"cannot read {path}: {error.strerror}; copy the bundle again") from None
    except ValidationError:
        raise TamperError(f"{path} is damaged: it is no signature; copy the bundle again") from None
    key = PublicKey(bytes.fromhex(signature.public_key))
    if signature.to_bytes() != data or signature.key_id != key.key_id:
        raise TamperError(f"{path} was altered: skinedge wrote it otherwise; copy the bundle again")
    if not key.verifies(bytes.fromhex(signature.signature), manifest):
        raise TamperError(
            f"{folder} was altered after it was signed by {key.key_id}: the signature is not this manifest's; "
            "get the bundle again from whoever signed it"
        )
    return key
