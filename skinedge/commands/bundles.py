"""For whoever hands bundles on or takes them: checking, looking inside, signing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import PASSPHRASE_VARIABLE, AsJson, Bundle, GivenBundle, Trust, ask_passphrase

PublicKeyFile = Annotated[Path, typer.Argument(help="A public key file.", metavar="PUBKEY")]


def verify(bundle: Bundle = None, trust: Trust = None, as_json: AsJson = False) -> None:
    """Checks a bundle in every way there is here: files, signature, contract, runtime, program, golden vectors.

    Exits with 1 where a check failed. A program whose runtime is not installed here is "not checked", which is no failure.

    \b
    Example:
      skinedge verify build/android --trust clinic.pub
    """
    from skinedge.runtime.bundle import default_bundle_path
    from skinedge.runtime.keys import trusted_keys
    from skinedge.runtime.verification import verify as run

    folder = bundle or default_bundle_path()
    checks = run(folder, trusted_keys(trust or ()))
    failed = any(check.status == "fail" for check in checks)
    if as_json:
        rows = [{"name": check.name, "status": check.status, "detail": check.detail} for check in checks]
        complete = all(check.status != "not checked" for check in checks)
        print(json.dumps({"bundle": str(folder), "ok": not failed, "complete": complete, "checks": rows}, indent=2))
    else:
        for check in checks:
            print(f"{check.status:11} {check.name:9} {' '.join(check.detail.split())}")
    raise typer.Exit(int(failed))


def inspect(bundle: Bundle = None, trust: Trust = None, as_json: AsJson = False) -> None:
    """Says what is inside a bundle: model, sizes, questions, threshold, parity, signature, bill of materials.

    \b
    Example:
      skinedge inspect build/android
    """
    from skinedge.runtime.bundle import default_bundle_path
    from skinedge.runtime.inspection import inspect as run
    from skinedge.runtime.keys import trusted_keys

    contents = run(bundle or default_bundle_path(), trusted_keys(trust or ()))
    print(contents.model_dump_json(indent=2) if as_json else "\n".join(contents.lines()))


def new_key(
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


def verify_signature(bundle: GivenBundle, trust: Trust = None) -> None:
    """Checks that a bundle is whole and signed by a trusted key; "skinedge verify" checks all the rest too.

    \b
    Example:
      skinedge keys verify build/android --trust clinic.pub
    """
    from skinedge.runtime.bundle import open_bundle
    from skinedge.runtime.keys import trusted_keys
    from skinedge.runtime.trust import check_trust

    opened = open_bundle(bundle)
    check_trust(bundle, opened.signed_by, trusted_keys(trust or ()))
    assert opened.signed_by is not None
    print(f"{bundle}: whole, and signed by {opened.signed_by.key_id}, which is trusted")


def trust(public_key: PublicKeyFile) -> None:
    """Trusts a public key from now on, on this computer and for this user. Removing the file printed ends it.

    \b
    Example:
      skinedge keys trust clinic.pub
    """
    from skinedge.runtime.keys import trust_key

    print(trust_key(public_key))
