"""An impossible application is refused before anything is created."""

from pathlib import Path

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve
from celery_platform.environment.checkout import VARIABLE

from .conftest import Edit

PACKAGE = "  package: tests/harness/application"
CELERY = "  celery: exercises.celery:celery"
SMTP = ", smtp: {host: smtp.example.com, port: 587}}"
MONITORING = "monitoring: {instance_type: t3.medium, retention_gib: 30}"
IO = "max: 20, instance_type: m7i.large}"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (PACKAGE, "  package: app/nothing", r"package: found 'app/nothing', which is neither; allowed: a folder"),
        (PACKAGE, "  package: ../outside==", "package: found '../outside==', which is neither"),
        (PACKAGE, "  package: /usr", "package: found '/usr', outside this repository"),
        (PACKAGE, "  package: terraform/modules", "the folder terraform/modules without a project; allowed: pyproject"),
        (PACKAGE, "  package: celery_platform==2", "'celery_platform==2', whose package is called like the platform's"),
        (PACKAGE, "  package: app", "'app', whose package is called like the platform's; allowed: any name"),
        (CELERY, "  celery: celery_platform.work:app", "celery: found 'celery_platform.work:app', the platform's own"),
        (CELERY, f"{CELERY}\n  accept_content: [pickle]", r"found pickle without json.*; allowed: \[json, pickle\]"),
        (CELERY, f"{CELERY}\n  secrets: {{KEY: erlang_cookie}}", "found the secret erlang_cookie, which is the platf"),
        (CELERY, f"{CELERY}\n  secrets: {{KEY: smtp_password}}", "found the secret smtp_password, which is the platf"),
        (SMTP, f"{SMTP[:-2]}, user: me, require_tls: false}}}}", r"smtp\.require_tls: found false, with a user"),
        (SMTP, "}", r"alerts\.smtp: found nothing, with a monitoring host of t3\.medium"),
        ('EXERCISE: "yes"', 'EXERCISE: "yes", CELERY_BROKER_URL: "amqp://"', "CELERY_BROKER_URL: Celery would use it"),
        ('EXERCISE: "yes"', 'EXERCISE: "yes", AWS_PROFILE: mine', "AWS_PROFILE: the process's role and region follow"),
        ('EXERCISE: "yes"', 'EXERCISE: "yes", QUOTA_URL: "http://b"', r"QUOTA_URL, which processes get from services"),
        ('EXERCISE: "yes"', 'EXERCISE: "yes", BUCKET_FILES: b', r"BUCKET_FILES, which processes get from appl"),
        ('EXERCISE: "yes"}', 'EXERCISE: "yes"}\n  secrets: {EXERCISE: a_key}', "a secret and a variable called EX"),
        ('EXERCISE: "yes"}', 'EXERCISE: "yes"}\n  secrets: {HOME: a_key}', "secrets.HOME: found HOME: the host or the"),
        (IO, IO[:-1] + ", secrets: {LEDGER_SECRET: a_key}}", r"pools\.io\.secrets\.LEDGER_SECRET: found LEDGER_SECRET"),
        ("calls: [quota]", "calls: [qouta]", r"queues\.default\.calls: found 'qouta'; allowed: one of: data"),
        ("https://quota.example.com", "gopher://quota", "found no port, and the scheme gopher; allowed: a port in the"),
        ("https://quota.example.com", "https://q:90000/", r"services\.quota\.url: found 'https://q:90000/'"),
        ("https://quota.example.com", "https:///path", "found a URL of https without a host"),
        ("https://quota.example.com", "https://me:hush@quota", "found a password in the URL of me@quota; allowed"),
        ("https://quota.example.com", "https://me:hush@", "found a password in the URL of me@; allowed"),
    ],
)  # fmt: skip
def test_an_impossible_application_is_refused(edit_prod: Edit, old: str, new: str, problem: str) -> None:
    edit_prod(old, new)

    with pytest.raises(EnvironmentFileError, match=problem) as refused:
        load("prod")

    assert "hush" not in str(refused.value), "the file contains a password, which the message must not repeat"


