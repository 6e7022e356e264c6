"""`skinedge keys new`: makes a pair of keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import PASSPHRASE_VARIABLE, ask_passphrase


def new(
    name: Annotated[Path, typer.Argument(help="Path of the two files, without their suffix.", metavar="NAME")],
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help=f"Encrypt the private key; asks, or takes {PASSPHRASE_VARIABLE}.")
    ] = False,
) -> None:
    """Makes a pair of keys: NAME.key to sign with and to keep, NAME.pub to give away.

    \b
    Example:
      skinedge keys new clinic --passphrase
    """
    from skinedge.runtime.keys import load_public_key, new_keys

    private, public = new_keys(name, passphrase=ask_passphrase(twice=True) if passphrase else None)
    print(f"{private}  keep it to yourself, and keep a copy")
    print(f"{public}  give it away; its id is {load_public_key(public).key_id}")
