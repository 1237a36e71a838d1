#!/usr/bin/env bash
# Runs tests/host, or what is named, with a native module that has the wheel's libbpf (1.7) in it:
# scripts/test_libbpf.sh [PYTEST ARGUMENT]... The module lies over the checkout's in a mount namespace
# of its own, so that the checkout stays as it is.
# PYTEST: the command.  PYICMP_CACHE: the cache, else ~/.cache/pyicmp.
set -euo pipefail
cd "$(dirname "$0")/.."
read -ra pytest <<<"${PYTEST:-python3 -m pytest}"
[ $# -gt 0 ] || set -- tests/host

made=$(scripts/build_libbpf.sh)
{ read -r root && read -r version; } <<<"$made"
module=build/libbpf-$version/_native.abi3.so
mkdir -p "${module%/*}"
OUT=$module LIBBPF_CFLAGS="-I $root/opt/libbpf/include" \
	LIBBPF_LIBS="-L $root/opt/libbpf/lib -l:libbpf.a -lelf -lz -Wl,--exclude-libs,ALL" \
	scripts/build_native.sh
echo "libbpf $version"
# shellcheck disable=SC2016 # for the bash within the namespace to expand
exec unshare --mount bash -euc 'mount --bind "$0" pyicmp/bpf/_native.abi3.so && exec "$@"' \
	"$module" "${pytest[@]}" "$@"
