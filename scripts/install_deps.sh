#!/usr/bin/env bash
# Sees to it that what `make` (build) or the tests (test) need is installed: from Debian's packages
# where it may, else it prints the one line to run. PYTHON: the interpreter that must find cffi
# and pyelftools.
set -euo pipefail

build_packages=(clang-19 bpftool gcc libc6-dev libbpf-dev python3-dev python3-cffi python3-pyelftools)
if grep -q '^VERSION_ID="12"' /etc/os-release 2>/dev/null; then
	other_emulators=(qemu-system-misc opensbi)
else # from Debian 13 on s390x and riscv64 have packages of their own
	other_emulators=(qemu-system-s390x qemu-system-riscv)
fi
test_packages=(
	"${build_packages[@]}" python3-venv clang-format-19 shellcheck git xz-utils
	qemu-system-x86 qemu-system-arm "${other_emulators[@]}" lld-19 mmdebstrap cpio kmod dpkg-dev tcpdump tshark iproute2 iputils-ping libcap2-bin
	mount strace
)
python=${PYTHON:-python3}

fail() {
	echo "pyicmp: error: $1; $2; $3" >&2
	exit 1
}

missing_packages() {
	local package
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			echo "$package"
	done
}

may_sudo() {
	type -P sudo >/dev/null || return 1
	[ -t 0 ] || sudo -n true 2>/dev/null
}

install_packages() {
	local missing command log run
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	command="apt-get install -y --no-install-recommends ${missing[*]}"
	type -P apt-get >/dev/null ||
		fail "cannot install what is missing" "this is not Debian" "install: ${missing[*]}"
	run=()
	if [ "$(id -u)" -ne 0 ]; then
		may_sudo || fail "packages are missing" "only root may install them" "run as root: $command"
		run=(sudo)
	fi
	echo "installing: ${missing[*]}"
	log=$(mktemp)
	# shellcheck disable=SC2086 # the command is words
	if ! { "${run[@]}" apt-get update && "${run[@]}" env DEBIAN_FRONTEND=noninteractive $command; } \
		>"$log" 2>&1; then
		cat "$log" >&2
		fail "cannot install packages" "apt-get failed as above" "run: $command"
	fi
	rm -f "$log"
}

# Debian's own interpreter has them from the packages above; any other is asked, and has pip.
install_modules() {
	"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
		fail "cannot use $python" "it is older than Python 3.10" "choose another with PYTHON="
	"$python" -c 'import cffi, elftools' 2>/dev/null && return 0
	"$python" -m pip install -qq --root-user-action=ignore 'cffi>=1.15.1' 'pyelftools>=0.29' ||
		fail "cannot install cffi and pyelftools for $python" "pip failed as above" \
			"install them, or choose another with PYTHON="
}

case ${1:-} in
build) install_packages "${build_packages[@]}" ;;
test) install_packages "${test_packages[@]}" ;;
*) fail "unknown group of packages: ${1:-}" "there are build and test" "name one" ;;
esac
install_modules
