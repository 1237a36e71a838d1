#!/usr/bin/env bash
# Compiles bpf/icmp.bpf.c into build/icmp.bpf.o; or SOURCE into OUTPUT, if two arguments say so.
#
# The bytes depend on the source and on the toolchain alone, not on where or when it runs: paths are
# mapped away, and bpftool drops DWARF and puts the variables' offsets into BTF.
# CLANG, BPFTOOL: other tools.  ARCH: amd64, arm64, s390x or riscv64, if not this machine's.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly CLANG_MAJOR=19
source=${1:-bpf/icmp.bpf.c}
output=${2:-build/icmp.bpf.o}
clang=${CLANG:-clang-$CLANG_MAJOR}
bpftool=${BPFTOOL:-$(PATH=$PATH:/usr/sbin:/sbin type -P bpftool || echo bpftool)}

fail() {
	echo "pyicmp: error: $1; $2; $3" >&2
	exit 1
}

# target_of MACHINE: prints what clang and libbpf's headers call it.
target_of() {
	case $1 in
	amd64 | x86_64) echo bpfel x86 ;;
	arm64 | aarch64) echo bpfel arm64 ;;
	riscv64) echo bpfel riscv ;;
	s390x) echo bpfeb s390 ;;
	*) fail "cannot build $output" "the machine $1 is not known here" "set ARCH to one that is" ;;
	esac
}

type -P "$clang" >/dev/null ||
	fail "cannot build $output" "$clang is not installed" "run make, or apt-get install clang-$CLANG_MAJOR"
type -P "$bpftool" >/dev/null ||
	fail "cannot build $output" "bpftool is not installed" "run make, or apt-get install bpftool"
version=$("$clang" -dumpversion)
[ "${version%%.*}" = "$CLANG_MAJOR" ] ||
	fail "cannot build $output" "$clang is version $version, and another major makes other bytes" \
		"use clang-$CLANG_MAJOR"

read -r own_target _ <<<"$(target_of "$(uname -m)")"
read -r target arch <<<"$(target_of "${ARCH:-$(uname -m)}")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$output")"
"$clang" -g -O2 "--target=$target" -mcpu=v3 "-D__TARGET_ARCH_$arch" -I "$(dirname "$source")" -I bpf \
	-Wall -Wextra -Wno-unused-parameter -Werror \
	"-ffile-prefix-map=$PWD=." -fdebug-compilation-dir=. -c "$source" -o "$work/object.o"
if [ "$target" = "$own_target" ]; then
	"$bpftool" gen object "$work/linked.o" "$work/object.o"
else # bpftool writes this machine's byte order only; libbpf and Spec can do without
	mv "$work/object.o" "$work/linked.o"
fi

if [ "$source" = bpf/icmp.bpf.c ]; then
	# Not grep -q: it ends at the first match, and pipefail takes the writer's SIGPIPE for a failure.
	"$bpftool" btf dump file "$work/linked.o" | grep "STRUCT 'icmp_event'" >"$work/found" ||
		fail "$output is unusable" "struct icmp_event is not in its BTF" \
			"keep fill_event() __noinline in $source"
	sum=$(sha256sum <"$work/linked.o")
	echo "${sum%% *}  ${output##*/}" >"$output.sha256"
	{
		"$clang" --version | sed -n 1p
		"$bpftool" version | sed -n 1,2p
		echo "target $target, $arch"
	} >"$output.toolchain"
fi
mv "$work/linked.o" "$output"
