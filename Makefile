# `make` lists the targets.

APUS := .build/release/apus
PREFIX ?= /usr/local
SWIFT_FILES = $(shell find $(wildcard Package.swift Sources Plugins Tests Benchmarks) -name '*.swift' -not -path '*/.build*/*')
C_FILES = $(shell find CKernels -name '*.[ch]' -o -name '*.inc')

.DEFAULT_GOAL := help
.PHONY: help setup demo build test format lint benchmark benchmark-peers install clean

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## install the C libraries that are missing
	@Scripts/setup.sh

demo: build ## train, predict and inspect on a bundled table
	@mkdir -p demo
	$(APUS) train Examples/breast_cancer/breast_cancer.csv --target diagnosis -o demo/diagnosis.apus --force
	$(APUS) predict demo/diagnosis.apus Examples/breast_cancer/breast_cancer.csv -o demo/scored.csv --force
	$(APUS) inspect demo/diagnosis.apus

build: setup ## build the release binary, .build/release/apus
	swift build -c release --product apus

# Built by `swift build` with the same flags as the binary: `swift test` alone would compile everything once more.
TEST = swift build -c release --build-tests $(1) && swift test -c release --skip-build --disable-xctest $(1)

test: setup ## run every test, those of the example plugin package first
	$(call TEST,--package-path Plugins/Example)
	Plugins/Example/.build/release/example-apus plugins list
	$(call TEST)

format: ## rewrite the sources in the project's style
	@echo swift format -i
	@swift format -i -p $(SWIFT_FILES)
	@if command -v clang-format >/dev/null; then clang-format -i $(C_FILES); fi

lint: ## check the style; changes nothing
	@echo swift format lint --strict
	@swift format lint --strict -p $(SWIFT_FILES)
	@if command -v clang-format >/dev/null; then clang-format --dry-run -Werror $(C_FILES); \
	else echo 'lint: clang-format is not installed; the style of the C sources was not checked'; fi

# The Swift kernels once more with the vector instructions that the C kernels choose at run time: for comparison only.
KERNELS_V3 = $(if $(filter x86_64,$(shell uname -m)),swift build -c release --package-path Benchmarks \
	--scratch-path Benchmarks/.build-v3 -Xcc -march=x86-64-v3 --product kernels)

benchmark: build ## measure jobs, readers, learners and kernels, beside their peers where those are installed
	swift build -c release --package-path Benchmarks
	$(KERNELS_V3)
	python3 Benchmarks/compare.py --json Benchmarks/results/benchmark.json $(BENCHMARK)

benchmark-peers: ## create the peers' virtual environment, then measure beside them
	@test -x Benchmarks/.venv/bin/python || python3 -m venv Benchmarks/.venv
	Benchmarks/.venv/bin/pip install -q -r Benchmarks/peers/requirements.txt
	$(MAKE) benchmark

install: build ## copy the binary to $(PREFIX)/bin (PREFIX=/usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(APUS) $(DESTDIR)$(PREFIX)/bin/apus

clean: ## remove everything that was built
	rm -rf .build Plugins/Example/.build Benchmarks/.build Benchmarks/.build-v3 demo
