"""Which hook sees whose messages on the way out: the table in docs/hooks.md, found by trying."""

from __future__ import annotations

import pytest

from tests.chain import Chain
from tests.senders import seen, send_all
from tests.tracing import ROOT, Run, settle

ALL, PUSHED = "net_dev_queue", {4: "ip_push_pending_frames", 6: "ip6_push_pending_frames"}
# By sender: the owner by the hook that all pass, that by those of --light, the IP versions.
TABLE = {
    "ping socket": ("the process", "the process", (4, 6)),
    "raw socket": ("the process", "the process", (4, 6)),
    "raw socket, header included": ("the process", None, (4, 6)),
    "IPPROTO_RAW": ("the process", None, (4, 6)),
    "packet socket": ("the process", None, (4, 6)),
    "the kernel's answers": ("kernel", "kernel", (4, 6)),
    "the kernel's errors": ("kernel", "kernel", (4, 6)),
    "Neighbor Discovery": ("kernel", None, (6,)),
    "Multicast Listener Discovery": ("kernel", None, (6,)),
    "forwarded": ("nobody", None, (4, 6)),
}


@pytest.mark.parametrize("way", ["kretprobe", "fexit"])
def test_the_table(way: str) -> None:
    chain = Chain("h")
    arguments = ("-o", "json", "-Q", "out", "--attach", way)
    try:
        with Run(*arguments) as every, Run(*arguments, "--light") as light:
            send_all(chain)
            settle()
            assert (every.end(), light.end()) == (0, 0)
        found = seen(chain, every.events), seen(chain, light.events)
    finally:
        chain.delete()
    rows = {(sender, family): row for sender, row in TABLE.items() for family in row[2]}
    assert found[0] == {one: {(ALL, row[0])} for one, row in rows.items()}
    assert found[1] == {one: {(PUSHED[one[1]], row[1])} for one, row in rows.items() if row[1]}


def test_the_documentation_has_it() -> None:
    written = (ROOT / "docs" / "hooks.md").read_text()
    for sender, (every, light, families) in TABLE.items():
        versions = ", ".join(f"IPv{family}" for family in families)
        assert f"| {sender} | {versions} | {every} | {light or 'not seen'} |\n" in written
