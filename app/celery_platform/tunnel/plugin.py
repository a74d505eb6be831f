"""AWS's session-manager-plugin, the program that carries a session."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celery_platform.errors import TunnelError

NAME = "session-manager-plugin"
# Older ones close a forwarded port that is idle for half a minute (aws/session-manager-plugin#39).
OLDEST = (1, 2, 331)
# Newer ones read the session and its token from a variable, as the AWS CLI passes it; a command line is for all to see.
LAST_WITHOUT_VARIABLE = (1, 2, 497)
VARIABLE = "AWS_SSM_START_SESSION_RESPONSE"
INSTALL = (
    "Install it: on macOS `brew install --cask session-manager-plugin`; elsewhere "
    'AWS\'s package of the same name (Systems Manager guide, "Install the Session Manager plugin for the AWS CLI").'
)


@dataclass(frozen=True)
class Plugin:
    """The plugin on the PATH."""

    path: str
    version: tuple[int, ...]

    def command(
        self, session: Mapping[str, Any], request: Mapping[str, Any], region: str, endpoint: str
    ) -> tuple[list[str], dict[str, str]]:
        """The command line for a session, and the variables that it needs in addition.

        The profile stays empty, because the process has the credentials.

        Args:
            session: the answer of StartSession.
            request: the parameters of StartSession, with which the plugin resumes the session.
            region: AWS's name of the region.
            endpoint: the URL of Systems Manager.
        """
        answer = json.dumps({key: session[key] for key in ("SessionId", "TokenValue", "StreamUrl")})
        by_variable = self.version > LAST_WITHOUT_VARIABLE
        first, variables = (VARIABLE, {VARIABLE: answer}) if by_variable else (answer, {})
        return [self.path, first, region, "StartSession", "", json.dumps(request), endpoint], variables


def found_plugin() -> Plugin:
    """The plugin on the PATH. The AWS CLI is not needed.

    Raises:
        TunnelError: there is none, or it is too old.

    Example: `found_plugin().version >= OLDEST`
    """
    path = shutil.which(NAME)
    wanted = f"{NAME} {'.'.join(map(str, OLDEST))} or newer on the PATH"
    if path is None:
        raise TunnelError(wanted, "none", INSTALL)
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = tuple(int(part) for part in re.findall(r"\d+", said)[:3])
    if version < OLDEST:
        raise TunnelError(wanted, f"{path} {said or 'without a version'}", INSTALL)
    return Plugin(path, version)
