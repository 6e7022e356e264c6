"""The browser that these tests drive sends nothing off this machine either: its maker's services are not asked."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from benchmarks.drivers.traced import read_trace, strace, tracing

pytestmark = pytest.mark.browser
IDLE_MS = 30_000
_OF_THIS_MACHINE = re.compile(r'inet_addr\("127\.|inet_pton\(AF_INET6, "::1"|AF_NETLINK')
_INODE = re.compile(r"socket:\[(\d+)\]")


def test_a_visit_is_seen_by_nobody_else(tmp_path: Path, address: str, synthetic: Path) -> None:
    """Chromium points a datagram socket at a public address, to learn whether there is IPv6; nothing may be sent by it."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[browser]'")
    from benchmarks.drivers import walk

    path = shutil.which("chromium")
    if path is None or strace() is None:
        pytest.skip("no chromium or no strace here: apt-get install chromium strace")
    log = tmp_path / "calls"
    script = tmp_path / "chromium"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(tracing(log))} {path} "$@"\n')
    script.chmod(0o755)
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=script, args=walk.FLAGS)
        page = browser.new_page()
        walk.unlock(page, address, lambda _: None)
        walk.begin(page, lambda _: None)
        walk.choose(page, synthetic, lambda _: None)
        walk.answer(page, lambda _: None)
        page.wait_for_timeout(IDLE_MS)
        browser.close()
    away = [call for call in read_trace(log).sockets if "sa_family=" in call and not _OF_THIS_MACHINE.search(call)]
    assert [call for call in away if not call.startswith("connect(")] == []
    pointed = {inode for call in away for inode in _INODE.findall(call)}
    sent = [
        line for file in log.iterdir() for line in file.read_text(errors="replace").splitlines() if line.startswith("send")
    ]
    assert [line for line in sent if pointed & set(_INODE.findall(line))] == []
    assert not any("googleapis" in line for line in sent)
