"""The interface of a kind of broker: what its folder brings, each part loaded when it is needed."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from celery_platform.observability.exporter.reading import Source
from celery_platform.settings import Runtime

if TYPE_CHECKING:
    from celery_platform.brokers.interface import Broker


class Kind(ABC):
    """What `KIND` in the `__init__.py` of a kind's folder is.

    The exporter, whose memory is counted, loads it with the kind's source alone. So neither the folder's `__init__.py`
    nor its source loads Celery or kombu, and the methods here import what they return.
    """

    @abstractmethod
    def broker(self, runtime: Runtime) -> "Broker":
        """Return connection, queues and dead letter queues of an environment whose broker is of this kind."""

    @abstractmethod
    def source(self, runtime: Runtime) -> Source:
        """Return what the exporter and `app status` poll."""

    def urls(self, runtime: Runtime) -> Mapping[str, list[str]]:
        """Return the URLs in the VPC that commands connect to, by what they are for.

        There are none where the broker is reached as every AWS service is.
        """
        return (
            {"broker": runtime.discovery.broker_url.split(";")} if runtime.environment.broker_kind.facts.ports else {}
        )

    def transports(self) -> Mapping[str, str]:
        """Return kombu's transports by the schemes of URLs, each as `module:class`; without, kombu's own are used.

        Kinds that have the same scheme have the same transport.
        """
        return {}

    def worker_transports(self, pool_type: str, *, guarded: bool) -> Mapping[str, str]:  # noqa: ARG002 - others use it
        """Return the transports that a worker of this pool type uses in their place.

        Args:
            pool_type: `turbo`, `threads`, `gevent` or `asyncio`; Celery's other pools use `transports`.
            guarded: whether the application is attached. Without, nothing may read an environment.
        """
        return {}
