# Two commands set everything up on a fresh Linux machine: `make android` and `make test`.
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# Where the real photos are; tests and benchmarks ask for it by the same name.
SKINEDGE_DATA ?= $(abspath ../shared/pad-ufes-20)
export SKINEDGE_DATA
# For tools that load ONNX Runtime without us, such as onnx2tf: it reports to its maker otherwise.
export ORT_DISABLE_TELEMETRY := 1
ONNX2TF ?= build/onnx2tf
SAMPLES := build/samples
PLAIN := build/plain
STATION := build/station
RUN ?= runs/edge
CHECKPOINT := skinedge/assets/checkpoint
EXPORTED := skinedge/assets skinedge/lowering skinedge/models skinedge/preprocess
DOCUMENTS := $(shell git grep -l '\[\[\[cog' -- '*.md')
LOCK = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
  --custom-compile-command "make lock" $(UPGRADE)
TFLITE := $(if $(wildcard $(VENV)/.litert),build/tflite)

.PHONY: install lock lock-check android default-model plain test coverage check format words clean reproduce-smoke
.PHONY: documents documents-check docs
.PHONY: bench bench-host bench-all bench-preprocessing bench-cold bench-planted bench-training bench-arm
.PHONY: browser screenshots private fuzz-web load-web kill-records kill-station cut-station speed-records photo-advice photo-thresholds degraded fhir
.PHONY: parity-ios parity-targets parity-onnx2tf parity-arm backbones own-backbone samples
.PHONY: android-screens android-core android-golden android-words android-assets apk apk-core android-engine

install: $(VENV)/.installed

# The very versions of the lock, by their hashes; then the package, from where it lies.
$(VENV)/.installed: pyproject.toml requirements/dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# The locks, after pyproject.toml has changed; versions stay as they are where they can, but for `make lock UPGRADE=--upgrade`.
lock:
	test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check 'uv>=0.9'
	$(LOCK) --output-file requirements/plain.txt
	$(LOCK) --extra station --output-file requirements/station.txt
	$(LOCK) --extra test --output-file requirements/test.txt
	$(LOCK) --extra dev --output-file requirements/dev.txt

# Whether they are as `make lock` leaves them; asks the package index.
lock-check: lock
	git diff --exit-code requirements

# The default model for Android, and one answer from it on a synthetic lesion. Whoever exported it here needs no signature.
android: build/android/manifest.json build/sample/metadata.csv
	$(BIN)/skinedge screen build/sample/images/$$(ls build/sample/images | head -n 1) --model build/android \
	  --allow-unsigned --age-years 63 --region face --itch yes

build/android/manifest.json: $(VENV)/.installed export/android.toml $(shell find $(EXPORTED) -type f -not -name '*.pyc')
	$(BIN)/skinedge export --target android --out build/android

# Drawn once: a data set is never written over.
build/sample/metadata.csv: | $(VENV)/.installed
	$(BIN)/skinedge data synthetic build/sample --photos 12

# A finished run of `skinedge train` becomes the default model, and what is made from it and committed is made anew, but for
# what needs more tools or an idle machine: afterwards apk, android-screens, samples, parity-targets, parity-onnx2tf, parity-arm,
# bench-all and bench-arm.
default-model: install
	@test -d $(RUN)/checkpoint || { echo "there is no finished run in $(RUN): give one as make default-model RUN=runs/edge"; exit 1; }
	$(BIN)/skinedge abstain $(RUN) --data $(SKINEDGE_DATA) --into $(RUN)/checkpoint
	$(BIN)/skinedge card $(RUN) --data $(SKINEDGE_DATA)
	rm -rf $(CHECKPOINT)
	cp -r $(RUN)/checkpoint $(CHECKPOINT)
	$(BIN)/skinedge calibrate --data $(SKINEDGE_DATA) --model $(CHECKPOINT)
	$(BIN)/skinedge export --target onnx --out skinedge/assets/default
	$(MAKE) android android-golden android-engine documents

# The native library of the app against Python's answers: on this computer, and on two arm64 processors that QEMU imitates.
# It is loaded by the app's own engine where `make apk` has compiled it.
android-engine: build/android/manifest.json
	$(BIN)/python -m android_demo.engine_check build/android --out benchmarks/results/android-engine.json \
	  $(if $(wildcard build/apk/app.jar),--app build/apk)

# The default bundles against fp32, torch and baselines on this computer; then the tables and the picture of benchmarks/README.md.
bench: bench-host documents

bench-host: build/android/manifest.json build/android-fp32/manifest.json $(TFLITE:%=%/manifest.json)
	$(BIN)/skinedge bench run build/android build/android-fp32 skinedge/assets/default $(TFLITE) \
	  --out benchmarks/results/host.json

build/android-fp32/manifest.json: build/android/manifest.json
	$(BIN)/skinedge export --target android --precision fp32 --out build/android-fp32

