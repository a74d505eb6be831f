"""A module that makes one parameter of Systems Manager."""

from textwrap import dedent

from tests.harness.checkout import Checkout

from .recipe import Recipe, Step

MODULE = "terraform/modules/notice"
FILES = {
    "main.tf": """\
        resource "aws_ssm_parameter" "this" {
          name  = var.name
          type  = "String"
          value = var.text
        }
        """,
    "variables.tf": """\
        variable "name" {
          description = "The parameter's name."
          type        = string
        }

        variable "text" {
          description = "What it says."
          type        = string

          validation {
            condition     = length(var.text) <= 4096
            error_message = "text must have at most 4,096 characters: a standard parameter holds no more."
          }
        }
        """,
    "outputs.tf": """\
        output "name" {
          description = "The parameter's name."
          value       = aws_ssm_parameter.this.name
        }
        """,
    "versions.tf": """\
        terraform {
          required_version = ">= 1.11"

          required_providers {
            aws = {
              source  = "hashicorp/aws"
              version = ">= 5.100, < 7"
            }
          }
        }
        """,
}
CALL = """\
module "notice" {
  source = "./modules/notice"

  name = "${local.env.discovery_prefix}/notice"
  text = local.env.owner
}
"""
TEST = """\
mock_provider "aws" {
  source = "./tests/mocks"
}

run "says_it" {
  command = plan

  module {
    source = "./modules/notice"
  }

  variables {
    name = "/celery/x/notice"
    text = "hello"
  }

  assert {
    condition     = aws_ssm_parameter.this.value == "hello"
    error_message = "the text"
  }
}

run "too_long" {
  command = plan

  module {
    source = "./modules/notice"
  }

  variables {
    name = "/celery/x/notice"
    text = format("%4097s", "x")
  }

  expect_failures = [var.text]
}
"""
IN_MODULES = "pytest tests/terraform/test_modules.py -k"
DOCUMENTATION = "pytest tests/terraform/test_documentation.py"


def write_its_files(checkout: Checkout) -> None:
    (checkout.folder / MODULE).mkdir()
    for name, text in FILES.items():
        (checkout.folder / MODULE / name).write_text(dedent(text))


def write_its_files_without_versions(checkout: Checkout) -> None:
    write_its_files(checkout)
    (checkout.folder / MODULE / "versions.tf").unlink()


def call_it(checkout: Checkout) -> None:
    (checkout.folder / "terraform" / "notice.tf").write_text(CALL)


def say_its_purpose(checkout: Checkout) -> None:
    purpose = '    "notice": "A parameter that says something.",\n'
    checkout.insert("terraform/documentation/modules.py", purpose, before='    "pod_identity":')


def write_its_test(checkout: Checkout) -> None:
    (checkout.folder / "terraform" / "tests" / "notice.tftest.hcl").write_text(TEST)


def write_its_readme(checkout: Checkout) -> None:
    """As `make terraform-docs` does, without the diagram, which takes a plan."""
    checkout.ended("python", "terraform/document.py")


RECIPE = Recipe(
    "Add a Terraform module",
    (
        Step(
            write_its_files, f"{IN_MODULES} has_its_files", r"modules/notice/versions\.tf",
            instead=write_its_files_without_versions,
        ),
        Step(call_it, f"{IN_MODULES} every_module_is_used", r"'notice'"),
        Step(say_its_purpose, DOCUMENTATION, r"KeyError: 'notice'"),
        Step(write_its_test, f"{IN_MODULES} has_its_files", r"tests/notice\.tftest\.hcl"),
        Step(write_its_readme, DOCUMENTATION, r"make terraform-docs.*'notice'"),
    ),
    {"MODULE": "notice"},
)  # fmt: skip
