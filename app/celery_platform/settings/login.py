"""Credentials in a URL: discovery keeps them out, the connection needs them in."""

from urllib.parse import quote


def with_login(url: str, user: str, password: str) -> str:
    """The URL with user and password before its host.

    Example: `with_login("rediss://cache:6379/1", "celery", "p/w") == "rediss://celery:p%2Fw@cache:6379/1"`
    """
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"
