#!/usr/bin/env bash
# Builds dist/pyicmp-VERSION-cp310-abi3-manylinux_2_28_x86_64.whl, which carries its own libbpf and
# libelf, and dist/deps, the wheels it needs: then `pip install --no-index --find-links dist pyicmp`
# is all that a machine with Python 3.10 or later and no network needs.
#
# The same commit makes the same bytes on any machine. All that is fetched is pinned and kept in the cache.
# PYTHON: the Python that runs the tools.  PYICMP_CACHE: the cache, else ~/.cache/pyicmp.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

readonly PLATFORM=manylinux_2_28_x86_64
python=${PYTHON:-python3}
export PYICMP_CACHE=${PYICMP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pyicmp}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
export SOURCE_DATE_EPOCH LC_ALL=C PIP_DISABLE_PIP_VERSION_CHECK=1

fail() {
	echo "pyicmp: error: $1; $2; $3" >&2
	exit 1
}

# quiet COMMAND…: says what the command said only if it fails.
quiet() {
	"$@" >"$work/log" 2>&1 || {
		tail -n 20 "$work/log" >&2
		fail "cannot build the wheel" "${1##*/} failed" "see its words above"
	}
}

# fresh DIR STAMP: true if the cached DIR was made by what STAMP says; else empties it.
fresh() {
	[ "$(cat "$1/made-by" 2>/dev/null)" = "$2" ] || { rm -rf "$1" && return 1; }
}

make_tools() {
	local stamp
	stamp=$({ "$python" -VV && cat scripts/wheel_tools.txt scripts/wheel_deps.txt; } | sha256sum)
	fresh "$tools" "$stamp" && return
	quiet "$python" -m venv "$tools"
	quiet "$tools/bin/pip" install --require-hashes --only-binary=:all: -r scripts/wheel_tools.txt
	echo "$stamp" >"$tools/made-by"
}

fetch_deps() {
	local stamp minor
	stamp=$(sha256sum <scripts/wheel_deps.txt)
	fresh "$deps" "$stamp" && return
	for minor in 10 11 12 13 14; do
		quiet "$tools/bin/pip" download --require-hashes --only-binary=:all: --no-deps \
			--platform manylinux_2_17_x86_64 --python-version "3.$minor" -d "$deps" -r scripts/wheel_deps.txt
	done
	echo "$stamp" >"$deps/made-by"
}

# compile: the native module, by the root's compiler. The paths that build_native.sh passes lie in
# the root, where they begin one folder deeper.
compile() {
	# shellcheck disable=SC2016 # the wrapper expands it
	printf '#!/bin/bash\nroot=%q\nexec chroot "$root" gcc "${@//"$root"/}"\n' "$root" >"$work/cc"
	chmod +x "$work/cc"
	quiet "$tools/bin/python" pyicmp/bpf/_native_build.py "$inside/_native.c"
	CC=$work/cc NATIVE_C=$inside/_native.c OUT=$stage/pyicmp/bpf/_native.abi3.so TMPDIR=$inside \
		PYTHON_INCLUDE=/usr/include/python3.9 \
		LIBBPF_CFLAGS="-I /opt/libbpf/include -ffile-prefix-map=${inside#"$root"}=." \
		LIBBPF_LIBS='-L /opt/libbpf/lib -l:libbpf.a -lelf -lz -Wl,--exclude-libs,ALL -Wl,--strip-all' \
		quiet scripts/build_native.sh
}

