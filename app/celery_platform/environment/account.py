"""Which AWS account an environment's tools talk to.

An environment whose folder holds `aws/config` (and `aws/credentials`) brings its own AWS configuration: an endpoint, a
role to assume, a profile. `aws/trust.pem`, if it exists, holds the certificate authorities that sign for its endpoints,
for example behind a proxy that terminates TLS. Every other environment uses the AWS configuration of the person who
runs the tool.
"""

import configparser
import os
from collections.abc import Mapping

from celery_platform.environment.load import environments_folder

# Variables that a person's shell may have set and that would override the environment's own files.
_PERSONAL = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def account_variables(name: str, region: str, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """The process environment for a tool that works on the environment `name`.

    Example: `subprocess.run(["terraform", "plan"], env=account_variables("prod", "eu-west-1"))`
    """
    variables = dict(os.environ if inherited is None else inherited)
    variables |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    folder = environments_folder() / name / "aws"
    config = folder / "config"
    if not config.exists():
        return variables
    for key in _PERSONAL:
        variables.pop(key, None)
    variables |= {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}
    endpoint = _endpoint(config.read_text())
    if endpoint:
        variables["AWS_ENDPOINT_URL"] = endpoint
        variables["AWS_EC2_METADATA_DISABLED"] = "true"
    if (folder / "trust.pem").exists():
        variables["SSL_CERT_FILE"] = str(folder / "trust.pem")  # OpenSSL's own variable
    return variables


def enter_account(name: str, region: str) -> None:
    """Point this process and its children at the account of the environment `name`, and at no other.

    Example: `enter_account("prod", "eu-west-1")`
    """
    variables = account_variables(name, region)
    for removed in set(os.environ) - set(variables):
        del os.environ[removed]
    os.environ.update(variables)


def _endpoint(config: str) -> str | None:
    parser = configparser.ConfigParser()
    parser.read_string(config)
    return parser.get("default", "endpoint_url", fallback=None)
