# make demo   sets everything up and runs the built-in demo, from videos to results/index.html
# make test   sets everything up and runs all tests
# make env    the set-up alone, into .venv
# make check  format and lint, without tests

PYTHON ?= python3
BIN := .venv/bin
UV := 0.13.8
CORES ?= all

export PYTHONPATH := scripts

.PHONY: demo env test check

env: .venv/.done

.venv/.done: envs/compute.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v <= (3, 13) and "Python 3.11 to 3.13 is needed, this is %d.%d: make PYTHON=python3.12 …" % v)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$(BIN)/uv pip install --python $(BIN)/python --compile-bytecode -r envs/compute.txt
	touch $@

demo/.drawn: | env
	$(BIN)/python -m posemake.demo draw demo
	touch $@

demo: env demo/.drawn
	$(BIN)/snakemake --cores $(CORES) --quiet rules
	$(BIN)/python -m posemake.person results/frames/round-0 demo labels/round-0
	$(BIN)/snakemake --cores $(CORES) --quiet rules
	@echo
	@echo "Look at results/index.html first, then at results/poses/round-0/small/*/labelled.mp4."
	@echo "A self-contained report: $(BIN)/snakemake --report report.html"

test: env
	$(BIN)/python -m pytest

check: env demo/.drawn
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint
