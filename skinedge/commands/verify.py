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
