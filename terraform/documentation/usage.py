"""How a module is called, copied from the configuration that plans and tests run."""

import re
from pathlib import Path

from documentation.configuration import CONFIGURATION, MODULES

# `terraform fmt` puts the first and the last line of a block into the first column.
_CALL = re.compile(r'^module "\w+" \{\n.*?^\}\n', re.MULTILINE | re.DOTALL)
_SOURCE = re.compile(r'^ +source += "(?:\./modules|\.\.)/(\w+)"$', re.MULTILINE)


def usage(module: str) -> tuple[Path, str]:
    """The first call of a module and the file with it; files of the root module come before those of other modules.

    Raises:
        LookupError: nothing calls the module.

    Example: `usage("sqs")[1].startswith('module "sqs" {')`
    """
    for file in (*sorted(CONFIGURATION.glob("*.tf")), *sorted(MODULES.glob("*/*.tf"))):
        for call in _CALL.findall(file.read_text()):
            source = _SOURCE.search(call)
            if source and source[1] == module:
                return file, call
    raise LookupError(f"expected a call of module {module} in {CONFIGURATION}; found none. Call it, or delete it.")


def example(module: str) -> Path:
    """The module's own test, which calls it with literal values.

    Example: `example("sqs")` is `tests/sqs.tftest.hcl` in this configuration.
    """
    return CONFIGURATION / "tests" / f"{module}.tftest.hcl"
