"""Add credentials to a URL: discovery's URLs have none, but a connection needs them."""

from urllib.parse import quote


def with_login(url: str, user: str, password: str) -> str:
    """The URL with the user and password inserted before the host.

    Example: `with_login("rediss://cache:6379/1", "celery", "p/w") == "rediss://celery:p%2Fw@cache:6379/1"`
    """
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"
