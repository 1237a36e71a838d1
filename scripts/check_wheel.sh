#!/usr/bin/env bash
# Checks a wheel that build_wheel.sh made: scripts/check_wheel.sh WHEEL [LIBBPF]. It must hold this
# checkout's package and no other file, need nothing newer than glibc 2.28, and work in a fresh venv
# with libbpf LIBBPF (1.7) and with no index but the wheel's own folder.
# PYTHON: the Python of that venv.
set -euo pipefail
export LC_ALL=C
python=${PYTHON:-python3}
wheel=$(realpath "$1")
libbpf=${2:-1.7}
cd "$(dirname "$0")/.."

fail() {
	echo "pyicmp: error: ${wheel##*/} is not fit for use; $1; $2" >&2
	exit 1
}

# expected: the files that belong in the wheel.
expected() {
	local info
	info=$(basename "$wheel" | cut -d- -f1,2).dist-info
	find pyicmp \( -name '*.py' -o -name '*.pyi' -o -name py.typed \) ! -name _native_build.py
	printf '%s\n' pyicmp/bpf/_native.abi3.so pyicmp/_objects/icmp.bpf.o{,.sha256} pyicmp.libs/libelf-HASH.so.1 \
		"$info"/{METADATA,RECORD,WHEEL,top_level.txt,sboms/bundled.cdx.json} \
		"$info"/licenses/libbpf/LICENSE{,.BSD-2-Clause,.LGPL-2.1} \
		"$info"/licenses/elfutils/{copyright,GPL-2,GPL-3,LGPL-3}
	find . -maxdepth 1 -name 'LICEN[CS]E*' -printf "$info/licenses/%P\n"
	! grep -q '^\[project.scripts\]' pyproject.toml || echo "$info/entry_points.txt"
}

[ -f "$wheel" ] || fail "it is not there" "run make wheel"
[[ $wheel == *-cp310-abi3-manylinux_2_28_x86_64.whl ]] || fail "its name has other tags" "see scripts/build_wheel.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m zipfile -e "$wheel" "$work/wheel"
find "$work/wheel" -type f -printf '%P\n' | sed -E 's/-[0-9a-f]{8}\.so/-HASH.so/' | sort >"$work/has"
expected | sort >"$work/expected"
diff "$work/expected" "$work/has" >&2 ||
	fail "it lacks the files marked < or has those marked >" "see setup.py"
(cd "$work/wheel/pyicmp/_objects" && sha256sum --status -c icmp.bpf.o.sha256) ||
	fail "its BPF object is not the one of its .sha256" "run make and make wheel again"

native=$work/wheel/pyicmp/bpf/_native.abi3.so
for file in "$native" "$work"/wheel/pyicmp.libs/*; do
	newest=$(readelf -W --version-info "$file" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
	[ "$(printf 'GLIBC_2.28\n%s\n' "$newest" | sort -V | tail -n 1)" = GLIBC_2.28 ] ||
		fail "${file##*/} needs $newest" "compile it in the build root"
	alien=$(readelf -W -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
		grep -vE '^(libc|libz|libpthread|libelf-[0-9a-f]{8}|ld-linux-x86-64)\.so\.[0-9]+$' || true)
	[ -z "$alien" ] || fail "${file##*/} needs $alien" "link libbpf statically and let auditwheel graft the rest"
done
exports=$(readelf -W --dyn-syms "$native" | awk '$5 == "GLOBAL" && $7 != "UND" { print $8 }')
[ "$exports" = PyInit__native ] ||
	fail "its native module exports more than PyInit__native" "keep -Wl,--exclude-libs,ALL in scripts/build_wheel.sh"

cd "$work"
"$python" -m venv venv
venv/bin/pip --isolated --disable-pip-version-check install --quiet --no-index --find-links "${wheel%/*}" "$wheel" >&2
version=$(venv/bin/python -I -c 'from pyicmp.bpf._native import ffi, lib
print(ffi.string(lib.libbpf_version_string()).decode())')
[ "$version" = "v$libbpf" ] || fail "it carries libbpf $version instead of v$libbpf" "see scripts/build_libbpf.sh"
