#!/usr/bin/env bash
# Compiles the native module in place, pyicmp/bpf/_native.abi3.so: limited API, so that one file
# serves Python 3.10 and every later one.
#
# PYTHON, CC: other tools.  OUT: another output.  LIBBPF_CFLAGS, LIBBPF_LIBS: another libbpf than
# the system's.  NATIVE_C: C that was emitted before, to be compiled only.  PYTHON_INCLUDE: the
# folder of Python.h, if PYTHON is not to be asked.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
out=${OUT:-pyicmp/bpf/_native.abi3.so}
source=${NATIVE_C:-build/_native.c}
include=${PYTHON_INCLUDE:-$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')}
read -ra cflags <<<"${LIBBPF_CFLAGS:-}"
read -ra libs <<<"${LIBBPF_LIBS:--lbpf}"

if [ -z "${NATIVE_C:-}" ]; then
	mkdir -p build
	"$python" pyicmp/bpf/_native_build.py "$source" >build/_native.log # cffi says what it does
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-cc}" -shared -fPIC -O2 -g0 -fvisibility=hidden -Wall -Wextra -Werror -Wno-unused-parameter \
	-Wno-unused-function -Wno-missing-field-initializers -DPy_LIMITED_API=0x030a0000 \
	-ffile-prefix-map="$PWD=." -I "$include" "${cflags[@]}" "$source" -o "$work/module.so" \
	-Wl,--as-needed "${libs[@]}"
mv "$work/module.so" "$out"
