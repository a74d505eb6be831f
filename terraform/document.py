"""Write the modules' READMEs: `python terraform/document.py [PLAN.json]`.

With a plan of production also the diagram in README.md, and CONNECTIONS.md.
"""

import json
import sys
from pathlib import Path

from celery_platform.environment import load, resolve
from documentation.configuration import CONFIGURATION
from documentation.connections.environment import connections
from documentation.connections.table import table
from documentation.diagram import mermaid, placed
from documentation.modules import readmes

# A plan does not contain the expressions of locals.
LOCALS = {"vpc_id": ["network"], "private_subnet_ids": ["network"], "permissions_boundary": ["delivery"]}


def main() -> None:
    """Write the files that changed and print their names."""
    files = readmes()
    if len(sys.argv) > 1:
        readme = CONFIGURATION / "README.md"
        files[readme] = placed(readme.read_text(), mermaid(json.loads(Path(sys.argv[1]).read_text()), LOCALS))
        files[CONFIGURATION / "CONNECTIONS.md"] = table("prod", connections(resolve(load("prod"))))
    for file, text in files.items():
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            print(f"wrote {file.relative_to(CONFIGURATION)}")


if __name__ == "__main__":
    main()
