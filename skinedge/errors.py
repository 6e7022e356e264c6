"""Every error SkinEdge raises on purpose.

    SkinEdgeError
    ├── ConfigError      a recipe or option is wrong
    ├── DataError        a data set, photo or answer is wrong
    │   ├── PhotoError
    │   └── AnswerError
    ├── ContractError    a contract, checkpoint or bundle cannot be used
    │   ├── TamperError          a file is not the one that the manifest names, or the signature is not the manifest's
    │   ├── RuntimeMissingError  what runs a bundle's program is not installed
    │   └── SignatureError       nobody whose key is trusted has signed the bundle
    ├── LoweringError    a model could not be exported
    ├── GateError        an exported model breaks a limit of its recipe
    └── StoreError       the record store of a station cannot be used
        ├── PassphraseError      it is not the passphrase, or the recovery key, of this store
        ├── DiskFullError        there is no room to write, and nothing was written
        ├── UnknownVisitError    there is no such visit or patient
        ├── UnknownDraftError    the visit is not under way any more
        └── DamagedRecordError   a record is not the one that was written

A message is one line that says what happened, what was found, what was expected and what to do next. The command line
catches only this base class; anything else is a bug and keeps its traceback.
"""

from __future__ import annotations


class SkinEdgeError(Exception):
    """Base of all errors a user can cause and mend.

    What a health worker meets is given as a text with gaps and what fills them, so that `skinedge.words` can say it in
    another language: `PhotoError("no photo at {photo}: check the file name", photo=path)`.
    """

    def __init__(self, text: str, /, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self.text, self.values = text, values


class ConfigError(SkinEdgeError):
    """A recipe file or an option is wrong."""


class DataError(SkinEdgeError):
    """A data set cannot be read as it is."""


class PhotoError(DataError):
    """A photo cannot be used."""

    code = ""
    """Why, for programs: one of `skinedge.preprocess.refusals.REFUSALS`."""


class AnswerError(DataError):
    """An answer to a question of the questionnaire cannot be used."""


class ContractError(SkinEdgeError):
    """A contract, checkpoint or bundle cannot be used."""


class TamperError(ContractError):
    """A file of a bundle is missing or is not the one that its manifest names, or its signature is not the manifest's."""


class RuntimeMissingError(ContractError):
    """What runs the program of a bundle is not installed here; the bundle may be sound all the same."""


class SignatureError(ContractError):
    """Nobody whose key is trusted has signed a bundle, or a key cannot be used."""


class LoweringError(SkinEdgeError):
    """A model could not be lowered to the requested target."""


class GateError(LoweringError):
    """An exported model breaks a limit of its recipe."""


class StoreError(SkinEdgeError):
    """A record store cannot be used, or refuses what is asked of it."""


class PassphraseError(StoreError):
    """It is not the passphrase, or the recovery key, of this store."""


class DiskFullError(StoreError):
    """There is no room to write; nothing was written."""


class UnknownVisitError(StoreError):
    """There is no such visit or patient."""


class UnknownDraftError(StoreError):
    """The visit is not under way any more: it was finished or stopped."""


class DamagedRecordError(StoreError):
    """A record is not the one that was written."""


class PhoneError(SkinEdgeError):
    """A phone on the other end of adb cannot be measured."""
