"""What ENGINE.md says of each library and processor is what the committed result says."""

from __future__ import annotations

from pathlib import Path

from android_demo.engine_check.result import Result

ROOT = Path(__file__).resolve().parents[2]


def test_the_document_gives_the_figures_of_the_result() -> None:
    result = Result.model_validate_json((ROOT / "benchmarks" / "results" / "android-engine.json").read_bytes())
    lines = (ROOT / "android_demo" / "ENGINE.md").read_text(encoding="utf-8").splitlines()
    assert len(result.runs) >= 9
    for run in result.runs:
        version = run.release.removeprefix("react-native-executorch ").split()[0]
        row = next(
            line
            for line in lines
            if line.startswith("| ") and version in line and ("baseline" in run.release) == ("baseline" in line)
        )
        if run.verdict == "died":
            assert run.died_of is not None
            signal, address = run.died_of.split(" ", 1)[0].strip(","), run.died_of.split()[3]
            assert signal in row and address in row, row
        else:
            text = f"{run.largest_difference:.1e}".replace("e-0", "e-")
            assert text in row, (text, row)
