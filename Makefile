# Everything happens in .venv and in this folder. Another Python: make PYTHON=python3.12 demo
PYTHON ?= python3
PYTEST_ARGS ?=
BASE ?=
MODULE ?=
export PYTHON

BIN := .venv/bin
VENV := tools/venv
# One worker a CPU, each with a stretch of neighbouring tests, so that what a file prepares once is prepared by one.
# In a single process, as a debugger wants it: make test PYTEST_ARGS=-n0
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

.DEFAULT_GOAL := help
# Where superpose stands beside what it is measured against: some of that pins other versions of NumPy.
PEERS := .cache/peers

GOLDEN ?=
START ?=
VOLUMES ?= --sets rigid-2mm two-modalities-2mm affine-2mm affine-two-modalities-2mm any-turn-2mm \
    any-turn-two-modalities-2mm thick-slices half-a-head-2mm another-head-2mm rigid-1mm two-modalities-1mm \
    affine-1mm affine-two-modalities-1mm --cases 4
TRUST ?= --heads 8

.PHONY: help bench bench-full bench-start bench-3d calibration-3d bench-stack bench-mosaic bench-planar calibration fuzz golden pictures demo check test test-fast test-of test-sanitized test-wheel \
    wheel coverage lint format pages docs clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 20

demo: ## run the main job on photographs that come with scikit-image
	@$(VENV) demo
	$(BIN)/superpose demo -o demo-output

check: lint ## lint, and the tests of what you changed, without the slow ones; since another commit: BASE=HEAD~3
	@$(VENV) test
	@tests=$$($(BIN)/python tools/tests_of.py --changed $(BASE)) && \
	    if [ -n "$$tests" ]; then $(PYTEST) -m "not slow" $$tests $(PYTEST_ARGS); fi

test: ## run all tests and docstring examples
	@$(VENV) test
	$(PYTEST) $(PYTEST_ARGS)

test-fast: ## the same, without the slow ones
	@$(VENV) test
	$(PYTEST) -m "not slow" $(PYTEST_ARGS)

test-of: ## the tests of one module: make test-of MODULE=sampling/fill
	@$(VENV) test
	@tests=$$($(BIN)/python tools/tests_of.py $(if $(MODULE),"$(MODULE)")) && \
	    if [ -n "$$tests" ]; then $(PYTEST) $$tests $(PYTEST_ARGS); fi

test-sanitized: ## run the kernels' tests with every index checked, under AddressSanitizer and UBSan
	@$(VENV) test
	tools/sanitized $(PYTEST_ARGS)

wheel: ## build the wheel for Linux that others can install, in dist/
	tools/wheel

test-wheel: wheel ## install it in an environment of its own, without a compiler, and run the fast tests there
	tools/test-wheel $(PYTEST_ARGS)

coverage: ## which lines of Python the tests run
	@$(VENV) test
	$(BIN)/python -m coverage run -m pytest -m "not slow" $(PYTEST_ARGS)
	$(BIN)/python -m coverage report

$(PEERS)/installed: benchmarks/requirements-peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check \
	    --editable ".[test]" -r benchmarks/requirements-peers.txt
	@touch $@

OUT := bench-output

bench: $(PEERS)/installed ## superpose beside its peers in some minutes: a table, plots and JSON in bench-output/
	$(PEERS)/bin/python -m benchmarks.memory -o $(OUT)
	$(PEERS)/bin/python -m benchmarks --sets main hard --cases 8 --hard-cases 3 --peer-cases 2 --peers -o $(OUT)
	$(PEERS)/bin/python -m benchmarks.limit --draws 8 --scenes camera -o $(OUT)
	$(PEERS)/bin/python -m benchmarks.scaling --sides 256 512 1024 2048 --repeats 1 -o $(OUT)
	$(PEERS)/bin/python -m benchmarks.plots $(OUT)

bench-full: $(PEERS)/installed ## the same with hundreds of cases, all sets, and images up to 8192 x 8192 (hours)
	$(PEERS)/bin/python -m benchmarks.memory -o $(OUT)
	$(PEERS)/bin/python -m benchmarks --sets all --cases 400 --hard-cases 60 --peer-cases 40 --peers -o $(OUT)
	$(PEERS)/bin/python -m benchmarks.limit -o $(OUT)
	$(PEERS)/bin/python -m benchmarks.scaling -o $(OUT)
	$(PEERS)/bin/python -m benchmarks.plots $(OUT)

