# Commands of this repository. Each runs the actual tool; `make help` lists them.
ENV ?= local
IMAGES ?= app/example/photographs
VENV := .venv
UV_VERSION := 0.13.9

export ENV
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# Where it is set, as in many images, each of the many processes of the tests would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help try setup lock up down status region demo plan apply destroy output push releases deploy rollback tunnel console drift site drain patch replace wheelhouse image terraform-docs validate application \
        render diff versions check lint scan format test bench test-unit test-app test-applications test-settlement test-terraform test-roles molecule test-chart \
        test-cluster test-pods stop-matrix test-observability test-console test-brokers test-faults soak test-path

help: ## list the commands
	@awk '/^# --- / { gsub(/^# --- | -+$$/, ""); printf "\n%s\n", $$0 } \
	  match($$0, /^[a-z%-]+:.*## /) { printf "  %-20s%s\n", substr($$0, 1, index($$0, ":") - 1), substr($$0, RLENGTH + 1) }' $(MAKEFILE_LIST)

# --- tools -----------------------------------------------------------------------------------------------------------
setup: $(VENV)/.complete ## install the locked Python tools and the local application's requirements into .venv
$(VENV)/.complete: requirements-dev.lock pyproject.toml $(wildcard app/*/requirements.lock environments/local/requirements.lock)
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "expected Python 3.11 or newer, found " + sys.version.split()[0])'
	@echo "installing the locked tools into $(VENV)"
	@python3 -m venv $(VENV) && $(VENV)/bin/python -m pip install -qq uv==$(UV_VERSION)
	@$(VENV)/bin/uv pip sync --quiet --require-hashes --python $(VENV) requirements-dev.lock
	@$(VENV)/bin/uv pip install --quiet --no-deps --no-build-isolation --python $(VENV) --editable .
	@$(VENV)/bin/app application install local && touch $@ || echo "the tools are installed; for the application, see the error above"

COMPILE := $(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: ## update the lock files of the platform, its tools and each environment's application
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml $(wildcard app/example/pyproject.toml) --extra console --group pyproject.toml:dev -o requirements-dev.lock
	@cp requirements-dev.lock requirements-console.lock # versions to prefer
	$(COMPILE) pyproject.toml --extra console --constraints requirements.lock -o requirements-console.lock
	$(COMPILE) terraform/checkov.in -o terraform/checkov.lock
	@python -m celery_platform application lock
	@ENVIRONMENTS=tests/harness/environments python -m celery_platform application lock local
	@rm -f $(VENV)/.complete && $(MAKE) --no-print-directory setup

# --- a first look: the example in a minute, no root, no containers ------------------------------------------------------
OF_EXAMPLE = $(if $(wildcard app/example/shop),,$(error expected the folder app/example, which this command needs, found none))
try: setup ## run the example on loopback: emulated SQS, Valkey, two workers and the demo; leaves nothing behind
	@$(OF_EXAMPLE)
	@python -m tests.trial

# --- the local environment: the whole path on one machine ---------------------------------------------------------------
up: override ENV = local
up: setup wheelhouse ## bring the local environment up, with a line for each step (VERBOSE=1: all output of the tools)
	@python -m emulated_region up

demo: setup ## run the pipeline on a folder of photographs (IMAGES=...) and print the outcome
	@$(OF_EXAMPLE)
	@python -m celery_platform run --env $(ENV) -- python -m shop demo --images "$(IMAGES)"

status: setup ## show queues, pools, dead-lettered messages and alerts of ENV, live (ONCE=1: once)
	@python -m celery_platform status --env $(ENV) $(if $(ONCE),--once)

region: setup ## show what runs in the emulated region of the local environment
	@python -m emulated_region status

down: setup ## remove everything that `make up` created, except caches
	@python -m emulated_region stop

# --- an environment on AWS ----------------------------------------------------------------------------------------------
plan: setup ## plan ENV and save the plan (HOST=...: new instance type for this machine only); without credentials, on an emulated account
	@python terraform/run.py plan $(ENV) $(if $(HOST),--host '$(HOST)')

apply: setup ## apply the saved plan of ENV, after you type its name
	@python terraform/run.py apply $(ENV)

destroy: setup ## destroy ENV, after you type its name
	@python terraform/run.py destroy $(ENV)

output: setup ## print Terraform's outputs of ENV
	@python terraform/run.py output $(ENV)

push: setup wheelhouse ## push the wheels and the image of `make image` for ENV, with chart and configuration, as a signed record (ALLOW_DIRTY=1)
	@python -m celery_platform release push $(ENV) $(if $(ALLOW_DIRTY),--allow-dirty)

OF_CLUSTER = $(if $(CONTEXT),--context '$(CONTEXT)')
releases: setup ## list ENV's recorded releases: commit, who, when, and which hosts and pods run (CONTEXT=)
	@python -m celery_platform release list $(ENV) $(OF_CLUSTER)

deploy: setup ## deploy ENV's pods on EKS: KEDA, namespace, release command, chart; back to the last release on failure (RELEASE=, IMAGE=, CONSOLE_IMAGE=, VALUES=, CONTEXT=, KEDA_CHART=)
	@python -m celery_platform deploy $(ENV) $(OF_CLUSTER) $(if $(RELEASE),--release '$(RELEASE)') $(if $(IMAGE),--image '$(IMAGE)') $(if $(CONSOLE_IMAGE),--console-image '$(CONSOLE_IMAGE)') $(if $(VALUES),--values '$(VALUES)') $(if $(KEDA_CHART),--keda-chart '$(KEDA_CHART)')

rollback: setup ## go back to the release of ENV's pods before this one (REVISION=, CONTEXT=)
	@python -m celery_platform rollback $(ENV) $(OF_CLUSTER) $(if $(REVISION),--revision $(REVISION))

tunnel: setup ## forward local ports to what ENV keeps private, over Session Manager, until Ctrl-C (TO=broker,kubernetes: only these)
	@python -m celery_platform tunnel $(ENV) $(if $(TO),--to '$(TO)')

console: setup ## open the console of ENV on loopback, through `make tunnel` where that runs (ARGS=--allow-actions: to replay and pause)
	@python -m celery_platform console --env $(ENV) $(ARGS)

drift: setup wheelhouse ## list drift in the account and on hosts; exit code 1 if there is any
	@python terraform/run.py drift $(ENV)

site: export CELERY_RELEASE = $(RELEASE)
site: setup $(if $(RELEASE),,wheelhouse) ## configure the hosts of ENV (RELEASE=: workers from a recorded one; ARGS='--tags configure': only a part, see ansible/README.md)
	@cd ansible && ansible-playbook site.yml $(ARGS)

rabbitmq-%: setup ## run an operation on ENV's RabbitMQ cluster, named like its playbook: rabbitmq-status, rabbitmq-rolling_restart...
	@cd ansible && ansible-playbook operations/rabbitmq/$*.yml $(ARGS)

drain: setup ## stop the workers of HOST=... or POOL=... after their current tasks
	@$(if $(HOST)$(POOL),,$(error expected HOST=<name of a host> or POOL=<name of a pool>, found neither))
	@cd ansible && ansible-playbook drain.yml --limit '$(or $(HOST),pool_$(POOL))' $(if $(POOL),-e celery_worker_drain_pool=$(POOL)) $(ARGS)

patch: setup ## install OS upgrades and reboot where needed, host by host: workers, RabbitMQ, monitoring (HOST=..., ARGS=--check: only say what is pending)
	@cd ansible && ansible-playbook patch.yml $(if $(HOST),--limit '$(HOST)') $(ARGS)

replace: setup ## replace the machine HOST=... by a new instance: freed, planned, confirmed, joined; continues after an interruption (LOST=1: it answers no more)
	@$(if $(HOST),,$(error expected HOST=<name of a host>, found none))
	@python terraform/run.py replace $(ENV) '$(HOST)' $(if $(LOST),--lost)

wheelhouse: setup ## build the app and collect the locked wheels for the hosts of ENV
	@python -m celery_platform.release.wheelhouse $(ENV)

image: setup ## build the app's container image, check its size and list its contents
	@python -m container_image $(ENV)

# --- the environment file -----------------------------------------------------------------------------------------------
terraform-docs: setup ## generate the modules' READMEs and the diagram of production's plan
	@plan=$$(mktemp) && python terraform/run.py plan prod --json $$plan >/dev/null && python terraform/document.py $$plan; rm -f $$plan

validate: setup ## check ENV's file, and that generated files match it
	@python -m celery_platform environment validate $(ENV)

application: setup ## import ENV's application as its workers do, and check its tasks, queues, settings and schedule
	@python -m celery_platform application check $(ENV)

render: setup ## write resolved.json of every environment and the JSON Schema
	@python -m celery_platform environment render

diff: setup ## describe how TO differs from FROM (make diff FROM=staging TO=prod)
	@python -m celery_platform environment diff $(FROM) $(TO)

versions: setup ## show how long the versions that ENV runs are supported; fails if support of one ends within 120 days
	@python -m celery_platform environment versions $(ENV)

# --- checks -------------------------------------------------------------------------------------------------------------
# Linting needs no account. ansible-lint skips playbooks that it cannot load, hence the syntax check.
lint: export ANSIBLE_INVENTORY = /dev/null
lint: export ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED = false
lint: export ANSIBLE_LOCALHOST_WARNING = false
lint: export ANSIBLE_INVENTORY_UNPARSED_WARNING = false
lint: setup ## run every linter
	@ruff check . && ruff format --check .
	@mypy && lint-imports
	@$(if $(wildcard app/example),mypy -p shop -p outside && lint-imports app/example/pyproject.toml)
	@python -m celery_platform environment validate
	@yamllint --strict .
	@check-jsonschema -q --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@check-jsonschema -q --builtin-schema vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	@cd ansible && ansible-playbook --syntax-check *.yml operations/*/*.yml && ansible-lint --offline -q
	@TF_CLI_CONFIG_FILE= terraform fmt -check -recursive terraform
	@shellcheck .ci/run

# Checkov has its own virtual environment, because its pins conflict with ours.
scan: setup ## run Checkov on Terraform; every skipped check has a reason beside it
	@uv venv -q --allow-existing .cache/checkov && uv pip sync -q --require-hashes --python .cache/checkov terraform/checkov.lock
	@.cache/checkov/bin/checkov --directory terraform --framework terraform --compact --quiet

format: setup ## format Python and HCL
	@ruff format -q . && ruff check -q --fix . && TF_CLI_CONFIG_FILE= terraform fmt -recursive terraform

test: lint ## run every check and test, with a summary of what ran and what was skipped
	@python -m pytest -n 3 --no-loadscope-reorder

FAST = FUZZ_MUTATIONS=1000 python -m pytest -q -n 2 -m "not server" --hypothesis-profile=quick
test-unit: setup ## run the tests that start no server, no container and no Terraform (seconds)
	@$(FAST)

CHANGED = git diff --name-only --diff-filter=d HEAD; git ls-files --others --exclude-standard
check: setup ## before a commit: lint of changed files, and test-unit (within a minute)
	@pre-commit run --files $$($(CHANGED))
	@$(FAST)

# --- suites: servers, containers, Terraform; minutes to hours ----------------------------------------------------------
test-app: setup ## test the app against real servers, with every way in which a worker can end
	@SLOW=1 python -m pytest tests/celery_platform

test-applications: setup ## test typical applications (Django, Flask, a single module) on each broker and pool
	@SLOW=1 python -m pytest tests/applications

test-settlement: setup ## show what becomes of each delivery: every way to end, on each pool and broker
	@SLOW=1 python -m pytest tests/settlement

test-terraform: setup ## run the tests that need Terraform, which apply and destroy whole environments
	@SLOW=1 python -m pytest -m terraform

test-roles: setup ## run the Molecule scenarios of the Ansible roles
	@MOLECULE=1 python -m pytest -m roles tests/roles

molecule: setup ## run one Molecule scenario (ROLE=celery_worker SCENARIO=default); COMMAND=converge keeps its hosts
	@$(if $(ROLE),,$(error expected ROLE=a role's name, found none))
	@python -m tests.roles $(ROLE) $(or $(SCENARIO),default) $(COMMAND)

test-chart: setup ## render the chart for every environment and broker, and check it against Kubernetes and KEDA
	@python -m pytest tests/chart

test-cluster: setup ## test the chart and its deployment on the cluster that KUBECONFIG names, in namespaces of their own
	@CLUSTER=1 python -m pytest -n0 tests/cluster

test-observability: setup ## test metrics, logs, traces, alerts and dashboards with real brokers and Prometheus
	@OBSERVABILITY=1 python -m pytest tests/observability

test-console: setup ## test the console: its pages, who may see them, hostile messages, and each page in a Chromium (PICTURES=folder)
	@PICTURES=$(PICTURES) python -m pytest -n0 tests/console

bench: setup ## compare pools and publisher of this project with other task queues (BENCH="--help" lists options)
	@cd tests/benchmarks && uv venv -q --allow-existing .venv && uv pip sync -q --require-hashes --python .venv requirements.lock
	@cd tests/benchmarks && uv venv -q --allow-existing .venv-arq && uv pip sync -q --require-hashes --python .venv-arq requirements-arq.lock
	@cd tests/benchmarks && uv venv -q --allow-existing --no-python-downloads --python '>=3.13' .venv-newer && uv pip sync -q --require-hashes --python .venv-newer requirements-newer.lock || echo "without Python 3.13, the rows that need it are left out"
	@$(VENV)/bin/python -m tests.benchmarks $(BENCH)

test-faults: setup ## cause faults on a RabbitMQ cluster under load; writes the table in the role's README (an hour)
	@MOLECULE=1 python -m pytest -m roles tests/roles -k hard_day
	@python ansible/roles/rabbitmq/molecule/hard_day/table.py

test-brokers: setup ## test every guarantee on every broker; writes the table in app/README.md (half an hour; POOL=)
	@BROKERS=1 WRITE_TABLE=1 python -m pytest tests/brokers

soak: setup ## load while workers are killed and broker, store and connections go; its history is checked (BROKER=all MINUTES=60 TASKS= POOL=)
	@SLOW=1 MINUTES=$(or $(MINUTES),60) TASKS=$(TASKS) POOL=$(POOL) RATE=$(RATE) \
	  python -m pytest -n0 -s tests/soak -k "soak $(if $(filter-out all,$(BROKER)),and $(BROKER))"

test-pods: setup ## test the chart's pods with real brokers: probes, outages, every way in which a pod ends
	@PODS=1 python -m pytest -n0 tests/pods

stop-matrix: setup ## test every way in which a worker ends, on hosts and in pods, on each broker; writes both tables (half an hour)
	@STOP_MATRIX=1 MOLECULE=1 python -m pytest -n0 -m roles tests/roles -k hard_stop
	@STOP_MATRIX=1 PODS=1 python -m pytest -n0 tests/pods/test_stops.py
	@python -m tests.stops.matrix

test-path: setup ## test the whole path on one machine, on each broker
	@ALL_BROKERS=1 python -m pytest -m path
