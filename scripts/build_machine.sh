#!/usr/bin/env bash
# Compiles the native module for another machine: build_machine.sh arm64|s390x|riscv64 OUT.
#
# clang has every target; the headers and libraries come from Debian's packages for that machine,
# unpacked into a folder of the cache, never installed. A second run needs no network.
# PYTHON: another that has cffi.  PYICMP_CACHE: the cache, else ~/.cache/pyicmp.  DEBIAN_MIRROR: else
# Debian's own.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# Each in the first release that has the machine: what is linked there runs in later ones.
# base-files: from trixie on it has the links of /lib and /usr/lib, which a hook made before.
readonly PACKAGES=base-files,libc6-dev,libbpf-dev,libpython3-dev
machine=$1
out=$2
cache=${PYICMP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pyicmp}
sysroot=$cache/sysroots/$machine

fail() {
	echo "pyicmp: error: $1; $2; $3" >&2
	exit 1
}

# apt hands a pipe's number to dash, which knows none above 9: mmdebstrap inherits no open files.
make_sysroot() {
	mmdebstrap --quiet --variant=extract --mode=auto "--architectures=$machine" "--include=$packages" \
		--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr "$suite" "$work/root.tar" \
		"deb [signed-by=$KEYRING] ${DEBIAN_MIRROR:-http://deb.debian.org/debian} $suite main" \
		>"$work/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &&
		mkdir "$work/root" &&
		tar -xf "$work/root.tar" -C "$work/root" --exclude='./dev/*' --no-same-owner >"$work/log" 2>&1
}

case $machine in
arm64) triple=aarch64-linux-gnu suite=bookworm packages=$PACKAGES,libgcc-12-dev ;;
s390x) triple=s390x-linux-gnu suite=bookworm packages=$PACKAGES,libgcc-12-dev ;;
riscv64) triple=riscv64-linux-gnu suite=trixie packages=$PACKAGES,libgcc-14-dev ;;
*) fail "cannot build for $machine" "it is not known here" "name arm64, s390x or riscv64" ;;
esac
for tool in mmdebstrap clang-19 ld.lld-19; do
	type -P "$tool" >/dev/null ||
		fail "cannot build for $machine" "$tool is not installed" "run scripts/install_deps.sh test"
done

mkdir -p "$cache/sysroots" "$(dirname "$out")"
exec 9>"$cache/sysroots/$machine.lock"
flock 9
work=$(mktemp -d "$cache/sysroots/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
made_by="$suite $packages"
if [ "$(cat "$sysroot/made-by" 2>/dev/null)" != "$made_by" ]; then
	make_sysroot || fail "cannot unpack packages for $machine" \
		"$(grep -m 1 '^E:' "$work/log" || tail -n 1 "$work/log")" "check the network and the disk"
	echo "$made_by" >"$work/root/made-by"
	rm -rf "$sysroot"
	mv "$work/root" "$sysroot"
fi

# shellcheck disable=SC2016 # the wrapper expands it
printf '#!/bin/sh\nexec clang-19 --target=%q --sysroot=%q -fuse-ld=lld "$@"\n' "$triple" "$sysroot" \
	>"$work/cc"
chmod +x "$work/cc"
includes=("$sysroot"/usr/include/python3.*)
"${PYTHON:-python3}" pyicmp/bpf/_native_build.py "$work/_native.c" >"$work/log" # cffi says what it does
CC=$work/cc NATIVE_C=$work/_native.c OUT=$out PYTHON_INCLUDE=${includes[0]} scripts/build_native.sh
