#!/usr/bin/env bash
# Makes a Debian 11 root (glibc 2.31) that can compile the wheel's native module, with a static libbpf
# in its /opt/libbpf, and prints two lines: the root's path and libbpf's version.
#
# libbpf's source comes from Debian by apt, which checks signatures, and must match the SHA-256 here.
# All is kept in the cache; a second run needs no network.
# PYICMP_CACHE: the cache, else ~/.cache/pyicmp.  DEBIAN_MIRROR: else the one this machine's apt uses.
set -euo pipefail
script=$(realpath "$0")

# Tried in this order. Every libbpf before 1.7 crashes on some damaged objects.
readonly SOURCES=(
	'forky 1.7.0 7ab5feffbf78557f626f2e3e3204788528394494715a30fc2070fcddc2051b7b'
	'trixie 1.5.0 53492aff6dd47e4da04ef5e672d753b9743848bdb38e9d90eafbe190b7983c44'
)
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
cache=${PYICMP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pyicmp}
root=$cache/bullseye-$(dpkg --print-architecture)

fail() {
	echo "pyicmp: error: $1; $2; $3" >&2
	exit 1
}

# reason: why the last command failed, by its own words.
reason() {
	grep -m 1 '^E:' "$work/log" || tail -n 1 "$work/log"
}

# fetch SUITE VERSION SHA256: puts libbpf's source into the cache, or returns 1.
fetch() {
	local suite=$1 tarball=libbpf_$2.orig.tar.gz mirror options
	echo "$3  $cache/libbpf/$tarball" | sha256sum --status -c 2>/dev/null && return
	# shellcheck disable=SC2016 # apt fills in the format
	mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		'Origin: Debian' 'Label: Debian' | sed -n 1p)}
	[ -n "$mirror" ] || fail "cannot fetch libbpf's source" "apt knows no Debian mirror" \
		"run apt-get update, or set DEBIAN_MIRROR"
	mkdir -p "$work/$suite/partial" "$cache/libbpf"
	echo "deb-src [signed-by=$KEYRING] $mirror $suite main" >"$work/$suite.list"
	options=(-qq -o "Dir::Etc::sourcelist=$work/$suite.list" -o Dir::Etc::sourceparts=-
		-o "Dir::State::lists=$work/$suite" -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any
		-o Acquire::Check-Valid-Until=false)
	apt-get "${options[@]}" update >"$work/log" 2>&1 || return 1
	(cd "$work" && apt-get "${options[@]}" source --download-only libbpf >"$work/log" 2>&1) || return 1
	echo "$3  $work/$tarball" | sha256sum --quiet -c >"$work/log" 2>&1 || return 1
	mv "$work/$tarball" "$cache/libbpf/"
}

# make_root DIR: with a compiler, libelf and Python's headers; without manuals and locales.
make_root() {
	mmdebstrap --quiet --variant=apt --include=gcc,libc6-dev,make,libelf-dev,libpython3.9-dev \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
		bullseye "$1" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$work/log" 2>&1
}

# make_libbpf ROOT TARBALL: into the root's /opt/libbpf. Debian's own libbpf.a is not for shared modules.
make_libbpf() {
	local source=$1/opt/libbpf/source
	mkdir -p "$source" &&
		tar -xzf "$2" -C "$source" --strip-components=1 --no-same-owner &&
		chroot "$1" env -i PATH=/usr/bin:/bin make -s -C /opt/libbpf/source/src BUILD_STATIC_ONLY=1 \
			NO_PKG_CONFIG=1 CFLAGS='-O2 -fPIC -fvisibility=hidden' PREFIX=/opt/libbpf \
			LIBDIR=/opt/libbpf/lib UAPIDIR=/opt/libbpf/include install install_uapi_headers >"$work/log" 2>&1 &&
		cp "$source"/LICENSE* "$1/opt/libbpf/" &&
		rm -r "$source"
}

[ "$(id -u)" = 0 ] || fail "cannot make a build root" "that takes root" "run it by sudo"
type -P mmdebstrap >/dev/null ||
	fail "cannot make a build root" "mmdebstrap is not installed" "run make, or apt-get install mmdebstrap"
mkdir -p "$cache"
work=$(mktemp -d "$cache/.new.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT

for source in "${SOURCES[@]}"; do
	read -r suite version sum <<<"$source"
	if fetch "$suite" "$version" "$sum"; then
		break
	fi
	echo "pyicmp: warning: no libbpf $version; Debian's $suite did not give the pinned source ($(reason));" \
		"check the network, or pin the one that it has now in scripts/${script##*/}" >&2
	version=
done
[ -n "$version" ] || fail "no libbpf" "none of the pinned sources could be fetched" "see the warnings above"

made_by="$(sha256sum <"$script") libbpf $version"
if [ "$(cat "$root/opt/made-by" 2>/dev/null)" != "$made_by" ]; then
	make_root "$work/root" ||
		fail "cannot make a build root" "mmdebstrap says: $(reason)" "check the network and the disk"
	make_libbpf "$work/root" "$cache/libbpf/libbpf_$version.orig.tar.gz" ||
		fail "cannot compile libbpf $version" "make says: $(reason)" "check the disk, and PYICMP_CACHE"
	echo "$made_by" >"$work/root/opt/made-by"
	rm -rf --one-file-system "$root"
	mv "$work/root" "$root"
fi
echo "$root"
echo "$version"
