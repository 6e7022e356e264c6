# Two commands set everything up on a fresh Linux machine: `make android` and `make test`.
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= python3
PHOTOS ?= ../shared/pad-ufes-20
ONNX2TF ?= build/onnx2tf
NODE ?= build/node

.PHONY: install android test check format clean parity-targets parity-onnx2tf samples

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

test: install
	$(BIN)/python -m pytest

# Each fp32 and int8 program against eager fp32, on real photos where they are: benchmarks/results/parity-targets.json.
parity-targets: $(VENV)/.litert
	$(BIN)/python -m benchmarks.parity_targets --data $(PHOTOS)

# litert-torch lives beside everything else, with an older pydantic.
$(VENV)/.litert: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,litert]'
	touch $@

# Our ONNX files through onnx2tf, which needs a TensorFlow and so an environment of its own.
parity-onnx2tf: install $(ONNX2TF)/.installed
	$(BIN)/python -m benchmarks.parity_onnx2tf --venv $(ONNX2TF) --data $(PHOTOS)

$(ONNX2TF)/.installed:
	$(PYTHON) -m venv $(ONNX2TF)
	$(ONNX2TF)/bin/pip install --quiet --disable-pip-version-check onnx2tf==1.29.24 tensorflow==2.19.0
	touch $@

# The samples of export/samples in their own languages, on the golden vectors of the default model.
samples: install $(NODE)/.installed
	$(BIN)/python -m pytest tests/test_samples.py

$(NODE)/.installed:
	mkdir -p $(NODE)
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(NODE) onnxruntime-web@1.30.0 pngjs@7.0.0
	touch $@

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
