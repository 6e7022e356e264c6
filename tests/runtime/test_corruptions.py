"""A signed bundle that was damaged or altered in any way is refused by `verify` and by the screener, and crashes neither."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skinedge.errors import SkinEdgeError
from skinedge.runtime.keys import trusted_keys
from skinedge.runtime.trust import sign_bundle
from skinedge.runtime.verification import verify
from skinedge.screening.screener import Screener
from tests import fakes

CASES = 1000
Corruption = Callable[[Path, random.Random], None]


def any_file(folder: Path, rng: random.Random) -> Path:
    return rng.choice(sorted(path for path in folder.rglob("*") if path.is_file()))


def bit_flip(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def truncation(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def appended_bytes(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    path.write_bytes(path.read_bytes() + rng.choice([b"\n", b" ", b"\0", rng.randbytes(9)]))


def swapped_files(folder: Path, rng: random.Random) -> None:
    one = any_file(folder, rng)
    other = any_file(folder, rng)
    while other == one:
        other = any_file(folder, rng)
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)


def edited_json(folder: Path, rng: random.Random) -> None:
    path = rng.choice(sorted([*folder.glob("*.json"), folder / "manifest.sig"]))
    document = json.loads(path.read_text())
    holder, key = document, 0 if isinstance(document, list) else rng.choice(sorted(document))
    while isinstance(document, dict) and isinstance(holder[key], dict) and holder[key] and rng.random() < 0.7:
        holder = holder[key]
        key = rng.choice(sorted(holder))
    new: object = rng.choice([None, -1, 10**30, 0.123, "x", "a\nb", "\ud800", [], {}, [[]], {"x": 1}, "../../x", True])
    if isinstance(document, list):
        document.append(new)
    elif rng.random() < 0.3:
        del holder[key]
    else:
        holder[key] = new
    path.write_text(json.dumps(document))


def deleted_file(folder: Path, rng: random.Random) -> None:
    any_file(folder, rng).unlink()


def added_file(folder: Path, rng: random.Random) -> None:
    parent = rng.choice([folder, folder / "golden"])
    (parent / rng.choice(["extra.txt", ".hidden", "skinedge.pte", "manifest.sig2", "a b", "ö.json"])).write_bytes(
        rng.randbytes(9)
    )


def link(folder: Path, rng: random.Random) -> None:
    path = rng.choice([folder / "golden", any_file(folder, rng)])
    outside = folder.with_name(f"{folder.name}-outside")
    path.rename(outside)  # The same content, elsewhere: only that it is a link gives it away.
    path.symlink_to(rng.choice([outside, Path("loop"), Path("/dev/zero"), outside]))


def folder_or_pipe_for_file(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    path.unlink()
    if hasattr(os, "mkfifo") and rng.random() < 0.5:
        os.mkfifo(path)
    else:
        path.mkdir()


def rewritten(folder: Path, rng: random.Random) -> None:
    """An attacker who makes a file say something else and the manifest agree."""
    contract = json.loads((folder / "contract.json").read_text())
    contract["refer"]["value"] = rng.random()
    (folder / "contract.json").write_text(json.dumps(contract))
    fakes.list_files(folder)


def rewritten_and_stripped(folder: Path, rng: random.Random) -> None:
    """The same, and without the signature that gives it away."""
    rewritten(folder, rng)
    (folder / "manifest.sig").unlink()


def rewritten_and_signed(folder: Path, rng: random.Random) -> None:
    """The same, and signed with the attacker's own key, who at times claims that it is another's."""
    rewritten(folder, rng)
    good = json.loads((folder / "manifest.sig").read_text())
    (folder / "manifest.sig").unlink()
    sign_bundle(folder, Ed25519PrivateKey.generate())
    if rng.random() < 0.5:
        bad = json.loads((folder / "manifest.sig").read_text())
        bad |= {name: good[name] for name in rng.choice([["key_id"], ["public_key"], ["key_id", "public_key"]])}
        (folder / "manifest.sig").write_text(json.dumps(bad, indent=2) + "\n")


DAMAGE: list[Corruption] = [
    bit_flip, truncation, appended_bytes, swapped_files, edited_json, deleted_file, added_file, link,
    folder_or_pipe_for_file, rewritten,
]  # fmt: skip
FORGERY: list[Corruption] = [rewritten_and_stripped, rewritten_and_signed]


def content(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() and not path.is_symlink() else None
        for path in folder.rglob("*")
    }


def refused(folder: Path, public: Path, *, allow_unsigned: bool = False) -> bool:
    try:
        Screener(folder, trust=[public], allow_unsigned=allow_unsigned)
    except SkinEdgeError as error:
        assert str(error)
        return True
    return False


def test_1000_random_corruptions_are_all_refused(bundle: Path, tmp_path: Path) -> None:
    key, public = fakes.new_keys(tmp_path / "ours")
    sign_bundle(bundle, key)
    trusted = trusted_keys([public])
    assert all(check.status == "ok" for check in verify(bundle, trusted)) and not refused(bundle, public)
    whole, rng, done = content(bundle), random.Random(1000), Counter[str]()
    while done.total() < CASES:
        copy = Path(shutil.copytree(bundle, tmp_path / "copies" / str(done.total()), dirs_exist_ok=True))
        corruption = rng.choice(DAMAGE * 2 + FORGERY)
        corruption(copy, rng)
        if content(copy) == whole:
            continue
        done[corruption.__name__] += 1
        case = f"case {done.total()}: {corruption.__name__}"
        assert any(check.status == "fail" for check in verify(copy, trusted)), case
        assert refused(copy, public), case
        # Unsigned may be allowed; damaged never. A missing signature alone is no damage.
        only_unsigned = content(copy) == {name: data for name, data in whole.items() if name != "manifest.sig"}
        if corruption in DAMAGE and not only_unsigned:
            assert refused(copy, public, allow_unsigned=True), case
        shutil.rmtree(copy)
    assert set(done) == {corruption.__name__ for corruption in DAMAGE + FORGERY}


@pytest.mark.parametrize("forgery", FORGERY)
def test_a_forgery_is_told_from_damage(bundle: Path, tmp_path: Path, forgery: Corruption) -> None:
    key, public = fakes.new_keys(tmp_path / "ours")
    sign_bundle(bundle, key)
    forgery(bundle, random.Random(3))
    with pytest.raises(SkinEdgeError, match=r"--allow-unsigned|altered"):
        Screener(bundle, trust=[public])
