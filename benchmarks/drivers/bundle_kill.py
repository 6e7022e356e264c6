"""Writes a bundle again and again in processes that are killed at random moments; run by `tests/runtime/test_staging.py`.

Prints one JSON line: how many kills, after how many of them a half-made folder lay about, and how often the bundle was away.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from skinedge.runtime import staging
from skinedge.runtime.bundle import open_bundle, write_manifest
from skinedge.runtime.keys import load_private_key
from skinedge.runtime.trust import sign_bundle

LONGEST_LIFE_S = 0.06


def write(sample: Path, out: Path, generation: int) -> None:
    with staging.replacing_folder(out) as fresh:
        shutil.copytree(sample, fresh, dirs_exist_ok=True)
        (fresh / "model_card.md").write_text(f"generation {generation}\n" * 1000)
        write_manifest(fresh, target="onnx", precision="fp32", program="skinedge.onnx", made_with={})


def write_forever(sample: Path, out: Path, key_file: Path) -> None:
    key, generation = load_private_key(key_file, lambda: ""), 0
    while True:
        generation += 1
        write(sample, out, generation)
        sign_bundle(out, key)


def without_exchange() -> None:
    """As on a file system that cannot swap folders; slow renames, so that kills fall between two of them."""
    rename = Path.rename

    def slow(path: Path, target: Path) -> Path:
        renamed = rename(path, target)
        time.sleep(0.005)
        return renamed

    Path.rename = slow  # type: ignore[method-assign, assignment]
    staging.exchange = lambda *_: False


def main(sample: Path, out: Path, key_file: Path, *, kills: int, exchange: bool) -> None:
    rng = random.Random(7)
    write(sample, out, 0)
    sign_bundle(out, load_private_key(key_file, lambda: ""))  # Imports now what children would import one by one.
    half_made = away = 0
    done = 0
    # The moment between two renames is short: on a busy machine it takes more kills to hit it.
    while done < kills or (not exchange and not away and done < 10 * kills):
        done += 1
        child = os.fork()
        if child == 0:
            if not exchange:
                without_exchange()
            write_forever(sample, out, key_file)
        time.sleep(rng.uniform(0, LONGEST_LIFE_S))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        left = list(out.parent.glob(f".{out.name}.tmp-*"))
        assert len(left) <= 2, f"left-overs pile up: {left}"
        half_made += bool(left)
        away += not out.exists()
        open_bundle(out)
    write(sample, out, done)
    last = [path.name for path in out.parent.iterdir() if path.name.startswith(".")]
    print(json.dumps({"kills": done, "half_made": half_made, "away": away, "left": last}))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    main(
        folder / "sample", folder / "place" / "out", folder / "k.key", kills=int(sys.argv[2]), exchange=sys.argv[3] == "swap"
    )
