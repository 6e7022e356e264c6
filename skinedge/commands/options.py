"""Options that several commands share."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skinedge.default_model import DEFAULT_CHECKPOINT as DEFAULT_CHECKPOINT
from skinedge.errors import ConfigError, SignatureError, StoreError
from skinedge.runtime.keys import PASSPHRASE_VARIABLE as PASSPHRASE_VARIABLE

if TYPE_CHECKING:
    from skinedge.records.recovery_key import RecoveryKey

Photo = Annotated[str, typer.Argument(metavar="PHOTO", help="A photo (JPEG, PNG, WebP, AVIF or HEIC), or a folder of them.")]
Model = Annotated[
    Path | None, typer.Option(help="Folder of a bundle.", show_default="the model of this install", metavar="BUNDLE")
]
Bundle = Annotated[
    Path | None, typer.Argument(help="Folder of a bundle.", show_default="the model of this install", metavar="BUNDLE")
]
Trust = Annotated[
    list[Path] | None, typer.Option(help="A public key to trust; may be given again.", metavar="PUBKEY", show_default=False)
]
AllowUnsigned = Annotated[bool, typer.Option("--allow-unsigned", help="Take a model that nobody you trust has signed.")]
GivenBundle = Annotated[Path, typer.Argument(help="Folder of a bundle.", metavar="BUNDLE")]
Data = Annotated[Path, typer.Option(help="Folder in the layout of PAD-UFES-20.", metavar="FOLDER")]
Out = Annotated[Path, typer.Option(help="Folder to write to.", metavar="FOLDER")]
Language = Annotated[
    str, typer.Option(help="en, pt_BR, es, fr or sw.", envvar="SKINEDGE_LANGUAGE", show_envvar=True, metavar="LANGUAGE")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


RECORDS_PASSPHRASE_VARIABLE = "SKINEDGE_PASSPHRASE"
NEW_PASSPHRASE_VARIABLE = "SKINEDGE_NEW_PASSPHRASE"
RECOVERY_KEY_VARIABLE = "SKINEDGE_RECOVERY_KEY"


def ask_passphrase(*, twice: bool = False) -> str:
    """The passphrase of a private key, from the environment or else from the terminal. Raises: SignatureError."""
    passphrase = _given_or_typed(PASSPHRASE_VARIABLE, "Passphrase", twice=twice)
    if passphrase is None:
        raise SignatureError(f"the key has a passphrase and nobody is here to type it: set {PASSPHRASE_VARIABLE}")
    return passphrase


def ask_records_passphrase(
    file: Path | None = None, *, variable: str = RECORDS_PASSPHRASE_VARIABLE, twice: bool = False
) -> str:
    """The passphrase of a record store: the first line of a file, or from the environment, or else from the terminal.

    Raises: StoreError where there is none.
    """
    if file:
        try:
            return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"cannot read a passphrase from {file}: {error}; give a text file") from None
    prompt = "New passphrase" if twice else "Passphrase"
    passphrase = _given_or_typed(variable, prompt, twice=twice)
    if passphrase is None:
        raise StoreError(f"the records need a passphrase and nobody is here to type it: set {variable}, or give a file")
    return passphrase


def ask_recovery_key() -> RecoveryKey:
    """The recovery key of a record store, from the environment or else from the terminal. Raises: StoreError."""
    from skinedge.records.recovery_key import RecoveryKey

    typed = _given_or_typed(RECOVERY_KEY_VARIABLE, "Recovery key", twice=False)
    if typed is None:
        raise StoreError(f"the recovery key is needed and nobody is here to type it: set {RECOVERY_KEY_VARIABLE}")
    return RecoveryKey.parse(typed)


def _given_or_typed(variable: str, prompt: str, *, twice: bool) -> str | None:
    given = os.environ.get(variable)
    if given or not sys.stdin.isatty():
        return given or None
    return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))


def new_group(help_: str, *commands: Callable[..., None]) -> typer.Typer:
    """Commands under one name, each called like its function: `list_` is "list", `from_odk` is "from-odk"."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=help_)
    for command in commands:
        group.command(command.__name__.strip("_").replace("_", "-"))(command)
    return group


def need_extra(extra: str, *modules: str) -> None:
    """Raises: ConfigError where one of the modules that an extra installs is not there."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(f"this command needs {missing[0]}: pip install 'skinedge[{extra}]'")
