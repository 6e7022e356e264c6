"""`skinedge verify`: checks a bundle in every way there is."""

from __future__ import annotations

import json

import typer

from skinedge.commands.options import AsJson, Bundle, Trust


def verify(bundle: Bundle = None, trust: Trust = None, as_json: AsJson = False) -> None:
    """Checks a bundle in every way there is here: files, signature, contract, runtime, program, golden vectors.

    Exits with 1 where a check failed. A program whose runtime is not installed here is "not checked", which is no failure.

    \b
    Example:
      skinedge verify build/android --trust clinic.pub
    """
    from skinedge.api.verify import verify as run

    found = run(bundle or "default", trust=trust or ())
    if as_json:
        rows = [{"name": check.name, "status": check.status, "detail": check.detail} for check in found.checks]
        document = {"bundle": str(found.folder), "ok": found.ok, "complete": found.complete, "checks": rows}
        print(json.dumps(document, indent=2))
    else:
        for check in found.checks:
            print(f"{check.status:11} {check.name:9} {' '.join(check.detail.split())}")
    raise typer.Exit(int(not found.ok))