def test_a_bucket_and_a_service_that_come_to_one_variable_are_refused(edit_prod: Edit) -> None:
    edit_prod("buckets: [files]", "buckets: [files, files_url]")
    edit_prod("  quota: {url", '  bucket_files: {url: "https://files.example.com"}\n  quota: {url')

    with pytest.raises(EnvironmentFileError, match=r"BUCKET_FILES_URL, which also follows from services\.bucket_files"):
        load("prod")


@pytest.mark.parametrize(
    "requirement", ["acme-orders==1.4", "acme-orders[web]>=1.4,<2", "acme @ https://x.example/a.whl"]
)
def test_a_requirement_may_replace_a_folder(edit_prod: Edit, requirement: str) -> None:
    edit_prod(PACKAGE, f'  package: "{requirement}"')

    assert load("prod").application.package == requirement


@pytest.mark.parametrize("content", ["pyproject.toml", "requirements.txt", "mysite/__init__.py"])
def test_a_project_a_list_of_requirements_or_a_package_makes_a_folder_an_application(
    edit_prod: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (tmp_path / "site" / content).parent.mkdir(parents=True)
    (tmp_path / "site" / content).touch()
    edit_prod(PACKAGE, "  package: site")

    assert load("prod").application.package == "site"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[project]\nname = "Celery-Platform"\n'),
        ("celery_platform/__init__.py", ""),
        ("src/celery_platform/__init__.py", ""),
    ],
)
def test_an_application_called_like_the_platform_is_refused_wherever_the_name_is_found(
    edit_prod: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (tmp_path / "site" / file).parent.mkdir(parents=True)
    (tmp_path / "site" / file).write_text(text)
    (tmp_path / "site" / "requirements.txt").touch()
    edit_prod(PACKAGE, "  package: site")

    with pytest.raises(EnvironmentFileError, match="'site', whose package is called like the platform's"):
        load("prod")


def test_an_application_may_be_called_app(edit_prod: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (tmp_path / "site" / "app").mkdir(parents=True)
    (tmp_path / "site" / "app" / "__init__.py").touch()
    edit_prod(PACKAGE, "  package: site")
    edit_prod(CELERY, "  celery: app.work:celery")

    assert load("prod").application.celery == "app.work:celery"


def test_an_application_without_a_route_and_a_default_queue_is_refused(edit_prod: Edit, environments: Path) -> None:
    text = (environments / "prod" / "environment.yml").read_text()
    begin, end = text.index("  routes:"), text.index("  variables:")
    edit_prod(text[begin:end], "")

    with pytest.raises(EnvironmentFileError, match=r"application\.routes: found no route and no default_queue"):
        load("prod")


def test_a_pool_may_have_another_value_than_the_application(edit_prod: Edit) -> None:
    edit_prod(IO, IO[:-1] + ', variables: {EXERCISE: "no"}, secrets: {TOKEN: a_token}}')

    assert load("prod").pools["io"].variables == {"EXERCISE": "no"}


def test_a_login_to_the_mail_server_has_a_secret_that_a_person_sets(edit_prod: Edit) -> None:
    edit_prod(SMTP, f"{SMTP[:-2]}, user: me}}}}")
    resolved = resolve(load("prod"))

    assert resolved["secrets"]["smtp_password"] == "celery-prod/smtp-password"
    assert "smtp_password" not in resolved["platform_secrets"]


@pytest.mark.parametrize("label", ["pager_url", "dead_man_switch_url"])
def test_a_webhook_has_a_secret_that_a_person_sets_and_a_host_that_calls_it(edit_prod: Edit, label: str) -> None:
    key = label.removesuffix("_url")
    assert label not in resolve(load("prod"))["secrets"]

    edit_prod(SMTP, f", {key}: true{SMTP}")
    resolved = resolve(load("prod"))

    assert resolved["secrets"][label] == f"celery-prod/{label.replace('_', '-')}"
    assert label not in resolved["platform_secrets"]


@pytest.mark.parametrize("key", ["pager", "dead_man_switch"])
def test_a_webhook_that_no_host_would_call_is_refused(edit_prod: Edit, key: str) -> None:
    edit_prod(SMTP, f", {key}: true{SMTP}")
    edit_prod(MONITORING, "")

    with pytest.raises(EnvironmentFileError, match=rf"alerts\.{key}: found true, without a monitoring host"):
        load("prod")
