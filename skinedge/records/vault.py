"""Keys and ciphers of a store.

    passphrase ─scrypt─► lock key ─opens─► data key ─HKDF─► keys for visit keys, notes, pseudonyms and the head
    recovery key ─HKDF─► another lock key ─opens─► the same data key, see `recovery_key`
    visit keys ─open─► one random key a visit ─AES-256-GCM─► the visit, its photo, overrides and outcomes

Deleting a visit destroys its key, which leaves whatever copies there are of its bytes unreadable. All that is sealed is
bound to its place: a row moved to another place, or another store, does not open.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from skinedge.errors import DamagedRecordError, PassphraseError, StoreError
from skinedge.records.chain import Head, canonical_json
from skinedge.records.visit import normal_pseudonym

SHORTEST_PASSPHRASE = 8
_KEY_BYTES, _NONCE_BYTES, _SALT_BYTES = 32, 12, 16
_DEAREST_BYTES = 1 << 30

Place = str | int | None


@dataclass(frozen=True)
class Cost:
    """The cost of one guess at the passphrase: 128 * n * r bytes of memory, p times.

    64 MiB fit an old laptop. Source: OWASP, Password Storage Cheat Sheet, which gives these among its equal choices.
    """

    n: int = 1 << 16
    r: int = 8
    p: int = 2


USUAL_COST = Cost()


@dataclass(frozen=True)
class Lock:
    """The data key of a store, closed with a passphrase."""

    store_id: str
    salt: bytes
    cost: Cost
    wrapped_key: bytes

    @classmethod
    def close(cls, data_key: bytes, passphrase: str, *, store_id: str, cost: Cost) -> Lock:
        """Raises: StoreError where the passphrase is too short."""
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise StoreError(
                "the passphrase is too short: expected {count} characters or more; four words are good",
                count=SHORTEST_PASSPHRASE,
            )
        salt = secrets.token_bytes(_SALT_BYTES)
        wrapped = Cipher(_stretch(passphrase, salt, cost)).seal(data_key, what="data key", store_id=store_id)
        return cls(store_id, salt, cost, wrapped)

    def open(self, passphrase: str) -> bytes:
        """The data key. Raises: PassphraseError; StoreError where the numbers cannot be this program's."""
        cost = self.cost
        if min(cost.n, cost.r, cost.p) < 1 or cost.n & (cost.n - 1) or 128 * cost.n * cost.r * cost.p > _DEAREST_BYTES:
            raise StoreError("the lock of the record store is damaged: restore a backup with skinedge records restore")
        try:
            key = _stretch(passphrase, self.salt, cost)
            return Cipher(key).open(self.wrapped_key, what="data key", store_id=self.store_id)
        except DamagedRecordError:
            raise PassphraseError("this is not the passphrase of the record store: try again") from None


class Cipher:
    """AES-256-GCM under one key. Sealed bytes are nonce, ciphertext and tag."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, data: bytes, **place: Place) -> bytes:
        """Encrypts bytes that open only in the place named."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, canonical_json(place))

    def open(self, sealed: bytes, **place: Place) -> bytes:
        """Raises: DamagedRecordError where the bytes are not those that were sealed for this place under this key."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], canonical_json(place))
        except (InvalidTag, ValueError):
            raise DamagedRecordError("a record was changed, moved or damaged: run skinedge records verify") from None


class Vault:
    """The keys that the passphrase opens, or the recovery key."""

    def __init__(self, data_key: bytes, *, store_id: str) -> None:
        self.data_key = data_key
        self.store_id = store_id
        self.visit_keys = Cipher(derive(data_key, "visit keys"))
        self.draft_keys = Cipher(derive(data_key, "draft keys"))
        self.notes = Cipher(derive(data_key, "notes"))
        self._patients = derive(data_key, "patients")
        self._heads = derive(data_key, "heads")

    def patient_mac(self, patient: str) -> bytes:
        """The 32 bytes to look up a patient by, which tell nothing without the passphrase."""
        return hmac.digest(self._patients, normal_pseudonym(patient).encode(), "sha256")

    def head_mac(self, head: Head) -> bytes:
        """The 32 bytes that nobody can compute for another head without the passphrase."""
        place: dict[str, Place] = {"entry_sha256": head.entry_sha256, "sequence": head.sequence, "store_id": self.store_id}
        return hmac.digest(self._heads, canonical_json(place), "sha256")


def new_key() -> bytes:
    """A random key for AES-256."""
    return secrets.token_bytes(_KEY_BYTES)


def _stretch(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    # One keyboard sends an accent as part of its letter, another after it.
    text = unicodedata.normalize("NFKC", passphrase).encode()
    return Scrypt(salt=salt, length=_KEY_BYTES, n=cost.n, r=cost.r, p=cost.p).derive(text)


def derive(key: bytes, purpose: str) -> bytes:
    """A key for one purpose alone, from another key."""
    info = f"skinedge records 1: {purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(key)
