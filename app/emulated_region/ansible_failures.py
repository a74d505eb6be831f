"""Find the failed tasks and their messages in ansible-playbook's output, whose final recap has neither."""

import json
import re
from typing import Any

_TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(?P<name>.*)\] \**$")
_FAILED = re.compile(r"^(?:fatal|failed): \[(?P<host>[^\]]+)\](?P<item>: \S+!| \(item=.*?\))? =>\s*(?P<result>.*)$")
IGNORED = "...ignoring"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def failures(output: str) -> list[str]:
    """A text for each failed task and host, in order. Failures that the play ignores are not included.

    Example: `failures("TASK [Start] ***\\nfatal: [web-1]: FAILED! => {\\"msg\\": \\"no unit\\"}")` -> `["Start, web-1: no unit"]`
    """
    lines = [_COLOUR.sub("", line).rstrip() for line in output.splitlines()]
    found, task = [], ""
    for number, line in enumerate(lines):
        if named := _TASK.match(line):
            task = named["name"]
        elif (failed := _FAILED.match(line)) and IGNORED not in lines[number + 1 : number + 2]:
            item = failed["item"] if (failed["item"] or "").startswith(" (") else ""
            found.append(f"{task}, {failed['host']}{item}: {_why(failed['result'], lines[number + 1 :])}")
    return found


def _why(result: str, after: list[str]) -> str:
    """The message of a result, with the command's output. The text itself if it is not JSON."""
    try:
        read = json.loads(result)
    except json.JSONDecodeError:
        block = after[: next((number for number, line in enumerate(after) if not line.startswith(" ")), len(after))]
        return "\n".join([result.strip(), *block]).strip()
    return _words(read) if isinstance(read, dict) else result


def _words(result: dict[str, Any]) -> str:
    reasons = [result.get(name) for name in ("msg", "censored", "stderr", "module_stderr")]
    texts = [text if isinstance(text, str) else json.dumps(text) for text in reasons if text]
    # Commands that fail often write the reason to stdout.
    if not (result.get("stderr") or result.get("module_stderr")) and result.get("stdout"):
        texts.append(str(result["stdout"]))
    return "\n".join(text.strip() for text in texts) or json.dumps(result)
