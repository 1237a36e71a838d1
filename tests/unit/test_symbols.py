"""Finding a function in synthetic kallsyms files."""

from __future__ import annotations

import errno
import itertools
import random
from pathlib import Path

import pytest

from pyicmp.bpf.symbols import Symbols, resolve_symbol, symbol_address, symbol_spans
from pyicmp.errors import NotSupported

NAME = "ip_rcv_core"
TWINS = [".isra.0", ".isra.20", ".constprop.0", ".llvm.9301298475023", ".isra.0.constprop.1"]
# Pieces of the function, data, other functions and modules' symbols: none of them is it.
DECOYS = [
    f"t {NAME}.cold",
    f"t {NAME}.part.0",
    f"t {NAME}.part.0.isra.0",
    f"t {NAME}.isra.0.cold",
    f"t {NAME}.constprop.0.cold",
    f"t {NAME}2",
    f"t {NAME}_finish",
    f"t my_{NAME}",
    f"t __{NAME}",
    f"d {NAME}",
    f"r {NAME}.isra.7",
    f"b {NAME}.constprop.9",
    f"t {NAME}.isra",
    f"t {NAME}.gcov.0",
]


def write(path: Path, symbols: list[str], rng: random.Random, hidden: bool) -> Path:
    rng.shuffle(symbols)
    lines = [
        f"{0 if hidden else rng.getrandbits(63) | 1 << 63:016x} {symbol}\n" for symbol in symbols
    ]
    path.write_text("".join(lines))
    return path


CASES = [
    (exact, twins, seed)
    for exact, twins in itertools.product(
        (False, True), [list(c) for n in (0, 1, 2) for c in itertools.combinations(TWINS, n)]
    )
    for seed in range(7)
]


def test_there_are_at_least_200_files() -> None:
    assert len(CASES) >= 200


@pytest.mark.parametrize(("exact", "twins", "seed"), CASES)
def test_synthetic_file(exact: bool, twins: list[str], seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    symbols = rng.sample(DECOYS, rng.randrange(len(DECOYS) + 1))
    symbols += [f"t {NAME}{twin}" for twin in twins] + [f"T {NAME}"] * exact
    kallsyms = write(tmp_path / "kallsyms", symbols, rng, hidden=seed % 2 == 0)
    if exact or len(twins) == 1:
        assert resolve_symbol(NAME, str(kallsyms)) == NAME + ("" if exact else twins[0])
        return
    with pytest.raises(NotSupported) as caught:
        resolve_symbol(NAME, str(kallsyms))
    assert caught.value.errno == (errno.EADDRNOTAVAIL if twins else errno.ENOENT)
    for twin in twins:
        assert NAME + twin in str(caught.value)


def test_two_functions_of_one_name_are_listed(tmp_path: Path) -> None:
    kallsyms = tmp_path / "kallsyms"
    kallsyms.write_text(f"ffffffff81000000 t {NAME}\nffffffffc0000000 t {NAME}\t[other]\n")
    with pytest.raises(
        NotSupported, match=rf"2 functions could be meant: {NAME}, {NAME} \[other\]"
    ):
        resolve_symbol(NAME, str(kallsyms))


def test_function_of_a_module(tmp_path: Path) -> None:
    kallsyms = tmp_path / "kallsyms"
    kallsyms.write_text(f"0000000000000000 t {NAME}.isra.0\t[ipv4]\n")
    assert resolve_symbol(NAME, str(kallsyms)) == f"{NAME}.isra.0"


def test_no_kallsyms() -> None:
    with pytest.raises(NotSupported, match="cannot read /nowhere"):
        resolve_symbol(NAME, "/nowhere")


KERNEL_AND_MODULE = """\
ffffffff81000000 T _stext
ffffffff81000100 T ip_rcv
ffffffff81000200 t ip_rcv_core.isra.0
ffffffff81000300 D a_variable
ffffffff81000400 T _etext
ffffffffc0000100 t nft_do_chain\t[nf_tables]
"""


def test_where_a_function_ends(tmp_path: Path) -> None:
    kallsyms = tmp_path / "kallsyms"
    kallsyms.write_text(KERNEL_AND_MODULE.replace("T ip_rcv", "T ip_rcv\nffffffff81000100 T alias"))
    spans = symbol_spans(["ip_rcv", "nft_do_chain", "nothing"], str(kallsyms))
    assert spans == {"ip_rcv": (0xFFFFFFFF81000100, 0xFFFFFFFF81000200)}
    kallsyms.write_text(f"{0:016x} T hidden\n{0:016x} T behind\n{0:016x} T last\n")
    assert symbol_spans(["hidden", "last"], str(kallsyms)) == {"hidden": (0, 0), "last": (0, 0)}


def test_which_function_an_address_is_in(tmp_path: Path) -> None:
    kallsyms = tmp_path / "kallsyms"
    kallsyms.write_text(KERNEL_AND_MODULE)
    symbols = Symbols(str(kallsyms))
    assert symbols.at(0xFFFFFFFF81000100) == ("ip_rcv", 0)
    assert symbols.at(0xFFFFFFFF810003FF) == ("ip_rcv_core.isra.0", 0x1FF)
    assert symbols.at(0xFFFFFFFFC0000123) == ("nft_do_chain", 0x23)
    assert symbols.at(0x1000) is None
    assert symbol_address("a_variable", str(kallsyms)) == 0xFFFFFFFF81000300


def test_a_module_that_comes_later_is_found(tmp_path: Path) -> None:
    kallsyms = tmp_path / "kallsyms"
    kallsyms.write_text(KERNEL_AND_MODULE)
    symbols = Symbols(str(kallsyms))
    symbols.at(0xFFFFFFFF81000100)
    kallsyms.write_text(KERNEL_AND_MODULE + "ffffffffc0009000 t later\t[late]\n")
    assert symbols.at(0xFFFFFFFFC0009010) == ("later", 0x10)


def test_hidden_addresses_are_not_known(tmp_path: Path) -> None:
    kallsyms = tmp_path / "kallsyms"
    kallsyms.write_text("0000000000000000 T _stext\n0000000000000000 T ip_rcv\n")
    assert Symbols(str(kallsyms)).at(0xFFFFFFFF81000100) is None
    assert symbol_address("ip_rcv", str(kallsyms)) is None
    assert symbol_address("ip_rcv", str(tmp_path / "absent")) is None
    assert Symbols(str(tmp_path / "absent")).at(1) is None
