"""Values of the application's secrets, which a person sets in a real account: from services.yml, or generated.

They are chosen before the account exists, because external processes start first. Secrets that services.yml neither sets
nor passes to a process keep the random value of the first apply.
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
    """Label -> value. Generated ones stay the same until `stop`."""
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
    """Write the values to the secrets that Terraform created, and list secrets without a value."""
    for label, value in secret_values(region).items():
        name = region.application_secrets[label]
        held = account.secret(name)
        if held is None:
            console.print(f"  no secret {name} yet, so the application's processes will not start")
        elif held != value:
            account.put_secret(name, value)
            console.print(f"  secret {name} has its value")
    if made_up := [label for label in region.application_secrets if label not in region.outside.secrets]:
        console.print(f"  {RANDOM}: {', '.join(made_up)} (set your own values under secrets in {_file(region)})", markup=False)


def _file(region: Region) -> str:
    return f"environments/{region.environment}/{FILE_NAME}"
