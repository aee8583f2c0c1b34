# Every target first sets up what it needs in .venv, then runs. Needs Python 3.11+ with venv and pip.
BIN := .venv/bin
ARGS ?=
INPUTS := pyproject.toml scripts/install $(wildcard requirements/*.txt)

.PHONY: help demo test check bench docs install clean

help:
	@echo "make demo     generate a record shop, fit, compare, recommend, explain, serve (ARGS=\"--no-serve\" ...)"
	@echo "make test     formatting, types, layers, then the tests that this machine can run"
	@echo "make check    formatting, types, layers and size limits only"
	@echo "make bench    the figures of docs/benchmarks.md (needs the data sets)"
	@echo "make docs     draw the pictures of docs/ anew, from a generated shop"
	@echo "make install  everything that the tests need, into .venv"

demo: .venv/media.stamp
	$(BIN)/prismrec demo $(ARGS)

test: install
	scripts/check
	scripts/test all

check: install
	scripts/check

bench: install
	scripts/bench $(ARGS)

DRAW := import pathlib, runpy, sys; \
	runpy.run_path(sys.argv[1])["main"](*map(pathlib.Path, sys.argv[2:]))

docs: install
	$(BIN)/prismrec make-shop build/docs-shop --items 60 --users 40
	for file in docs/figures/*.py; do \
		$(BIN)/python -c '$(DRAW)' $$file build/docs-shop docs/pictures || exit 1; \
	done

install: .venv/dev.stamp

.venv/media.stamp: $(INPUTS)
	scripts/install media,serve
	touch $@

.venv/dev.stamp: $(INPUTS)
	scripts/install media,dev
	touch $@ .venv/media.stamp

clean:
	rm -rf .venv demo-shop
