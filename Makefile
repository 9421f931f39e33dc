# `make run` opens the desk, `make test` runs all that CI runs. Both set up what they need in .venv.

PYTHON ?= python3
BIN := .venv/bin
LOCK := requirements.lock
CHECKPOINT ?= .training/starter/checkpoint

.PHONY: run test lint types contract tests format lock train starter figures pages picture bench-peers watermark clean

run: .venv/program
	@$(BIN)/gpt2-tui

test: lint types contract tests

lint: .venv/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/tools
	$(BIN)/mypy

contract: .venv/tools
	$(BIN)/lint-imports

# Three processes for two cores: many tests wait longer than they work.
tests: .venv/tools
	$(BIN)/pytest -n 3 --dist loadgroup

format: .venv/tools
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Train the starter model anew: make train CORPUS=folder (hours; brings its own PyTorch). On a CPU
# a tenth of the time went into memory that was given back and fetched again: glibc is to keep it.
train: export GLIBC_TUNABLES = glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=8000000000
train: .training/tools
	.training/venv/bin/python -m export.training "$(CORPUS)" --out .training/starter

# Make the bundled model of what training wrote, and note its digest in the program.
starter: .venv/program
	$(BIN)/python -m export.training.bundle $(CHECKPOINT)

# Measure the bundled model for its card and pages: make figures CORPUS=folder (half an hour).
figures: .venv/program
	$(BIN)/python -m docs.starter_figures "$(CORPUS)" --checkpoint $(CHECKPOINT)

# Draw these pages again, after a change of their words.
pages: .venv/program
	$(BIN)/python -m docs.starter_figures.pages

# Draw the README's pictures.
picture: .venv/program
	$(BIN)/python docs/make_picture.py

# Compare the speed with that of other programs on the same weights (half an hour on a quiet
# machine; brings their packages). The short form: make bench-peers BENCH="--quick --threads 1"
bench-peers: .venv/tools .bench/tools
	$(BIN)/python -m tests.bench.peers --peers .bench/venv/bin/python $(BENCH)

# Measure the watermark: make watermark TEXTS="FILE FILE", long human texts (half an hour).
watermark: .venv/program
	$(BIN)/python -m docs.measure_watermark $(TEXTS)
	$(BIN)/python -m docs.draw_watermark

# Renew the pinned versions from the newest that pyproject.toml admits.
lock:
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -q -e ".[dev]"
	$(BIN)/pip freeze --all --exclude-editable --exclude pip > $(LOCK)
	touch .venv/program .venv/tools

.venv/pip:
	$(PYTHON) -m venv .venv
	touch $@

.venv/program: .venv/pip pyproject.toml $(LOCK)
	$(BIN)/pip install -q -c $(LOCK) -e .
	touch $@

.venv/tools: .venv/program
	$(BIN)/pip install -q -c $(LOCK) -e ".[dev]"
	touch $@

.training/tools: export/training/requirements.txt
	$(PYTHON) -m venv .training/venv
	.training/venv/bin/pip install -q -r export/training/requirements.txt
	touch $@

.bench/tools: tests/bench/requirements.txt
	$(PYTHON) -m venv .bench/venv
	.bench/venv/bin/pip install -q -r tests/bench/requirements.txt
	touch $@

clean:
	rm -rf .venv .bench build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
