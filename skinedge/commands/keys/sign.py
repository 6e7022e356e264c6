"""`skinedge keys sign`: signs a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import GivenBundle, ask_passphrase


def sign(
    bundle: GivenBundle,
    key: Annotated[Path, typer.Option(help="Private key, made by skinedge keys new.", metavar="KEY")],
) -> None:
    """Signs a bundle, in place of whoever signed it before.

    \b
    Example:
      skinedge keys sign build/android --key clinic.key
    """
    from skinedge.runtime.keys import load_private_key
    from skinedge.runtime.trust import sign_bundle

    print(f"{bundle}: signed by {sign_bundle(bundle, load_private_key(key, ask_passphrase)).key_id}")
