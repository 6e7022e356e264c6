"""Plays a phone: started as `adb` by tests, it answers from a session file and keeps the phone's files in a folder.

The session is JSON: `devices` (serial to state), `celsius` (one temperature a look, the last one stays), `runs` (what the
benchmark activity writes, one a start), `runner_ms` (of one execution by executor_runner, one a start), `thermal` (what the
thermal service says, one a look), `fault` (what goes wrong, see below), `gone` (serials that answer no more). Every call is
added to `calls.txt`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
PROPERTIES = {
    "ro.product.manufacturer": "Example",
    "ro.product.model": "Cheap 1",
    "ro.soc.model": "",
    "ro.build.version.release": "10",
    "ro.build.version.sdk": "29",
    "ro.product.cpu.abi": "arm64-v8a",
}


def main(words: list[str]) -> int:
    session = json.loads((HOME / "session.json").read_text())
    with (HOME / "calls.txt").open("a") as calls:
        calls.write(" ".join(words) + "\n")
    if words == ["devices"]:
        print("List of devices attached")
        for serial, state in session["devices"].items():
            print(f"{serial}\t{state}")
        return 0
    assert words[0] == "-s" and words[1] in session["devices"], words
    command, rest = words[2], words[3:]
    fault = session.get("fault")
    if words[1] in session.get("gone", ()) or (fault == "unplugged" and _count("unplug") >= session.get("unplugged_at", 6)):
        print(f"adb: device '{words[1]}' not found", file=sys.stderr)
        return 1
    if command == "push":
        if fault == "no space":
            print(f"adb: error: failed to copy '{rest[0]}' to '{rest[1]}': remote No space left on device", file=sys.stderr)
            return 1
        if Path(rest[0]).is_dir():
            shutil.copytree(rest[0], _local(rest[1]), dirs_exist_ok=True)
        else:
            shutil.copy(rest[0], _local(rest[1]))
        return 0
    assert command == "shell", words
    return shell(rest, session, fault)


def shell(words: list[str], session: dict[str, object], fault: object) -> int:
    if words[0] == "getprop":
        print(PROPERTIES[words[1]])
    elif words == ["cat", "/proc/meminfo"]:
        print("MemTotal:        1905000 kB")
    elif words == ["nproc"]:
        print(4)
    elif words == ["dumpsys", "battery"]:
        celsius = session["celsius"]
        assert isinstance(celsius, list)
        print(f"  level: 80\n  temperature: {round(celsius[min(_count('looks') - 1, len(celsius) - 1)] * 10)}")
    elif words[:2] == ["am", "start"]:
        if fault == "no app":
            print("Starting: Intent { cmp=x }\nError type 3\nError: Activity class {x} does not exist.")
            return 0
        out = _local(words[words.index("out") + 1])
        runs = session["runs"]
        assert isinstance(runs, list)
        if fault not in ("crash", "crash without a word"):
            run = runs[min(_count("starts") - 1, len(runs) - 1)]
            out.write_text(run if isinstance(run, str) else json.dumps(run))
    elif words[0].endswith("/executor_runner"):
        return executor_runner(words, session, fault)
    elif words[:2] == ["dumpsys", "thermalservice"]:
        statuses = session["thermal"]
        assert isinstance(statuses, list)
        print(statuses[min(_count("thermal looks") - 1, len(statuses) - 1)])
    elif words[0] == "cat":
        path = _local(words[1])
        # An app that ends quickly: not yet there at the first look, and gone at the second.
        early = fault == "quick end" and _count(f"looks at {path.stem}") == 1
        print(path.read_text() if path.exists() and not early else "")
    elif words[0] == "pidof":
        print("" if fault in ("crash", "crash without a word", "quick end") else "4711")
    elif words[0] == "logcat" and fault == "crash without a word":
        pass
    elif words[0] == "logcat":
        print("E AndroidRuntime: java.lang.UnsatisfiedLinkError Exception: no executorch in path")
    elif words[0] == "mkdir":
        _local(words[2]).mkdir(parents=True, exist_ok=True)
    elif words[0] == "chmod":
        _local(words[2]).chmod(int(words[1], 8))
    elif words[0] == "rm":
        shutil.rmtree(_local(words[2]), ignore_errors=True)
    elif words != ["am", "force-stop", "org.skinedge.app"]:
        print(f"unknown command {words}", file=sys.stderr)
        return 1
    return 0


def executor_runner(words: list[str], session: dict[str, object], fault: object) -> int:
    """Works where it may, and on what was pushed; says what ExecuTorch's own says."""
    assert os.access(_local(words[0]), os.X_OK), "pushed, but not to be executed"
    options = dict(word.removeprefix("--").split("=") for word in words[1:] if word.startswith("--"))
    sizes = [_local(path).stat().st_size for path in (options["model_path"], *options["inputs"].split(","))]
    assert all(sizes) and options["cpu_threads"] == "1", (sizes, options)
    if fault == "bad program":
        print("E 00:00:00.001 executorch:executor_runner.cpp:300] Failed to parse model file")
        return 1
    if fault != "silent":
        times, executions = session["runner_ms"], int(options["num_executions"])
        assert isinstance(times, list)
        total_ms = times[min(_count("executor_runner") - 1, len(times) - 1)] * executions
        print(f"I 00:00:01.0 executor_runner.cpp:400] Model executed successfully {executions} time(s) in {total_ms} ms.")
    print("OutputX 0: tensor(sizes=[1, 6])")
    return 0


def _local(path: str) -> Path:
    return HOME / "phone" / path.lstrip("/")


def _count(what: str) -> int:
    """How often this was asked for, this time included."""
    path = HOME / f"{what}.count"
    count = int(path.read_text()) + 1 if path.exists() else 1
    path.write_text(str(count))
    return count


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
