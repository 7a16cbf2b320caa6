# make demo   sets everything up and runs the built-in demo, from videos to results/index.html
# make test   sets everything up and runs the tests of every part, in about a quarter of an hour on two cores
# make test-all   runs the slow tests as well: all networks, many kills, a SLURM cluster on this machine
# make env    the set-up alone, into .venv
# make label PROJECT=~/my-project   sets the window for labelling up, into .venv-label, and opens it; also SCORER=, VIDEO=, ROUND=
# make check  format, lint, types and spelling, without tests
# make coverage   the tests of `make test`, with a table of the lines that they run
# make bench DATA=~/openfield-Pranav-2018-10-30   measures what docs/benchmarks.md compares with DeepLabCut and sleap-nn, on one
#             core and on DeepLabCut's example; takes hours, and installs both

PYTHON ?= python3
BIN := .venv/bin
LABEL_BIN := .venv-label/bin
PROJECT ?= .
UV := 0.13.8
CORES ?= all
WORKERS ?= 2
MINUTES ?= 27
# what Debian and Ubuntu need for the window (posemake/labelling/command.py), and for its tests
WINDOW := libegl1 libgl1 libglib2.0-0 libfontconfig1 libdbus-1-3 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 xvfb xauth xdotool
# what Debian needs for the tests of SLURM (tests/slurm), which root alone can run
SLURM := slurmctld slurmd slurm-client slurmdbd munge mariadb-server

export PYTHONPATH := scripts

.PHONY: demo env label label-env window-packages slurm-packages test test-all coverage display check bench FORCE

# An environment that was moved, or whose Python is gone, is set up anew, as one whose set-up was cut off; what is missing is added.
whole = $(1)/bin/python -c "" && { [ ! -s $(1)/.done ] || [ "$$(cat $(1)/.done)" = "$$(cd $(1) && pwd -P)" ]; }
complete = PYTHONPATH=scripts .venv/bin/python -m posemake.jobs.packages
# This is read by each `make`, also of another target, so it writes nothing: what is to be done is for the recipe to find out.
again = $(if $(wildcard $(1)/.done),$(if $(shell { $(whole)$(2); } 2>/dev/null && echo whole),,FORCE))

env: .venv/.done
label-env: .venv-label/.done

.venv/.done: envs/compute.txt $(call again,.venv, && $(complete))
.venv-label/.done: envs/label.txt $(call again,.venv-label)

%/.done:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v <= (3, 13) and "Python 3.11 to 3.13 is needed, this is %d.%d: make PYTHON=python3.12 …" % v)'
	@if [ -e $*/.begun ] || { [ -e $*/bin ] && ! { $(call whole,$*); } 2>/dev/null; }; then echo "$* is not whole: it is set up anew"; touch $*/.begun; rm -rf $*/*; fi
	@mkdir -p $* && touch $*/.begun && rm -f $@
	$(PYTHON) -m venv $*
	$*/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$*/bin/uv pip install --python $*/bin/python --compile-bytecode -r $<
	@$(if $(filter .venv,$*),$(complete))
	@cd $* && rm .begun && pwd -P > .done

label: label-env
	@$(LABEL_BIN)/python -m posemake.labelling.command --project "$(PROJECT)" --scorer "$(SCORER)" --video "$(VIDEO)" $(if $(ROUND),--round $(ROUND))

demo/.drawn: | env
	$(BIN)/python -m posemake.demo.videos draw demo
	touch $@

demo: env demo/.drawn
	$(BIN)/snakemake --cores $(CORES)
	$(BIN)/python -m posemake.demo.annotator results/frames/round-0 demo labels/round-0
	$(BIN)/snakemake --cores $(CORES)
	@echo "A self-contained report: $(BIN)/snakemake --report report.html"

window-packages:
	@echo $(WINDOW)

slurm-packages:
	@echo $(SLURM)

display:
	@command -v xvfb-run xdotool >/dev/null || { echo "The tests of the window need a display to draw on; on Debian and Ubuntu: apt-get install $(WINDOW)"; exit 1; }

# pytest-xdist may wait for ever once it has replaced a worker that crashed, so none is replaced
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --max-worker-restart 0 --dist loadfile --no-loadscope-reorder --ignore tests/gui

test: env label-env display
	$(PYTEST) -m "not slow"
	xvfb-run -a -s "-screen 0 1400x900x24" $(LABEL_BIN)/python -m pytest tests/gui

test-all: test
	$(PYTEST) -m slow

coverage: env
	$(PYTEST) -m "not slow" --cov --cov-report term:skip-covered

check: env demo/.drawn
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint
	$(BIN)/mypy
	$(BIN)/codespell

WIDE := backbone=resnet50 neck=deconv stride=8
RUNS := bench-results/training/runs
TRAIN = $(BIN)/python bench/training.py run "$(DATA)" --budget $(MINUTES) --seeds 1 --split blocked --keep --out bench-results/training
ONE = taskset -c $(shell nproc --all | awk '{print $$1 - 1}')

bench: env
	@test -d "$(DATA)" || { echo "Where is DeepLabCut's example? make bench DATA=…/openfield-Pranav-2018-10-30"; exit 1; }
	$(TRAIN)
	$(TRAIN) --systems posemake --posemake $(WIDE)
	$(ONE) $(BIN)/python bench/inference.py "$(DATA)" --runs $(RUNS) --wide "$(RUNS)/posemake_$(subst $() ,_,$(WIDE))-blocked-1" --out bench-results/inference
	$(BIN)/python bench/rendering.py bench-results/inference/clip-1100.mp4 --poses bench-results/inference/posemake/poses.csv --cores 1
	$(ONE) $(BIN)/python bench/filtering.py
	$(ONE) $(BIN)/python bench/filtering.py 1000000
	$(BIN)/python bench/memory.py --out bench-results/memory
	$(BIN)/python bench/overhead.py --out bench-results/overhead
