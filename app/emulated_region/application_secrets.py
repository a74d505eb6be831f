"""Values of the application's secrets, which in a real account a person puts there: from services.yml, or made up.

They are known before the account is, because the processes outside start first. Those that services.yml neither gives
nor hands to a process keep the random value that Terraform made.
"""

import json
import os
import secrets

from emulated_region.aws import Account
from emulated_region.outside import FILE_NAME
from emulated_region.plan import Region
from emulated_region.progress import console

RANDOM = "secrets with a random value"


def secret_values(region: Region) -> dict[str, str]:
    """Label -> value; made-up ones stay the same until `region stop`."""
    wanted = {label for process in region.outside.processes for label in process.secrets.values()}
    file = region.state / "secrets.json"
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    made_up = {label: known.get(label) or secrets.token_urlsafe(24) for label in sorted(wanted)}
    if made_up != known:
        region.state.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as sink:
            json.dump(made_up, sink)
    return made_up | region.outside.secrets


def supply_secrets(region: Region, account: Account) -> None:
    """Put the values into the account, where Terraform has made the secrets, and name those that nobody gave one."""
    for label, value in secret_values(region).items():
        name = region.application_secrets[label]
        held = account.secret(name)
        if held is None:
            console.print(f"  no secret {name} yet: the application's processes will not start")
        elif held != value:
            account.put_secret(name, value)
            console.print(f"  secret {name} was given its value")
    if made_up := [label for label in region.application_secrets if label not in region.outside.secrets]:
        console.print(f"  {RANDOM}: {', '.join(made_up)} (values of yours: secrets in {_file(region)})", markup=False)


def _file(region: Region) -> str:
    return f"environments/{region.environment}/{FILE_NAME}"
