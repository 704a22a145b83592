# From a fresh checkout to the window or the tests; needs make and Python 3.11 or newer, nothing else.
# `make` alone lists the targets. Kept within what GNU make 3.81 (macOS) understands.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready
ARGS ?=

# Tests start two hundred processes, each of which would compile all sources again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test kernels truth wheel kill agree fuzz bench bench-window lint texts looks thumbnails screenshot clean outdated

help:
	@echo 'make run         open the window; make run ARGS="spiral" passes arguments to main.py'
	@echo 'make test        lint, then all tests without a display; make test ARGS="-k undo" passes arguments to pytest'
	@echo 'make truth       compare live with PyTorch and scikit-learn, prove all exports, try all combinations of what'
	@echo '                 make test tries in pairs; installs what that needs'
	@echo 'make wheel       build the wheel and try it in an empty folder and a bare environment; make wheel PYTHONS=python3.13'
	@echo 'make kill        kill processes 500 times while they save, autosave or keep runs, and close a window 100 times'
	@echo '                 while it trains'
	@echo 'make agree       edit at random 2,000 times; no two numbers in the window may disagree'
	@echo 'make fuzz        feed all loaders bad input for ten minutes, made by Atheris, which it installs;'
	@echo '                 make fuzz ARGS="document --seconds 60" feeds one of them'
	@echo 'make bench       race the engines against JAX, PyTorch and scikit-learn, which it installs;'
	@echo '                 make bench ARGS="--quick --json bench.json" passes arguments, --crowds races 64 networks at once'
	@echo 'make lint        format, rules, types and import contracts only'
	@echo 'make bench-window  measure how smooth the window is while it trains, on a virtual screen'
	@echo 'make looks       draw the window at three sizes and four zooms, a picture a theme, in build/'
	@echo 'make texts       list every text that the program shows, with its place, in build/texts.txt'
	@echo 'make screenshot  renew the pictures of the README'
	@echo 'make thumbnails  train the pictures of the gallery again (ARGS=NAME for one)'
	@echo 'make clean       remove the environment and all caches'

# main.py ends with 3 where there is no display, and has said so itself.
run: $(READY)
	@$(PY) tools/system_libraries.py --for window
	@$(PY) main.py $(ARGS) || { code=$$?; [ $$code -eq 3 ] || exit $$code; }

# Whole windows in processes of their own: what other tests leave behind makes every change of a style sheet slow.
# More of them than cores keep two cores busy, since they also wait for time to pass.
PARTS := tests/ui/panels tests/ui/views tests/ui/forms
REST := $(filter-out tests/ui tests/fuzz tests/benchmarks tests/conftest.py tests/combinations.py,$(wildcard tests/[a-z]*)) $(PARTS)
test: kernels lint
	@$(PY) tools/system_libraries.py --for tests
ifeq ($(ARGS),)
	@QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n 3 --dist=worksteal $(REST)
	@QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n 4 --dist=worksteal tests/ui $(PARTS:%=--ignore=%)
else
	@QT_QPA_PLATFORM=offscreen $(PY) -m pytest $(ARGS)
endif

# Once on a machine, and after a change of what they are made of.
kernels: $(READY)
	@echo 'Preparing the compiled engine, unless it is in the cache'
	@$(PY) -m playground.engine.compiled.warm float32 & float32=$$!; $(PY) -m playground.engine.compiled.warm float64 && wait $$float32
	@$(PY) -m playground.engine.lanes.warm float32 & float32=$$!; $(PY) -m playground.engine.lanes.warm float64 && wait $$float32

truth: $(READY)
	@$(PIP_INSTALL) --quiet --no-build-isolation --editable '.[test,truth,onnx,pytorch,cluster,search]'
	@QT_QPA_PLATFORM=offscreen LONG=1 $(PY) -m pytest tests/catalog/test_own_classes.py tests/engine/test_compiled.py tests/engine/test_trajectories.py tests/engine/lanes \
		tests/engine/test_published_settings.py tests/interop/test_exports.py tests/studies tests/cli/test_sweep.py \
		tests/engine/test_gradients.py tests/engine/test_numerical_faults.py tests/interop/test_link_text.py \
		tests/engine/test_gradient_pairs.py tests/run/test_live_changes.py tests/run/test_past.py tests/run/test_twin.py tests/ui/views \
		tests/ui/forms/test_typing.py tests/ui/session/test_undo_words.py tests/ui/shell/test_imaging.py tests/ui/window/test_keys.py

# The wheel in environments of their own, with nothing of this folder in sight: PYTHONS="python3.11 python3.13".
PYTHONS ?= $(PYTHON)
wheel: $(READY)
	@PYTHONS='$(PYTHONS)' $(PY) -m pytest -o faulthandler_timeout=0 tests/test_wheel.py