build/onnx-fp32/manifest.json: build/android/manifest.json
	$(BIN)/skinedge export --target onnx --precision fp32 --out build/onnx-fp32

build/tflite/manifest.json: build/android/manifest.json
	$(BIN)/skinedge export --target tflite --out build/tflite

# Everything else that the documents give numbers of, where photos are at hand; half an hour, on an otherwise idle machine.
bench-all: bench-host bench-preprocessing bench-cold bench-planted bench-training load-web fuzz-web kill-records kill-station \
  speed-records photo-advice documents

# What the preprocessing costs beside the network, in one process.
bench-preprocessing: install
	$(BIN)/python -m benchmarks.preprocessing

# `skinedge screen` in a fresh process, where only the plain install is.
bench-cold: install $(PLAIN)/.installed
	$(BIN)/python -m benchmarks.cold $(PLAIN)/bin/python

# Of sources that are not committed, too: a wheel is built from what lies here.
$(PLAIN)/.installed: $(VENV)/.installed $(shell find skinedge -type f -not -name '*.pyc' 2>/dev/null)
	test -x $(PLAIN)/bin/python || $(PYTHON) -m venv $(PLAIN)
	$(PLAIN)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps .
	$(PLAIN)/bin/pip install --quiet --disable-pip-version-check .
	touch $@

# Every command of a clinic's laptop where only the plain install is, and the first page of the station with its extra.
plain: install $(PLAIN)/.installed $(STATION)/.installed
	$(BIN)/python -m benchmarks.plain_install $(PLAIN)/bin/python $(STATION)/bin/python

$(STATION)/.installed: $(VENV)/.installed $(shell find skinedge -type f -not -name '*.pyc' 2>/dev/null)
	test -x $(STATION)/bin/python || $(PYTHON) -m venv $(STATION)
	$(STATION)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps .
	$(STATION)/bin/pip install --quiet --disable-pip-version-check '.[station]'
	touch $@

# Whether `skinedge bench compare` finds a slowdown that was planted, and raises no alarm where there is none: 20 repeats.
bench-planted: install
	$(BIN)/python -m benchmarks.planted

# Images a second in training, against a plain loop.
bench-training: install
	$(BIN)/skinedge bench training --data $(SKINEDGE_DATA) --epochs 6 --out benchmarks/results/training.json

# The tables and pictures of the documents, from the results and the code; documents-check only says what is out of date.
documents: install
	$(BIN)/cog -c -r -I . $(DOCUMENTS)
	$(BIN)/python -m benchmarks.figures

documents-check: install
	$(BIN)/cog -c --check -I . $(DOCUMENTS)

# The documentation as a site in build/site, strictly and with no network.
docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# The Kotlin core of the Android app, compiled and tested on the JVM: Java 17 and Maven, everything else from Maven Central.
android-core:
	mvn --quiet --batch-mode --file android_demo/pom.xml --projects core test
	@grep -h "Tests run" android_demo/core/target/surefire-reports/*.txt

# What the core is tested with, made anew by Python.
android-golden: install
	$(BIN)/python -m android_demo.ci.golden

# The app's words, from the catalogues.
android-words: install
	$(BIN)/python -m android_demo.ci.strings

# A signed APK for one ABI to try out, and the checks of it: Java 17, Maven, npm and Debian's Android tools; minutes.
apk: build/android/manifest.json
	$(BIN)/python -m android_demo.ci.apk --bundle build/android

# The default model, laid where the Gradle project takes it from.
android-assets: install
	$(BIN)/skinedge export --target android --out build/android --app android_demo/app

# The tests of core again, on the classes recovered from the APK's own dex.
apk-core: android-core
	$(BIN)/python -m android_demo.ci.recovered build/apk/skinedge.apk

# The screens of the app that `make apk` made: drawn into android_demo/screens, and looked at view by view. 400 MB to fetch once.
android-screens:
	@test -f build/apk/skinedge.apk || { echo "there is no build/apk/skinedge.apk to draw: run make apk first"; exit 1; }
	mvn --quiet --batch-mode --file android_demo/pom.xml --activate-profiles screens --projects screens --also-make \
	  -Dtest='Screen*Test' -Dsurefire.failIfNoSpecifiedTests=false test
	@grep -h "Tests run" android_demo/screens/target/surefire-reports/*.txt

# A file of tests on each core, the long ones first, with one thread each so that they do not wait for each other.
test: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# Which lines no test runs, of all tests or some, such as COVERED=tests/web; a fifth slower, and so not a part of `make test`.
coverage: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder \
	  --cov --cov-report term:skip-covered --cov-report xml:build/coverage.xml $(COVERED)

# Every cell of the paper's tables end to end on synthetic lesions; the everyday tests train a part of them. Minutes.
reproduce-smoke: install
	$(BIN)/skinedge reproduce --preset smoke --out build/smoke

# Whole visits through the station in chromium (Debian: apt-get install chromium).
browser: install
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[browser]'
	$(BIN)/python -m pytest -m browser tests/browser

screenshots: install
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[browser]'
	$(BIN)/python -m benchmarks.drivers.screenshots docs/station

# That nothing leaves the machine: commands, a station and two idle minutes under strace (Debian: apt-get install strace).
private: install
	$(BIN)/python -m benchmarks.drivers.private

fuzz-web: install
	$(BIN)/python -m benchmarks.drivers.station_fuzz 5000 7

# 1,000 visits: how long pages and a screening take, and how much memory the station needs.
load-web: install
	$(BIN)/python -m benchmarks.drivers.station_load 1000

# 200 processes that keep records, each killed at a random moment; and how long a store of 1,000 visits takes.
kill-records: install
	rm -rf build/killed
	$(BIN)/python -m benchmarks.drivers.records_kill build/killed 200 benchmarks/results/records-kills.json

# Visits on a running station that is killed 200 times at random moments; and 20 power cuts, as root on Linux.
kill-station: install
	$(BIN)/python -m benchmarks.drivers.station_kill kills 200 benchmarks/results/station-kills.json

cut-station: install
	$(BIN)/python -m benchmarks.drivers.station_kill cuts 20 benchmarks/results/station-cuts.json

speed-records: install
	$(BIN)/python -m benchmarks.drivers.records_speed 1000

# How often the photo check advises something on real photos.
photo-advice: install
	$(BIN)/python -m benchmarks.drivers.photo_advice

# What is said of real malignant photos that were made worse on purpose: none may be told to watch. An hour on an idle core; a run
# that was stopped goes on where it was. PHOTOS=150 takes as many at random.
degraded: install
	$(BIN)/python -m benchmarks.drivers.degraded $(if $(PHOTOS),--photos $(PHOTOS))

# Where the thresholds of the photo check lie among real photos, measured with OpenCV.
photo-thresholds: install
	$(BIN)/python -m benchmarks.photo_thresholds

# Every precision of the iOS package on 200 real photos, which must be at hand.
parity-ios: install
	$(BIN)/python -m pytest -m parity_targets -s

# Each fp32 and int8 program against eager fp32, on real photos where they are: benchmarks/results/parity-targets.json.
parity-targets: $(VENV)/.litert
	$(BIN)/python -m benchmarks.parity_targets

# MobileNet-V3 of torchvision, registered by its users, through training and the gates. Minutes.
own-backbone: install
	$(BIN)/python -m pytest -m own_backbone tests/test_own_backbone.py

# Every backbone that is offered to every target that is installed, never trained: benchmarks/results/backbones.json. An hour.
backbones: install
	$(BIN)/python -m benchmarks.backbones

# litert-torch lives beside everything else, with an older pydantic.
$(VENV)/.litert: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,litert]'
	touch $@

# Our ONNX files through onnx2tf, which needs a TensorFlow and so an environment of its own.
parity-onnx2tf: install $(ONNX2TF)/.installed
	$(BIN)/python -m benchmarks.parity_onnx2tf --venv $(ONNX2TF)

$(ONNX2TF)/.installed:
	$(PYTHON) -m venv $(ONNX2TF)
	$(ONNX2TF)/bin/pip install --quiet --disable-pip-version-check onnx2tf==1.29.24 tensorflow==2.19.0
	touch $@

# The default model's answers on two arm64 processors that QEMU imitates (Debian: qemu-user gcc), against this computer's.
parity-arm: build/android/manifest.json build/onnx-fp32/manifest.json
	$(BIN)/python -m benchmarks.arm.parity build/android skinedge/assets/default build/onnx-fp32

# How many instructions an inference takes on each of them.
bench-arm: install
	$(BIN)/python -m benchmarks.arm.counting

# The samples of export/samples in their own languages, on the golden vectors of the default model.
# C++ also needs Debian's g++, libpng-dev and nlohmann-json3-dev.
samples: install $(SAMPLES)/.installed $(SAMPLES)/headers
	$(BIN)/python -m pytest tests/test_samples.py

$(SAMPLES)/.installed:
	mkdir -p $(SAMPLES)
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(SAMPLES) onnxruntime-web@1.30.0 pngjs@7.0.0
	touch $@

# ONNX Runtime's headers for C++, which no package for Python or Node carries: from one for Unity (MIT), 150 MB to fetch.
$(SAMPLES)/headers:
	mkdir -p $@.part
	cd $@.part && tar xzf "$$(npm pack --silent com.github.asus4.onnxruntime@0.4.9)" --strip-components=7 \
	  --wildcards '*/ios-arm64/onnxruntime.framework/Headers/*.h'
	rm $@.part/*.tgz
	mv $@.part $@

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
