# The front door. `make help` lists the targets.
#
# PYTHON=python3.12   another interpreter; a virtual environment or pyenv works too
# KERNELS="6.1 7.2"   which kernels to boot, for test-kernels
# ARCH=s390x          build for another machine (arm64, s390x, riscv64), below build/machines/

PYTHON  ?= python3
KERNELS ?=
CC      ?= cc

# Kernel developers have this in their environment; here it counts only if make was told.
ifneq ($(origin ARCH),command line)
ARCH :=
endif
MADE    := $(if $(ARCH),build/machines/$(ARCH)/)
OBJECT  := $(MADE)build/icmp.bpf.o
NATIVE  := $(MADE)pyicmp/bpf/_native.abi3.so
VENV    := build/venv.$(subst /,-,$(PYTHON))
TOOLS   := $(VENV)/bin

TEST_OBJECTS := $(patsubst tests/bpf/%.bpf.c,$(MADE)build/tests/%.bpf.o,$(wildcard tests/bpf/*.bpf.c tests/bpf/reject/*.bpf.c tests/bpf/core/*.bpf.c))
TEST_OBJECTS += $(patsubst examples/%.bpf.c,$(MADE)build/examples/%.bpf.o,$(wildcard examples/*.bpf.c))
# Of this machine only: two programs, and the object that counts in the first.
TEST_PROGRAMS := build/tests/point build/bench/cost
TEST_OBJECTS := $(filter-out $(if $(ARCH),%/usdt.bpf.o),$(TEST_OBJECTS))
MACHINES := arm64 s390x riscv64
MACHINES_TESTS := $(addsuffix /test-objects,$(MACHINES))
SCRIPTS := $(wildcard scripts/*.sh bench/*.sh) .ci/run tests/kernels/harness/init
C_FILES := $(wildcard bpf/*.[ch] examples/*.[ch] tests/bpf/*.c tests/bpf/reject/*.c tests/bpf/core/*.[ch] bench/*.c) $(wildcard pyicmp/bpf/_native*.[ch])

export PYTHON CC KERNELS ARCH
export PATH := $(PATH):/usr/sbin:/sbin

.DELETE_ON_ERROR:
.PHONY: all machines $(MACHINES) $(MACHINES_TESTS) test-objects help test check test-unit test-host test-kernels test-campaign test-flood test-oldkernel matrix test-libbpf test-fresh lint format wheel bench-start bench-ring bench-cost soak docs clean

all: $(OBJECT) $(NATIVE)

help:
	@echo 'make                build the BPF object and the native module, in place'
	@echo 'make test           lint, types, and all tests; boots kernels; half an hour'
	@echo 'make machines       the object and the native module for arm64, s390x and riscv64'
	@echo 'make test-unit      tests without root and without native code'
	@echo 'make test-host      tests on the running kernel, as root'
	@echo 'make test-kernels   tests in booted kernels; KERNELS="6.1 7.2" for some of them'
	@echo 'make test-campaign  the long tests in booted kernels: an hour'
	@echo 'make test-flood     100,000 echo requests of two senders, one verdict each, in a booted kernel'
	@echo 'make test-oldkernel trace on a kernel that is like 5.4, compiled once: half an hour, then a minute'
	@echo 'make matrix         docs/matrix.md anew: kernels, ways, privileges, BTF, lockdown; an hour'
	@echo 'make test-libbpf    test-host with libbpf 1.5, in a fresh Debian 13 root, and with 1.7, as in the wheel'
	@echo 'make test-fresh     the README in fresh Debian 12 and 13 roots'
	@echo 'make lint format    ruff, mypy, clang-format, shellcheck'
	@echo 'make wheel          a wheel with libbpf inside, in dist/'
	@echo 'make bench-start    time from exec to attached, beside a minimal C loader'
	@echo 'make bench-ring     a ring of a million records, beside C and bcc on the same ring'
	@echo 'make bench-cost     instructions per packet, beside bcc and bpftrace, in a booted kernel'
	@echo 'make docs           the reference, from the docstrings, in build/docs/'
	@echo 'make soak           10,000 times open, load, attach, read, close: nothing may grow'
	@echo 'make clean          remove all that was built here'

# What must be installed to build and to test, with this interpreter: asked once.
BUILD_DEPS := build/stamps/build.$(subst /,-,$(PYTHON))
TEST_DEPS  := build/stamps/test.$(subst /,-,$(PYTHON))
KERNEL_DEPS := build/stamps/kernel.$(subst /,-,$(PYTHON))

$(BUILD_DEPS) $(TEST_DEPS) $(KERNEL_DEPS): scripts/install_deps.sh
	@mkdir -p $(@D)
	@scripts/install_deps.sh $(firstword $(subst ., ,$(@F)))
	@touch $@

$(OBJECT): bpf/icmp.bpf.c $(wildcard bpf/*.h) scripts/build_bpf.sh | $(BUILD_DEPS)
	@scripts/build_bpf.sh bpf/icmp.bpf.c $@

$(NATIVE): $(wildcard pyicmp/bpf/_native*.[ch]) pyicmp/bpf/_native_build.py scripts/build_native.sh \
	$(if $(ARCH),scripts/build_machine.sh) | $(BUILD_DEPS)
	@$(if $(ARCH),scripts/build_machine.sh $(ARCH) $@,scripts/build_native.sh)

$(MADE)build/tests/%.bpf.o: tests/bpf/%.bpf.c $(wildcard bpf/*.h tests/bpf/*.h tests/bpf/core/*.h) scripts/build_bpf.sh \
	| $(BUILD_DEPS)
	@scripts/build_bpf.sh $< $@

$(MADE)build/examples/%.bpf.o: examples/%.bpf.c examples/vmlinux.h scripts/build_bpf.sh | $(BUILD_DEPS)
	@scripts/build_bpf.sh $< $@

# For guests of other machines: what they run, and objects that they are to refuse.
machines: $(MACHINES)
	@scripts/build_bpf.sh bpf/icmp.bpf.c build/machines/amd64/build/icmp.bpf.o

$(MACHINES): | $(TEST_DEPS)
	@$(MAKE) --no-print-directory ARCH=$@ all

$(MACHINES_TESTS): | $(TEST_DEPS)
	@$(MAKE) --no-print-directory ARCH=$(@D) test-objects

test-objects: $(TEST_OBJECTS)

build/tests/point: tests/bpf/point.c # static: guests have other C libraries
	@mkdir -p $(@D)
	@$(CC) -static -O1 -Wall $< -o $@

build/bench/loader: bench/loader.c
	@mkdir -p $(@D)
	@$(CC) -O2 -Wall $< -o $@ -lbpf

build/bench/cost: bench/cost.c
	@mkdir -p $(@D)
	@$(CC) -static -O2 -Wall $< -o $@

$(VENV)/done: requirements-dev.txt | $(TEST_DEPS)
	@$(PYTHON) -m venv $(VENV)
	@$(TOOLS)/python -m pip install -qq --root-user-action=ignore -r $<
	@touch $@

PYTEST = $(TOOLS)/python -m pytest

test: lint wheel all machines $(TEST_OBJECTS) $(TEST_PROGRAMS)
	@$(PYTEST) tests/unit tests/host tests/kernels

test-unit test-host: test-%: all $(TEST_OBJECTS) $(TEST_PROGRAMS) $(VENV)/done
	@$(PYTEST) tests/$*

test-kernels: wheel all machines $(TEST_OBJECTS) $(TEST_PROGRAMS) $(VENV)/done
	@$(PYTEST) tests/kernels

test-campaign: wheel all machines $(MACHINES_TESTS) $(TEST_OBJECTS) $(TEST_PROGRAMS)
	@$(PYTEST) tests/campaign

test-flood: all $(VENV)/done
	@$(TOOLS)/python -m tests.kernels.harness exec $(or $(KERNELS),6.12) --mem 3072 --timeout 3600 \
		-- env PYICMP_FLOOD=50000 python3 -m pytest -rP tests/campaign/test_why.py -k flood

test-oldkernel: all $(VENV)/done | $(KERNEL_DEPS)
	@$(PYTEST) tests/oldkernel

matrix: all machines $(VENV)/done
	@$(TOOLS)/python -m tests.matrix $(KERNELS)

test-libbpf: all $(TEST_OBJECTS) $(TEST_PROGRAMS) $(VENV)/done
	@FRESH_TEST=test-host scripts/test_fresh.sh trixie
	@PYTEST="$(PYTEST)" scripts/test_libbpf.sh

test-fresh: | $(TEST_DEPS)
	@scripts/test_fresh.sh bookworm trixie

lint: $(VENV)/done
	@$(TOOLS)/ruff check --quiet .
	@$(TOOLS)/ruff format --quiet --check .
	@$(TOOLS)/mypy
	@clang-format-19 --dry-run -Werror $(C_FILES)
	@shellcheck $(SCRIPTS)

format: $(VENV)/done
	@$(TOOLS)/ruff check --quiet --fix .
	@$(TOOLS)/ruff format --quiet .
	@clang-format-19 -i $(C_FILES)

wheel: all | $(TEST_DEPS)
	@scripts/build_wheel.sh

bench-start: all | $(TEST_DEPS)
	@bench/start.sh

bench-ring: all build/tests/ring.bpf.o $(VENV)/done
	@PYTHON=$(TOOLS)/python bench/ring.sh

bench-cost: all build/bench/cost build/bench/loader $(VENV)/done
	@$(TOOLS)/python -m tests.kernels.harness exec $(or $(KERNELS),6.12) --counting --root peers --mem 3072 \
		--timeout 900 -- python3 -m bench.cost

docs: all $(VENV)/done
	@PYTHONPATH=. PYTHONWARNINGS=error $(TOOLS)/python scripts/build_docs.py

soak: all $(TEST_OBJECTS) $(VENV)/done
	@CYCLES=10000 $(PYTEST) -s tests/host/test_lifecycle.py -k nothing_grows

clean:
	rm -rf build dist $(NATIVE) *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
