# The front door. `make` shows what there is; each target installs what it needs first.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

# Debian's own python3: it is the one that has python3-yaml.
PYTHON ?= /usr/bin/python3
BUILD ?= build
# Ninja counts the host's cores; give JOBS where fewer are wanted.
JOBS ?= $(shell nproc)
PROGRAMS := modelgate-webhook modelgate-reconciler modelgate

CONFIGURE = cmake -S . -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=RelWithDebInfo --log-level=WARNING
SOURCES = git ls-files -z --cached --others --exclude-standard '*.cc' '*.h'

.PHONY: help install configure build all sanitized test soak demo cluster image bench format tidy clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install:
	@sh .ci/install

configure: install
	@$(CONFIGURE) -B $(BUILD) >/dev/null

build: configure ## Build the programs into build/bin
	@ninja -C $(BUILD) -j $(JOBS) $(PROGRAMS)

all: configure
	@ninja -C $(BUILD) -j $(JOBS)

sanitized: install
	@$(CONFIGURE) -B $(BUILD)/sanitize -DMODELGATE_SANITIZE=ON -DMODELGATE_BENCHMARKS=OFF >/dev/null
	@ninja -C $(BUILD)/sanitize -j $(JOBS)

test: install ## Build, and run every test: unit, sanitizers, conformance, a real control plane
	@MAKE="$(MAKE)" $(PYTHON) .ci/stages.py --build $(BUILD)

soak: all ## The long tests: a million Pods, a hundred restarts and rotations, a thousand starts, death at every call
	@MODELGATE_PODS="$${MODELGATE_PODS:-1000000}" $(BUILD)/bin/workload_test --gtest_brief=1 --gtest_filter='*GeneratedPods*'
	@MODELGATE_CONTROL_PLANE="$$(.ci/control-plane)" && export MODELGATE_CONTROL_PLANE && \
	  exec $(PYTHON) tests/cluster/run.py --soak --bin $(BUILD)/bin

demo: build ## See it work in seconds, with no cluster
	@$(PYTHON) deploy/demo.py

cluster: all ## Start a real control plane with both programs at work, and stay
	@MODELGATE_CONTROL_PLANE="$$(.ci/control-plane)" && export MODELGATE_CONTROL_PLANE && \
	  exec $(PYTHON) tests/cluster/stay.py --bin $(BUILD)/bin

image: build ## Assemble the container image into build/image, without a container engine
	@$(PYTHON) deploy/image/assemble.py --bin $(BUILD)/bin --out $(BUILD)/image

bench: all ## Compare the webhook with a bare TLS echo, and bring 2,000 services to Ready
	@tests/bench/run
	@MODELGATE_CONTROL_PLANE="$$(.ci/control-plane)" && export MODELGATE_CONTROL_PLANE && \
	  exec $(PYTHON) tests/bench/scale.py --build $(BUILD)

format: install ## Format the C++ files
	@$(SOURCES) | xargs -0 clang-format-19 -i

tidy: configure ## Run clang-tidy over the C++ files
	@$(SOURCES) | tr '\0' '\n' | grep '\.cc$$' | xargs -P $(JOBS) -n 4 clang-tidy-19 -p $(BUILD) --quiet

clean: ## Remove what was built (the control plane stays cached)
	rm -rf $(BUILD)
