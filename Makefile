# Two commands set everything up on a fresh Linux machine: `make android` and `make test`.
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: install android bench-preprocessing test check format clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# The default model for Android, and one answer from it on a drawn lesion. Whoever exported it here needs no signature.
android: build/android/manifest.json build/sample/metadata.csv
	$(BIN)/skinedge screen build/sample/images/$$(ls build/sample/images | head -n 1) --model build/android \
	  --allow-unsigned --age-years 63 --region face --itch yes

build/android/manifest.json: $(VENV)/.installed export/android.toml $(shell find skinedge/assets skinedge/lowering -type f 2>/dev/null)
	$(BIN)/skinedge export --target android --out build/android

build/sample/metadata.csv: $(VENV)/.installed
	$(BIN)/skinedge data synthetic build/sample --photos 12

# What the preprocessing costs beside the network, in one process.
bench-preprocessing: install
	$(BIN)/python -m benchmarks.preprocessing

test: install
	$(BIN)/python -m pytest

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf build
