"""`skinedge inspect`: what is inside a bundle."""

from __future__ import annotations

from skinedge.commands.options import AsJson, Bundle, Trust


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
