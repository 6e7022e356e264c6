# Two commands set everything up on a fresh Linux machine: `make android` and `make test`.
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: install android android-engine bench test check format words fhir clean

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

# The native library of the app against Python's answers: on this computer, and on two arm64 processors that QEMU imitates.
# It is loaded by the app's own engine where `make apk` has compiled it.
android-engine: build/android/manifest.json
	$(BIN)/python -m android_demo.engine_check build/android --out benchmarks/results/android-engine.json \
	  $(if $(wildcard build/apk/app.jar),--app build/apk)

# Both default bundles against fp32, torch and rivals on this computer; then the tables of benchmarks/README.md.
bench: build/android/manifest.json
	$(BIN)/skinedge export --target android --precision fp32 --out build/android-fp32
	$(BIN)/skinedge bench run build/android build/android-fp32 skinedge/assets/default --out benchmarks/results/host.json
	$(BIN)/skinedge bench tables benchmarks/results/host.json

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

# Collects the words of code and templates, updates every catalogue and compiles it. New words are then to be translated.
words: install
	$(BIN)/python -m skinedge.words.catalogues

# Holds what is exported as FHIR against the whole of R4, with HAPI's validator: Java 17, Maven, 144 MB of jars, a minute.
fhir: install build/hapi
	SKINEDGE_HAPI=build/hapi $(BIN)/python -m pytest tests/exchange/test_fhir.py

build/hapi: tests/exchange/hapi/pom.xml
	mvn --quiet --batch-mode --file $< dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$@
	touch $@

clean:
	rm -rf build
