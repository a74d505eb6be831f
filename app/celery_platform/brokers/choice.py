"""Chooses the folder of a kind of broker."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from celery_platform.broker_kinds import BrokerKind
from celery_platform.brokers.interface import Broker
from celery_platform.brokers.kind import Kind
from celery_platform.observability.exporter.reading import Source
from celery_platform.settings import Runtime


@cache
def kind_of(name: BrokerKind) -> Kind:
    """Return what the folder of this name brings. Neither Celery nor kombu is loaded."""
    kind: Kind = import_module(f"{__package__}.{name}").KIND
    return kind


def broker_of(runtime: Runtime) -> Broker:
    """Return the broker that the environment names."""
    return kind_of(runtime.environment.broker_kind).broker(runtime)


def source_of(runtime: Runtime) -> Source:
    """Return what the exporter polls of the broker that the environment names. No other kind's module is loaded."""
    return kind_of(runtime.environment.broker_kind).source(runtime)


def urls_of(runtime: Runtime) -> Mapping[str, list[str]]:
    """Return the URLs of the broker in the VPC, by what they are for; none where it has no server there."""
    return kind_of(runtime.environment.broker_kind).urls(runtime)
