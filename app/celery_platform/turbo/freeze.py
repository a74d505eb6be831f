"""Memory that forked processes share stays shared: the garbage collector leaves what was there before the fork alone.

A collection writes into every object it visits, and the kernel copies a page that is written to. After `gc.freeze` the
collector visits no object that was there before (Python documentation, `gc.freeze`).
"""

import ctypes
import gc
from contextlib import suppress
from importlib import import_module
from typing import Any

from celery.signals import worker_before_create_process

# What a worker imports when it starts, so that its parent has it and its children share it.
WORKER_MODULES = ("celery.app.amqp", "celery.app.control", "celery.app.events", "celery.app.log", "celery.app.routes",
                  "celery.apps.worker", "celery.backends.base", "celery.bin.celery", "celery.canvas", "celery.events",
                  "celery.result", "celery.worker.autoscale", "celery.worker.consumer",
                  "celery.worker.consumer.delayed_delivery", "celery.worker.control", "kombu.pidbox",
                  "celery_platform.transports.amqp.transport", "celery_platform.turbo.worker.consumer",
                  "celery_platform.turbo.worker.keepalive",
                  "celery_platform.turbo.worker.strategy")  # fmt: skip


def load_worker() -> None:
    """Import the modules that every process of a turbo pool needs. None of them connects or starts a thread."""
    for name in WORKER_MODULES:
        import_module(name)


def freeze() -> None:
    """Exclude all objects of this process from garbage collection, after one last collection.

    Called before a fork, once everything that all processes need is loaded.
    """
    gc.collect()
    with suppress(AttributeError):  # a C library that is not glibc has no way to give back what was freed: 4 MiB here
        ctypes.CDLL(None).malloc_trim(0)
    gc.freeze()


def freeze_before_prefork() -> None:
    """Let a prefork pool call `freeze` before it makes its first children; later ones share what is frozen then."""
    worker_before_create_process.connect(_once, weak=False, dispatch_uid="freeze")


def _once(**_: Any) -> None:
    worker_before_create_process.disconnect(_once, dispatch_uid="freeze")
    freeze()
