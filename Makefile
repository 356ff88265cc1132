# SPDX-License-Identifier: Apache-2.0
# The commands of this repository. `make` lists them; each target installs what it needs first.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

# Debian's own python3: it is the one that has python3-yaml.
PYTHON ?= /usr/bin/python3
BUILD ?= build
# Parallel jobs; set JOBS to use fewer cores.
JOBS ?= $(shell nproc)
# More arguments for CMake, for example CMAKE_ARGUMENTS=-DMODELGATE_PCH=OFF.
CMAKE_ARGUMENTS ?=
PROGRAMS := modelgate-webhook modelgate-reconciler modelgate

# Compiler, build type and options are in CMakePresets.json.
CONFIGURE = cmake --log-level=WARNING $(CMAKE_ARGUMENTS)
CTEST = ctest -L unit --output-on-failure --no-tests=error -j $(JOBS)
SOURCES = git ls-files -z --cached --others --exclude-standard '*.cc' '*.h'

.PHONY: help install configure build all unit test sanitized coverage soak demo cluster serve image release bench format tidy \
        clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Install the packages that building and testing need
	@sh .ci/install

configure: install ## Run CMake: makes build/compile_commands.json for editors and clang-tidy
	@$(CONFIGURE) --preset default -B $(BUILD) >/dev/null

build: configure ## Build the programs into build/bin
	@ninja -C $(BUILD) -j $(JOBS) $(PROGRAMS)

all: configure ## Build everything: programs, tests, benchmarks
	@ninja -C $(BUILD) -j $(JOBS)

unit: configure ## Build and run the unit tests, and nothing else
	@ninja -C $(BUILD) -j $(JOBS) unit-tests
	@$(CTEST) --test-dir $(BUILD)

test: install ## Build, and run every test: unit, sanitizers, conformance, a real control plane, a real node
	@MAKE="$(MAKE)" $(PYTHON) .ci/stages.py --build $(BUILD)

sanitized: install ## Build with AddressSanitizer and UndefinedBehaviorSanitizer into build/sanitize
	@$(CONFIGURE) --preset sanitize -B $(BUILD)/sanitize >/dev/null
	@ninja -C $(BUILD)/sanitize -j $(JOBS)

coverage: install ## Run the unit tests with llvm-cov: report in build/coverage/html
	@$(CONFIGURE) --preset coverage -B $(BUILD)/coverage >/dev/null
	@ninja -C $(BUILD)/coverage -j $(JOBS) unit-tests
	@sh .ci/coverage $(BUILD)/coverage $(JOBS)

soak: all ## The long tests: a million Pods, a hundred restarts and rotations, a thousand starts, death at every call
	@MODELGATE_PODS="$${MODELGATE_PODS:-1000000}" $(BUILD)/bin/workload_test --gtest_brief=1 --gtest_filter='*GeneratedPods*'
	@MODELGATE_CONTROL_PLANE="$$(.ci/control-plane)" && export MODELGATE_CONTROL_PLANE && \
	  exec $(PYTHON) tests/cluster/run.py --soak --bin $(BUILD)/bin

demo: build ## See it work in seconds, with no cluster
	@$(PYTHON) deploy/demo.py

cluster: all ## Start a real control plane with both programs running, and stay
	@MODELGATE_CONTROL_PLANE="$$(.ci/control-plane)" && export MODELGATE_CONTROL_PLANE && \
	  exec $(PYTHON) tests/cluster/stay.py --bin $(BUILD)/bin

serve: image ## Start a cluster with a real node, a gateway and model servers: real predictions (needs root or sudo)
	@MODELGATE_CONTROL_PLANE="$$(.ci/control-plane)" && MODELGATE_NODE="$$(.ci/node)" && \
	  export MODELGATE_CONTROL_PLANE MODELGATE_NODE && exec $(PYTHON) tests/serving/serve.py --bin $(BUILD)/bin

image: build ## Assemble the container image into build/image, without a container engine
	@$(PYTHON) deploy/image/assemble.py --bin $(BUILD)/bin --out $(BUILD)/image

release: build ## Make the files of a release in build/release: image, chart, programs, SBOM, checksums
	@$(PYTHON) deploy/release.py --build $(BUILD) --out $(BUILD)/release

bench: all ## Compare the webhook with a bare TLS echo, and bring 2,000 services to Ready
	@tests/bench/run
	@MODELGATE_CONTROL_PLANE="$$(.ci/control-plane)" && export MODELGATE_CONTROL_PLANE && \
	  exec $(PYTHON) tests/bench/scale.py --build $(BUILD)

format: install ## Format the C++ files
	@$(SOURCES) | xargs -0 clang-format-19 -i

tidy: configure ## Run clang-tidy over the C++ files
	@ninja -C $(BUILD) -j $(JOBS) precompiled-headers
	@$(SOURCES) | tr '\0' '\n' | grep '\.cc$$' | xargs -P $(JOBS) -n 4 clang-tidy-19 -p $(BUILD) --quiet

# Root owns the folder of the node.
clean: ## Remove what was built (the control plane and the parts of the node stay cached)
	@[ ! -e $(BUILD)/serve ] || [ -O $(BUILD)/serve ] || sudo rm -rf $(BUILD)/serve
	rm -rf $(BUILD)
