"""`skinedge keys verify`: checks the signature of a bundle."""

from __future__ import annotations

from skinedge.commands.options import GivenBundle, Trust


def verify(bundle: GivenBundle, trust: Trust = None) -> None:
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
