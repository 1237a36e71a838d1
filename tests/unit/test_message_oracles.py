"""Two other decoders read the same packets: tshark's fields and tcpdump's words are ours."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pyicmp.icmp.message import Message
from tests.oracles.leaves import leaves
from tests.oracles.samples import PACKETS, message_bytes, pcap
from tests.oracles.tcpdump_words import DIFFERENT, is_unknown, meant
from tests.oracles.tshark import Values, check, decode
from tests.oracles.tshark_fields import SAME

Sample = tuple[int, str]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("oracles") / "samples.pcap"
    path.write_bytes(pcap(list(PACKETS.values())))
    return path


@pytest.fixture(scope="module")
def tshark(capture: Path) -> dict[Sample, Values]:
    """What tshark says of each sample, by field."""
    return dict(zip(PACKETS, decode(capture), strict=True))


@pytest.fixture(scope="module")
def tcpdump(capture: Path) -> dict[Sample, str]:
    """What tcpdump says of each sample, from the colon to the length."""
    command = ["tcpdump", "-n", "-t", "-r", str(capture)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in printed.splitlines() if line.startswith("IP")]
    said = [re.sub(r", length \d+$", "", line.partition(": ")[2]) for line in lines]
    return dict(zip(PACKETS, said, strict=True))


def decoded(sample: Sample) -> Message:
    data = message_bytes(PACKETS[sample])
    return Message(sample[0], data, len(data))


def test_each_field_is_in_a_sample(tshark: dict[Sample, Values]) -> None:
    seen = {field for said in tshark.values() for field in said if said[field]}
    assert set(SAME) - seen == set()


@pytest.mark.parametrize("sample", PACKETS, ids=str)
def test_fields_are_tsharks(sample: Sample, tshark: dict[Sample, Values]) -> None:
    check(sample[1], list(leaves(decoded(sample))), tshark[sample])


def test_the_samples_are_many_and_differences_few() -> None:
    assert sum(family == 4 for family, _ in PACKETS) >= 60
    assert sum(family == 6 for family, _ in PACKETS) >= 80
    assert set(DIFFERENT) <= set(PACKETS)


@pytest.mark.parametrize("sample", PACKETS, ids=str)
def test_words_are_tcpdumps(sample: Sample, tcpdump: dict[Sample, str]) -> None:
    said = meant(tcpdump[sample].removeprefix("ICMP6, ").removeprefix("ICMP "))
    text = decoded(sample).text
    if is_unknown(said):
        assert not is_unknown(text)
    elif sample in DIFFERENT:
        assert (said, text) == DIFFERENT[sample][:2]
    else:
        assert said == text
