#!/usr/bin/env bash
# How soon pyicmp is ready, how much CPU and memory that takes, beside the least that C can do with
# the same object (loader.c): in interleaved rounds, and before all other work on the machine.
#
# Both attach by kretprobe where that works, else by the tracepoint; both have a ring of 1 MiB.
# It fails if a plain start imports what it must not.
# ROUNDS: how many (7).  PYTHON, CC: other tools.  VERBOSE=1: also the most expensive imports.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
# As a user has it: bytecode is kept from the first start on.
unset PYTHONDONTWRITEBYTECODE

readonly OBJECT=build/icmp.bpf.o UNWANTED='numpy rich elftools typing dataclasses'
rounds=${ROUNDS:-7}
bin=build/bench
declare -A programs=([kretprobe]=ip_rcv_core_kretprobe [tracepoint]=netif_receive_skb_ipv4)

fail() {
	echo "pyicmp: error: $1; $2; $3" >&2
	exit 1
}

# compile NAME FLAGS...: unless that was done before, as in a guest that has no compiler.
compile() {
	[ -x "$bin/$1" ] && ! [ "bench/$1.c" -nt "$bin/$1" ] && return
	mkdir -p "$bin"
	"${CC:-cc}" -O2 -Wall -Wextra -Werror "bench/$1.c" -o "$bin/$1" "${@:2}"
}

# choose_way: by trying.
choose_way() {
	for way in kretprobe tracepoint; do
		"$bin/ready" "$bin/loader" "$OBJECT" "${programs[$way]}" >/dev/null 2>"$work/log" && return
	done
	cat "$work/log" >&2
	fail "cannot measure" "the C loader can attach neither way" "see its words above"
}

# An import of an unwanted module fails, even if this machine's site-packages have it at each start.
check_imports() {
	"$bin/ready" "$python" -c 'import runpy, sys
for name in sys.argv.pop(1).split():
    sys.modules[name] = None
runpy.run_module("pyicmp", run_name="__main__", alter_sys=True)' \
		"$UNWANTED" "${options[@]}" >/dev/null 2>"$work/log" && return
	cat "$work/log" >&2
	fail "a plain start imports what it must not" "it works only with one of $UNWANTED" \
		"import that only where it is used"
}

# slow_imports: the 8 that take longest themselves, without what every start of Python imports.
slow_imports() {
	# shellcheck disable=SC2016 # for that bash to expand
	"$bin/ready" bash -c 'exec "$@" 2>"$0"' "$work/imports" \
		"$python" -X importtime -m pyicmp "${options[@]}" >/dev/null
	sed -n '1,/| site$/d; s/^import time: *\([0-9]*\) |.*| *\(.*\)/\1 \2/p' "$work/imports" |
		sort -rn >"$work/slow"
	awk '{ us += $1 } END { printf "\n%d imports take %.1f ms; most of it:\n", NR, us / 1000 }' "$work/slow"
	awk 'NR <= 8 { printf "%6.1f ms  %s\n", $1 / 1000, $2 }' "$work/slow"
}

# row NAME FILE: median [min-max] of each column.
row() {
	local column
	printf '%-24s' "$1"
	for column in 1 2 3 4; do
		cut -d ' ' -f "$column" "$2" | sort -n | awk '
			{ value[NR] = $1 }
			END { printf "  %-20s", value[int((NR + 1) / 2)] " [" value[1] "-" value[NR] "]" }'
	done
	echo
}

# ratios A B: A's figures through B's, round by round.
ratios() {
	paste -d ' ' "$1" "$2" | awk '{ printf "%.2f %.2f %.2f %.2f\n", $1 / $5, $2 / $6, $3 / $7, $4 / $8 }'
}

[ "$(id -u)" = 0 ] || fail "cannot measure" "only root may attach" "run it by sudo"
[[ $rounds =~ ^[1-9][0-9]*$ ]] || fail "cannot measure" "ROUNDS=$rounds is no number" "give 1 or more"
# Not a wrapper, such as pyenv's, which takes longer to start than what is measured.
python=$("${PYTHON:-python3}" -c 'import sys; print(sys.executable)')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile ready -static
compile loader -lbpf
choose_way
options=(--attach "$way" --buffer 1M)
check_imports # and writes the bytecode

for ((round = 0; round < rounds; round++)); do
	"$bin/ready" "$python" -m pyicmp "${options[@]}" >>"$work/pyicmp"
	"$bin/ready" "$bin/loader" "$OBJECT" "${programs[$way]}" >>"$work/loader"
	"$bin/ready" "$python" -c 'import sys
print("ready", file=sys.stderr)
print("127.0.0.1")' >>"$work/nothing"
done

echo "Start by $way, $("$python" -V) ($python), $rounds rounds: median [min-max]"
printf '%-24s  %-20s  %-20s  %-20s  %s\n' '' 'ms to attached' 'ms to first line' 'CPU ms' 'peak MB'
row 'python3 -m pyicmp' "$work/pyicmp"
row 'C loader' "$work/loader"
row 'python3, doing nothing' "$work/nothing"
ratios "$work/pyicmp" "$work/loader" >"$work/ratios"
row 'pyicmp : C loader' "$work/ratios"
[ -z "${VERBOSE:-}" ] || slow_imports
