"""The loops count rightly, from several threads at once, on a processor without the atomics that they replace."""

import shutil
import subprocess
from pathlib import Path

import pytest

from android_demo.engine_check.baseline import write_baseline

COMPILER, QEMU = "aarch64-linux-gnu-gcc", "qemu-aarch64"
LIBRARY = """
long total; int small;
void *count(void *unused) {
  for (int i = 0; i < 20000; i++) { __atomic_fetch_add(&total, 3, 5); __atomic_fetch_add(&small, -1, 0); }
  return 0;
}
long before(void) { return __atomic_fetch_add(&total, 1, 4); }
"""
PROGRAM = """
#include <pthread.h>
#include <stdio.h>
extern long total; extern int small; void *count(void *); long before(void);
int main(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(threads + i, 0, count, 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("%ld", before()); printf(" %ld %d\\n", total, small);
}
"""

needs_arm64 = pytest.mark.skipif(
    not (shutil.which(COMPILER) and shutil.which(QEMU)), reason=f"needs {COMPILER}, libc6-dev-arm64-cross and {QEMU}"
)


@needs_arm64
def test_four_threads_on_a_cortex_a53(tmp_path: Path) -> None:
    for name, text in (("count.c", LIBRARY), ("main.c", PROGRAM)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    library = tmp_path / "libcount.so"
    subprocess.run(
        [COMPILER, "-O2", "-march=armv8.1-a", "-shared", "-fPIC", "-o", library, tmp_path / "count.c"], check=True
    )
    subprocess.run([COMPILER, "-o", tmp_path / "main", tmp_path / "main.c", library, "-pthread"], check=True)
    assert _run(tmp_path).returncode != 0, "this QEMU has atomics on a Cortex-A53: the test proves nothing"
    assert write_baseline(library, library) == 3
    done = _run(tmp_path)
    assert (done.returncode, done.stdout) == (0, "240000 240001 -80000\n")


def _run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        QEMU,
        "-L",
        "/usr/aarch64-linux-gnu",
        "-cpu",
        "cortex-a53",
        "-E",
        f"LD_LIBRARY_PATH={folder}",
        str(folder / "main"),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)
