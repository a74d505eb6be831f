"""Each store of claims in turn, on its real server, with a way to end a lease early."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery_platform.reliability.claims import ClaimStore, ValkeyClaims
from celery_platform.reliability.claims.sql import SqlClaims, claims, metadata
from redis import Redis
from sqlalchemy import Engine, create_engine, update


@dataclass(frozen=True)
class Store:
    """A store, and `end(key)`, which lets the lease or the stored result of a key expire at once."""

    claims: ClaimStore
    end: Callable[[str], None]


def sql_store(engine: Engine) -> Store:
    metadata.create_all(engine)

    def end(key: str) -> None:
        with engine.begin() as connection:
            connection.execute(update(claims).where(claims.c.key == key).values(until=0))

    return Store(SqlClaims(engine), end)


@pytest.fixture(params=["valkey", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "valkey":
        client = Redis(port=request.getfixturevalue("valkey_port"), decode_responses=True)

        def end(key: str) -> None:
            client.delete(f"test:claim:{key}")

        yield Store(ValkeyClaims(client, "test"), end)
        client.close()
        return
    url = f"sqlite:///{tmp_path}/claims.db" if request.param == "sqlite" else request.getfixturevalue("postgresql")
    engine = create_engine(url, pool_size=20)
    yield sql_store(engine)
    engine.dispose()
