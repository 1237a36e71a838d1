"""Writes pyicmp/icmp/registry.py from IANA's registries in scripts/iana/*.csv."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "pyicmp" / "icmp" / "registry.py"
FILES = {4: "icmp.csv", 6: "icmpv6.csv"}
HEAD = '''"""
IANA's ICMP and ICMPv6 types and codes; made by scripts/generate_types.py: change its tables.

``TYPES`` and ``CODES`` give short name and text by number; ``FILLED`` the texts that take values,
of a code, or with None of any code.
"""

from __future__ import annotations

__all__ = ["CODES", "FILLED", "TYPES"]
'''


def rows(family: int) -> list[dict[str, str]]:
    """Return a registry's rows, ranges of types (``20-29``) taken apart."""
    text = (ROOT / "scripts" / "iana" / FILES[family]).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    apart = []
    for row in csv.DictReader(lines):
        first, _, last = row["type"].partition("-")
        for number in range(int(first), int(last or first) + 1):
            apart.append({**row, "type": str(number)})
    return apart


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _entry(row: dict[str, str]) -> str:
    key = f"({row['type']}, {row['code']})" if row["code"] else row["type"]
    return f"        {key}: ({_quoted(row['name'])}, {_quoted(row['text'])}),"


def _filled(row: dict[str, str]) -> str:
    return f"        ({row['type']}, {row['code'] or None}): {_quoted(row['filled'])},"


def generate() -> str:
    """Return the module's text."""
    families = {family: rows(family) for family in FILES}
    tables = [
        ("TYPES: dict[int, dict[int, tuple[str, str]]]", _entry, lambda row: not row["code"]),
        ("CODES: dict[int, dict[tuple[int, int], tuple[str, str]]]", _entry, lambda r: r["code"]),
        (
            "FILLED: dict[int, dict[tuple[int, int | None], str]]",
            _filled,
            lambda row: row["filled"],
        ),
    ]
    parts = [HEAD]
    for declared, line, wanted in tables:
        parts.append(f"\n{declared} = {{\n")
        for family, registry in families.items():
            lines = [line(row) for row in registry if wanted(row)]
            parts.append("\n".join([f"    {family}: {{", *lines, "    },\n"]))
        parts.append("}\n")
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(TARGET.write_text(generate(), encoding="utf-8") < 0)
