#!/usr/bin/env bash
# What the README promises, tried in fresh Debian roots: scripts/test_fresh.sh SUITE...
#
# In a clean clone of HEAD, `make` by a user without rights must name the one line to run; `make` by
# root must build all, and `python3 -m pyicmp -c 4` then print four lines.
# Each command runs in namespaces of its own: nothing that it mounts or starts outlives it.
# FRESH_TEST=test: `make test` there, too; or whatever make is given: FRESH_TEST='test-kernels KERNELS=6.12'.
# DEBIAN_MIRROR: else mmdebstrap's own.
# PYICMP_CACHE: the cache, else ~/.cache/pyicmp; roots are made anew each week, packages are kept.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

readonly PACKAGES=python3,make,git,ca-certificates USER_ID=1000
read -ra targets <<<"${FRESH_TEST-}"
cache=${PYICMP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pyicmp}/fresh

fail() {
	echo "pyicmp: error: $1; $2; $3" >&2
	exit 1
}

# fail_with WHAT WHY FIX: after the last words of the command that failed.
fail_with() {
	tail -n 20 "$work/log" >&2
	fail "$@"
}

# since BEGIN: seconds from that $EPOCHREALTIME on.
since() {
	local us=$((${EPOCHREALTIME/./} - ${1/./}))
	printf '%d.%02d' $((us / 1000000)) $((us % 1000000 / 10000))
}