kill: $(READY)
	@KILLS=500 $(PY) -m pytest -s -o faulthandler_timeout=0 tests/files/test_atomic.py tests/files/test_patches.py tests/storage/test_runs.py -k kill
	@QT_QPA_PLATFORM=offscreen CLOSINGS=100 $(PY) -m pytest -o faulthandler_timeout=0 tests/ui/test_window.py -k closing_during

agree: $(READY)
	@QT_QPA_PLATFORM=offscreen EDITS=2000 $(PY) -m pytest -o faulthandler_timeout=0 tests/ui/test_random_user.py -k disagree

# Not on Windows, for which there is no Atheris.
fuzz: $(READY)
	@$(PIP_INSTALL) --quiet --no-build-isolation --editable '.[test,fuzz]'
	@nice -n 19 $(PY) tests/fuzz/fuzz.py $(ARGS)

bench: $(READY)
	@$(PIP_INSTALL) --quiet --no-build-isolation --editable '.[test,bench]'
	@$(PY) -m tools.race $(ARGS)

lint: $(READY)
	@echo 'Checking format, rules, types and imports'
	@$(PY) -m ruff check --quiet
	@$(PY) -m ruff format --quiet --check || { echo 'Not formatted; run: $(PY) -m ruff format'; exit 1; }
	@$(PY) -m mypy
	@$(PY) -c 'from importlinter.cli import lint_imports_command as c; c()' > $(VENV)/imports.log \
		|| { cat $(VENV)/imports.log; exit 1; }

# On a real X server without a screen: the offscreen platform paints, but shows nothing.
bench-window: $(READY)
	@command -v xvfb-run > /dev/null || { echo 'Needs xvfb-run; on Debian: apt-get install xvfb xauth'; exit 1; }
	@DISPLAY=:0 $(PY) tools/system_libraries.py --for window
	@PYTHONPATH=. xvfb-run -a -s '-screen 0 1920x1080x24' $(PY) tests/benchmarks/window.py $(ARGS)

thumbnails: $(READY)
	@$(PY) -m tools.thumbnails $(ARGS)

looks: $(READY)
	@$(PY) -m tools.looks build

texts: $(READY)
	@mkdir -p build
	@$(PY) -m tools.texts build/texts.txt

# As the README has it.
SWEEP := $(shell sed -n 's/.*main.py \(sweep .*\) --plot sweep.png/\1/p' README.md)
screenshot: kernels
	@$(PY) tools/system_libraries.py --for tests
	@QT_QPA_PLATFORM=$${QT_QPA_PLATFORM:-offscreen} $(PY) main.py spiral \
		--screenshot resources/screenshot.png --seconds 3 --size 1280x800
	@$(PY) main.py $(SWEEP) --plot resources/sweep.png
	@QT_QPA_PLATFORM=$${QT_QPA_PLATFORM:-offscreen} $(PY) -m tools.pictures resources/race.png
	@echo 'Wrote resources/screenshot.png, resources/sweep.png and resources/race.png'

clean:
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is removed first and written last, so an environment without it was never finished and is made anew,
# as is one whose interpreter was removed or replaced by another version. The build backend is installed before the
# rest and used from the environment, because only so do the constraints hold for it too.
UNUSABLE := $(if $(wildcard $(READY)),$(shell $(PY) -c 'import pip' 2>/dev/null || echo outdated))
TOO_OLD = $(shell $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || echo yes)
VERSION = $(or $(shell $(PYTHON) --version 2>/dev/null),missing)
PIP_INSTALL = $(PY) -m pip install --disable-pip-version-check --constraint constraints.txt

$(READY): pyproject.toml constraints.txt $(UNUSABLE)
	$(if $(TOO_OLD),$(error Python 3.11 or newer is needed and $(PYTHON) is $(VERSION); \
		name a newer one like this: make $(MAKECMDGOALS) PYTHON=python3.12))
	@if [ -f $@ ] && [ -z '$(UNUSABLE)' ]; then \
		echo 'The dependencies have changed: updating $(VENV)'; rm $@; \
	else \
		$(PYTHON) tools/system_libraries.py --for environment || exit 1; \
		echo 'Setting up $(VENV) with $(VERSION), once; this takes about half a minute'; \
		rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); \
	fi
	@{ $(PIP_INSTALL) hatchling && $(PIP_INSTALL) --no-build-isolation --editable '.[test,search]'; } \
		> $(VENV)/install.log 2>&1 || { cat $(VENV)/install.log; echo 'Setting up $(VENV) failed, see above'; exit 1; }
	@touch $@
