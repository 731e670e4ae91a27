# make check    lint, format, types, import directions, JavaScript
# make test     every test; make test ARGS='-m "not browser"' for a part
# make docs     the API reference, from the docstrings, into docs/api
BIN ?= .venv/bin
ARGS ?=

.PHONY: check lint format types imports js test docs

check: lint types imports js

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format:
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

js:
	@if [ ! -f package.json ]; then echo "no package.json: no JavaScript checks"; \
	elif [ ! -d node_modules ]; then echo "JavaScript checks skipped: run npm ci first"; \
	else npm run check && npm test; fi

test:
	$(BIN)/python -m pytest $(ARGS)

docs:
	rm -rf docs/api
	PYTHONPATH=. $(BIN)/python docs/build_api.py
