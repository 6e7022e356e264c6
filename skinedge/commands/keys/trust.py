"""`skinedge keys trust`: says whom to trust."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PublicKeyFile = Annotated[Path, typer.Argument(help="A public key file.", metavar="PUBKEY")]


def trust(public_key: PublicKeyFile) -> None:
    """Trusts a public key from now on, on this computer and for this user. Removing the file printed ends it.

    \b
    Example:
      skinedge keys trust clinic.pub
    """
    from skinedge.runtime.keys import trust_key

    print(trust_key(public_key))
