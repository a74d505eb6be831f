"""kombu 5.7.0 checks every node's certificate against the name of the first node it connected to.

`pyamqp.Transport.establish_connection` writes the host's name into the `ssl` settings that all attempts share
("server_hostname" when it is `None`), and the next node of the list is then refused for having another name.
Unnecessary as soon as kombu fills in the name without keeping it; `tests/celery_platform/transports` shows the refusal.
"""

from typing import Any


def settings_for(ssl: Any, host: str) -> Any:
    """Kombu's `ssl` settings for one host, with its name to check; settings without `server_hostname` stay as they are.

    Example: `settings_for({"server_hostname": None}, "b") == {"server_hostname": "b"}`
    """
    if not isinstance(ssl, dict) or "server_hostname" not in ssl:
        return ssl
    return ssl | {"server_hostname": host}