# read_host: how this machine's apt and pip reach the network; so will those in the root.
read_host() {
	local value
	apt-config dump | grep '^Acquire::' >"$work/acquire"
	mapfile -t variables < <(env |
		grep -iE '^(PIP_|SSL_CERT_|REQUESTS_CA_BUNDLE=|(http|https|ftp|no|all)_proxy=)' || true)
	mapfile -t files < <(python3 -m pip config debug 2>/dev/null | sed -n 's/^ *\(\/.*\), exists: True$/\1/p')
	for value in /etc/resolv.conf /etc/ssl/certs/ca-certificates.crt /etc/apt/auth.conf; do
		[ ! -f "$value" ] || files+=("$value")
	done
	# Constraints, wheels and indexes on this machine's disk; an index's files lie beside it.
	while read -r value; do
		if [ -f "$value" ]; then
			files+=("$value")
		elif [ -d "$value" ]; then
			folders+=("$value")
		elif [[ $value == file:///*/* ]]; then
			value=${value#file://}
			folders+=("${value%/*}")
		fi
	done < <(python3 -m pip config list 2>/dev/null | grep -oE "(file://)?/[^ ']+" | sort -u)
}

# make_root SUITE: into $root.
make_root() {
	local tarball=$cache/$1.tar file
	find "$tarball" -mtime +7 -delete 2>/dev/null || true
	if [ ! -f "$tarball" ]; then
		mmdebstrap --quiet --variant=apt "--include=$PACKAGES" "--aptopt=$work/acquire" \
			"$1" "$work/new.tar" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$work/log" 2>&1 9>&- ||
			fail_with "cannot make a root of $1" "mmdebstrap failed as above" "check the network and the disk"
		mv "$work/new.tar" "$tarball"
	fi
	mkdir -p "$root" "$cache/$1/archives/partial" "$cache/$1/cache"
	tar -xf "$tarball" -C "$root"
	for file in "${files[@]}"; do
		mkdir -p "$root${file%/*}"
		cp -L --remove-destination "$file" "$root$file"
	done
	git clone --quiet --depth 1 "file://$PWD" "$root/root/pyicmp"
	chmod 711 "$root/root" # tests in the clone become another user
	mkdir "$root/home/user"
	cp -r "$root/root/pyicmp" "$root/home/user/"
	chown -R "$USER_ID:$USER_ID" "$root/home/user"
}

# start root|user COMMAND...: in the root and in that user's clone. Sets namespace, to wait for.
# What runs in a shell's background ignores Ctrl-C, which tests send: env sees to that.
# shellcheck disable=SC2016 # for the bash within the namespaces to expand
start() {
	local id=0 home=/root
	[ "$1" = root ] || { id=$USER_ID && home=/home/user; }
	unshare --mount --pid --fork --kill-child bash -euc '
		root=$1 kept=$2 id=$3 home=$4 folders=$5
		shift 5
		mount --bind "$root" "$root" # ip netns wants / to be a mount
		mount -t proc proc "$root/proc"
		mount --rbind /sys "$root/sys"
		mount --rbind /dev "$root/dev"
		mkdir -p "$root/root/.cache/pyicmp"
		mount --bind "$kept/archives" "$root/var/cache/apt/archives"
		mount --bind "$kept/cache" "$root/root/.cache/pyicmp"
		while read -r folder; do
			[ -n "$folder" ] || continue
			mkdir -p "$root$folder"
			mount --bind -o ro "$folder" "$root$folder"
		done <<<"$folders"
		chroot "--userspec=$id:$id" "$root" env --chdir="$home/pyicmp" --default-signal=INT,QUIT "$@"' \
		inside "$root" "$cache/$suite" "$id" "$home" "$(printf '%s\n' "${folders[@]}")" \
		-i "HOME=$home" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		"${variables[@]}" "${@:2}" </dev/null &
	namespace=$!
}

# inside root|user COMMAND...: likewise, and waits for its end.
inside() {
	start "$@"
	wait "$namespace"
}

# A user who may not install packages gets one line, which says what to do.
try_user() {
	local status=0
	inside user make >"$work/log" 2>&1 || status=$?
	[ "$status" = 2 ] || fail_with "make by an ordinary user in $suite" "its exit code is $status, not 2" \
		"see its words above"
	[[ $(grep -v '^make: ' "$work/log") =~ ^'pyicmp: error: '[^$'\n']*' apt-get install '[^$'\n']*$ ]] ||
		fail_with "make by an ordinary user in $suite" "it must say one line, with apt-get install" \
			"see scripts/install_deps.sh"
}

# try_make: sets make_s and again_s.
try_make() {
	local begin=$EPOCHREALTIME
	inside root make >"$work/log" 2>&1 || fail_with "make failed in $suite" "see its words above" "mend that"
	make_s=$(since "$begin")
	begin=$EPOCHREALTIME
	inside root make >"$work/log" 2>&1 || fail_with "a second make failed in $suite" "see above" "mend that"
	again_s=$(since "$begin")
	[[ $(<"$work/log") == "make: Nothing to be done for 'all'." ]] ||
		fail_with "a second make in $suite" "it did something, as above" "see the Makefile"
	[[ $again_s == 0.* ]] || fail "a second make in $suite" "it took $again_s s" "see the Makefile"
}

# try_trace: sets first_s, from the start to the first line.
try_trace() {
	local begin pinger
	ping -q -i 0.01 127.0.0.1 >/dev/null 2>&1 &
	pinger=$!
	begin=$EPOCHREALTIME
	start root timeout 60 python3 -m pyicmp -c 4 >"$work/trace" 2>"$work/log"
	until [ -s "$work/trace" ] || ! kill -0 "$namespace" 2>/dev/null; do
		sleep 0.005
	done
	first_s=$(since "$begin")
	wait "$namespace" || fail_with "python3 -m pyicmp -c 4 failed in $suite" "see its words above" "mend that"
	kill -INT "$pinger" # the tests count what they see
	wait "$pinger" || true
	if [ "$(grep -c 'ICMP echo' "$work/trace")/$(wc -l <"$work/trace")" != 4/4 ]; then
		cp "$work/trace" "$work/log"
		fail_with "python3 -m pyicmp -c 4 in $suite" "it printed other than four echoes, as above" "mend that"
	fi
}

try_suite() {
	local begin=$EPOCHREALTIME root_s make_s again_s first_s
	make_root "$suite"
	root_s=$(since "$begin")
	try_user
	try_make
	try_trace
	echo "$suite: root $root_s s, make $make_s s, make again $again_s s, first line $first_s s"
	if [ ${#targets[@]} -gt 0 ]; then
		inside root make "${targets[@]}" || fail "make ${targets[*]} failed in $suite" "see above" "mend that"
	fi
}

# Killing unshare ends all that runs in its namespaces.
clean_up() {
	local pids
	jobs -p >"$work/pids"
	mapfile -t pids <"$work/pids"
	kill -KILL "${pids[@]}" 2>/dev/null || true
	wait 2>/dev/null
	rm -rf --one-file-system "$work"
}

[ $# -gt 0 ] || fail "which suites?" "none was named" "for example: scripts/test_fresh.sh bookworm trixie"
[ "$(id -u)" = 0 ] || fail "cannot make fresh roots" "that takes root" "run it by sudo"
for tool in mmdebstrap git ping; do
	type -P "$tool" >/dev/null ||
		fail "cannot make fresh roots" "$tool is not installed" "run scripts/install_deps.sh test"
done
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
work=$(mktemp -d "$cache/.new.XXXXXX")
chmod 755 "$work" # the root's ordinary user passes here
root=$work/root
trap clean_up EXIT
trap 'exit 143' TERM HUP INT
files=() folders=() variables=()
read_host
for suite in "$@"; do
	try_suite
	rm -rf --one-file-system "$root"
done
