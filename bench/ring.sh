#!/usr/bin/env bash
# A ring of a million records, read by numpy, tuples and records, by libbpf in C, and by bcc: see ring.py.
# ROUNDS: how many (7).  RECORDS: how many (1000000).  PYTHON, CC: other tools.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(id -u)" = 0 ] || {
	echo "pyicmp: error: cannot measure; only root may load; run it by sudo" >&2
	exit 1
}
mkdir -p build/bench
"${CC:-cc}" -O2 -Wall -Wextra -Werror -shared -fPIC bench/ring.c -o build/bench/ring.so -lbpf
PYTHONPATH=. exec "${PYTHON:-python3}" bench/ring.py