# describe DIST_INFO: adds the bundled libraries' licences and their bill of materials.
describe() {
	local licenses=$1/licenses name elfutils
	mkdir -p "$licenses/libbpf" "$licenses/elfutils" "$1/sboms"
	cp "$root"/opt/libbpf/LICENSE* "$licenses/libbpf/"
	cp "$root/usr/share/doc/libelf1/copyright" "$licenses/elfutils/"
	for name in GPL-2 GPL-3 LGPL-3; do # the ones that this copyright file points to
		cp "$root/usr/share/common-licenses/$name" "$licenses/elfutils/"
	done
	(cd "$licenses" && find libbpf elfutils -type f | sort | sed 's/^/License-File: /') >"$work/license-files"
	sed -i "/^Version:/r $work/license-files" "$1/METADATA"
	# shellcheck disable=SC2016 # dpkg-query fills in the format
	elfutils=$(chroot "$root" dpkg-query -W -f '${Version}' libelf1)
	cat >"$1/sboms/bundled.cdx.json" <<-END
		{
		  "bomFormat": "CycloneDX",
		  "specVersion": "1.6",
		  "version": 1,
		  "components": [
		    {
		      "type": "library",
		      "name": "libbpf",
		      "version": "$libbpf",
		      "licenses": [{"expression": "LGPL-2.1-only OR BSD-2-Clause"}],
		      "purl": "pkg:github/libbpf/libbpf@v$libbpf"
		    },
		    {
		      "type": "library",
		      "name": "libelf1",
		      "version": "$elfutils",
		      "licenses": [{"expression": "GPL-2.0-or-later OR LGPL-3.0-or-later"}],
		      "purl": "pkg:deb/debian/libelf1@$elfutils?arch=amd64&distro=debian-11"
		    }
		  ]
		}
	END
}

# publish WHEEL: fills dist. pip follows index.html when it is given the folder by --find-links.
publish() {
	local file sum
	mkdir -p dist
	rm -rf dist/pyicmp-*.whl dist/deps
	mkdir dist/deps
	cp "$1" dist/
	cp "$deps"/*.whl dist/deps/
	{
		echo '<!DOCTYPE html><title>pyicmp and what it needs</title>'
		for file in dist/pyicmp-*.whl dist/deps/*.whl; do
			sum=$(sha256sum <"$file")
			echo "<p><a href=\"${file#dist/}#sha256=${sum%% *}\">${file##*/}</a></p>"
		done
	} >dist/index.html
}

[ "$(uname -m)" = x86_64 ] ||
	fail "cannot build the wheel" "only x86_64 is pinned so far" "use pip install . in the checkout"
[ -f build/icmp.bpf.o ] || fail "cannot build the wheel" "there is no build/icmp.bpf.o" "run make first"
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
	fail "cannot build the wheel" "$python has no venv" "run make, or apt-get install python3-venv"

mkdir -p "$PYICMP_CACHE"
exec 9>"$PYICMP_CACHE/wheel.lock"
flock 9
tools=$PYICMP_CACHE/wheel-tools-$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
deps=$PYICMP_CACHE/wheel-deps
work=$(mktemp -d)
inside=
trap 'rm -rf "$work" ${inside:+"$inside"}' EXIT
stage=$work/stage

made=$(scripts/build_libbpf.sh)
{ read -r root && read -r libbpf; } <<<"$made"
inside=$(mktemp -d "$root/tmp/pyicmp.XXXXXX")
make_tools
fetch_deps

mkdir -p "$stage/build"
cp -r pyproject.toml setup.py README.md pyicmp "$stage/"
find . -maxdepth 1 -name 'LICEN[CS]E*' -exec cp {} "$stage/" \;
cp build/icmp.bpf.o build/icmp.bpf.o.sha256 "$stage/build/"
compile
chmod -R u=rwX,go=rX "$stage"
quiet "$tools/bin/pip" wheel --no-index --no-deps --no-build-isolation -w "$work/plain" "$stage"

quiet "$tools/bin/wheel" unpack -d "$work/unpacked" "$work/plain"/pyicmp-*.whl
describe "$work"/unpacked/pyicmp-*/pyicmp-*.dist-info
rm "$work/plain"/*
quiet "$tools/bin/wheel" pack -d "$work/plain" "$work"/unpacked/pyicmp-*
mkdir "$work/lib"
cp -L "$root/usr/lib/x86_64-linux-gnu/libelf.so.1" "$work/lib/"
PATH=$tools/bin:$PATH quiet auditwheel repair --plat $PLATFORM --only-plat --ldpaths "$work/lib" \
	-w "$work/repaired" "$work/plain"/pyicmp-*.whl
publish "$work"/repaired/pyicmp-*.whl
PYTHON=$python scripts/check_wheel.sh dist/pyicmp-*.whl "${libbpf%.*}"