bench-start: ## what a beginning costs, and warm calls beside OpenCV's; a new installation and make demo too: START=--install
	@$(VENV) test
	$(BIN)/python -m benchmarks.start $(START)

calibration: $(PEERS)/installed ## how far confidence and uncertainty can be trusted, resumed where it stopped: calibration-output/
	SUPERPOSE_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PEERS)/bin/python -m benchmarks.calibration --jobs 2 --peers $(CALIBRATION) -o calibration-output

bench-3d: $(PEERS)-volumes/installed ## volumes: heads of known truth, superpose beside elastix, ANTs, greedy and SimpleITK
	$(PEERS)-volumes/bin/python -m benchmarks.volumes --peers $(PEERS)-volumes/bin/python $(VOLUMES) -o $(OUT)

calibration-3d: $(PEERS)-volumes/installed ## how far the verdict about volumes can be trusted, by kind of pair
	$(PEERS)-volumes/bin/python -m benchmarks.volumes.trust $(TRUST) -o $(OUT)

$(PEERS)-volumes/installed: benchmarks/requirements-volumes.txt
	$(PYTHON) -m venv $(PEERS)-volumes
	$(PEERS)-volumes/bin/python -m pip install --quiet --disable-pip-version-check \
	    --editable . -r benchmarks/requirements-volumes.txt
	@touch $@

bench-stack: $(PEERS)/installed ## series: drift beside StackReg and ECC, movies, strangers, sections, head motion, an average, memory, workers
	$(PEERS)/bin/python -m benchmarks.stack --frames 500
	$(PEERS)/bin/python -m benchmarks.stack --frames 500 --photons 3
	$(PEERS)/bin/python -m benchmarks.stack_jobs
	$(PEERS)/bin/python -m benchmarks.stack_volumes
	$(PEERS)/bin/python -m benchmarks.average
	$(PEERS)/bin/python -m benchmarks.stack_memory 10000 512 mean
	$(PEERS)/bin/python -m benchmarks.distributed

HUGE ?= 8000

bench-mosaic: ## mosaics of known truth, their solve; bursts, plates of full size, huge images: HUGE='30000 --whole'
	@$(VENV) test
	$(BIN)/python -m benchmarks.mosaic
	$(BIN)/python -m benchmarks.super_resolve --scales 2
	$(BIN)/python -m benchmarks.plates
	$(BIN)/python -m benchmarks.huge $(HUGE)

bench-planar: $(PEERS)/installed ## planes seen from far aside, by slant: what features propose, what superpose and OpenCV find
	$(PEERS)/bin/python -m benchmarks.planar

fuzz: ## 20,000 damaged files against every reader: an answer or an error of ours, in 1 GB and 10 s
	@$(VENV) test
	$(BIN)/python -m benchmarks.fuzz --files 20000

pictures: ## make the README's pictures anew: docs/_static/front/
	@$(VENV) test
	$(BIN)/python tools/pictures.py

golden: ## compare answers with those kept by `make golden GOLDEN=--write`, to the last bit
	@$(VENV) test
	$(BIN)/python -m benchmarks.golden $(GOLDEN)

lint: ## style, types, the map of the package, and how its wheels are to be built
	@$(VENV) lint
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	@for system in linux macos windows; do \
	    $(BIN)/python -m cibuildwheel --print-build-identifiers --platform $$system || exit 1; done

pages: ## write the manual page and the shells' completions again, after a change of the command line
	@$(VENV) test
	$(BIN)/python tools/pages.py

format: ## rewrite the files as `make lint` wants them
	@$(VENV) lint
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

docs: ## build the documentation into docs/_build/html, running its notebooks
	@$(VENV) docs
	@rm -rf docs/_build docs/generated
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --jobs auto -b html docs docs/_build/html

clean: ## remove everything that was made here, .venv too
	rm -rf .venv .cache .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
	    demo-output bench-output calibration-output build dist docs/_build docs/generated
	rm -f src/superpose/_kernels/_native.*.so src/superpose/_kernels/_native.so
	find src tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
