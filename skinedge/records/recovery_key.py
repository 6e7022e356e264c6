"""The recovery key: on paper, it opens a store whose passphrase was forgotten.

Seven groups of five characters of Crockford's base32. Four characters of a group are 20 random bits; the fifth is their sum,
weighted by 1, 3, 5 and 7, plus the number of the group, modulo 32. So one character that is mistyped, and two groups that
changed places, are named before any lock is tried. Nobody guesses 140 random bits: no slow hash is needed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from skinedge.errors import DamagedRecordError, PassphraseError, StoreError
from skinedge.records.vault import Cipher, derive
from skinedge.records.visit import ALPHABET, as_typed

GROUPS, _RANDOM_SYMBOLS = 7, 4
_GROUP_SYMBOLS = _RANDOM_SYMBOLS + 1


@dataclass(frozen=True)
class RecoveryKey:
    """A recovery key. Its `repr` does not show it, so that no log and no traceback does."""

    groups: tuple[str, ...] = field(repr=False)
    """Each of five characters, the last of which checks the others."""

    @classmethod
    def new(cls) -> RecoveryKey:
        """A random key."""
        return cls.of("".join(secrets.choice(ALPHABET) for _ in range(_RANDOM_SYMBOLS)) for _ in range(GROUPS))

    @classmethod
    def of(cls, random: Iterable[str]) -> RecoveryKey:
        """The key of seven times four symbols."""
        return cls(tuple(symbols + _check_symbol(symbols, number) for number, symbols in enumerate(random)))

    @classmethod
    def parse(cls, text: str) -> RecoveryKey:
        """Reads a key as people type it: in small letters, with any separators, O for 0, and I or L for 1.

        Raises: StoreError, which names the first group that is mistyped.
        """
        typed = as_typed(re.sub(r"[\W_]", "", text))
        if len(typed) != GROUPS * _GROUP_SYMBOLS:
            raise StoreError(
                "the recovery key has {count} letters and digits, and {typed} were typed: compare it with the paper",
                count=GROUPS * _GROUP_SYMBOLS,
                typed=len(typed),
            )
        groups = tuple(typed[at : at + _GROUP_SYMBOLS] for at in range(0, len(typed), _GROUP_SYMBOLS))
        for number, group in enumerate(groups):
            if not set(group) <= set(ALPHABET) or _check_symbol(group[:-1], number) != group[-1]:
                raise StoreError(
                    "group {number} of the recovery key is mistyped: compare it with the paper", number=number + 1
                )
        return cls(groups)

    def spoken(self) -> str:
        """For paper: the groups with hyphens between them."""
        return "-".join(self.groups)


@dataclass(frozen=True)
class RecoveryLock:
    """The data key of a store, closed with a recovery key."""

    store_id: str
    wrapped_key: bytes

    @classmethod
    def close(cls, data_key: bytes, key: RecoveryKey, *, store_id: str) -> RecoveryLock:
        return cls(store_id, _cipher(key).seal(data_key, what="data key of recovery", store_id=store_id))

    def open(self, key: RecoveryKey) -> bytes:
        """The data key. Raises: PassphraseError."""
        try:
            return _cipher(key).open(self.wrapped_key, what="data key of recovery", store_id=self.store_id)
        except DamagedRecordError:
            raise PassphraseError(
                "this is not the recovery key of the record store, or a newer one replaced it: look for the newest paper"
            ) from None


def _cipher(key: RecoveryKey) -> Cipher:
    return Cipher(derive("".join(key.groups).encode(), "recovery key"))


def _check_symbol(symbols: str, group: int) -> str:
    # Odd weights: each change of one symbol changes the sum.
    weighted = sum((2 * place + 1) * ALPHABET.index(symbol) for place, symbol in enumerate(symbols))
    return ALPHABET[(weighted + group) % len(ALPHABET)]
