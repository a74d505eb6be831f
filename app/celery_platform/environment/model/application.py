"""Section `application`: the Celery application that runs here, and everything it needs."""

from typing import Annotated, Literal

from pydantic import Field

from celery_platform.environment.model.base import Closed, Label

# POSIX names of environment variables, in upper case: every shell's `export` accepts them.
Variable = Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]{0,127}$")]
# Debian policy, 5.6.1: names of packages.
DebianPackage = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+$")]
SerializerName = Literal["json", "pickle", "yaml", "msgpack"]


class Route(Closed):
    """Tasks whose names match the pattern go to the queue. `*` and `?` match as in a shell (fnmatch)."""

    tasks: str = Field(min_length=1, max_length=255, description="a task's name, or a pattern of names: orders.*")
    queue: Label = Field(description="a name under queues")


class SecretUse(Closed):
    """How a process gets a secret: the variable holds its value, or the path of a file with the value."""

    name: Label = Field(description="the secret is <prefix>/<name>, its underscores as hyphens")
    as_: Literal["variable", "file"] = Field(
        default="variable", alias="as", description="file: the variable holds the path of a file with the value"
    )


Variables = dict[Variable, str]
Secrets = dict[Variable, Label | SecretUse]


def secret_use(use: str | SecretUse) -> SecretUse:
    """The long form of a secret that a file may also write as a label alone.

    Example: `secret_use("database_url").as_ == "variable"`
    """
    return use if isinstance(use, SecretUse) else SecretUse.model_validate({"name": use})


class Application(Closed):
    """Any Celery application. It gets everything it needs at run time as environment variables.

    Example: `{package: app/mysite, celery: "mysite.celery:app", default_queue: default}`
    """

    package: str = Field(
        min_length=1,
        max_length=200,
        pattern=r"^[ -~]+$",
        description="a folder of this repository that contains a project, or a requirement: acme-orders==1.4",
    )
    celery: str = Field(
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", description="module:attribute of its Celery instance"
    )
    routes: tuple[Route, ...] = Field(
        default=(), description="in order; the first one that matches a task's name is used"
    )
    default_queue: Label | None = Field(
        default=None, description="for tasks that no route matches; without it such a task is refused"
    )
    system_packages: tuple[DebianPackage, ...] = Field(
        default=(), description="Debian packages that its wheels need at run time, on hosts and in the image"
    )
    release: tuple[str, ...] = Field(
        default=(), description="a command that runs once per release, before any worker is updated: migrations"
    )
    variables: Variables = Field(default_factory=dict, description="environment variables of all of its processes")
    secrets: Secrets = Field(default_factory=dict, description="variable -> secret")
    accept_content: tuple[SerializerName, ...] = Field(
        default=("json",),
        min_length=1,
        description="what workers deserialize; with pickle, anyone who may publish can run code",
    )
    buckets: tuple[Label, ...] = Field(
        default=(), description="S3 buckets to create for it; BUCKET_<LABEL> holds the name of each"
    )
