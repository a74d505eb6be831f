"""Orders as rows of a SQL database. A row is locked only while its state changes."""

from celery_platform.reliability.claims.sql import INSERTS
from celery_platform.reliability.sql_away import sql_away
from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, MetaData, String, Table, select, update

from shop.orders.order import Order, OrderState

metadata = MetaData()
table = Table(
    "orders",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("amount_cents", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(8), nullable=False),
    Column("charge_id", String(255)),
    Column("token", BigInteger, nullable=False),
)


class SqlOrders:
    """As `Orders`, in the table `orders`, which is made when it is missing. An outage sends a task back to its queue.

    Example: `SqlOrders(create_engine("sqlite:///shop.db")).find("order-1")`
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        metadata.create_all(engine)

    def add(self, order: Order, connection: Connection | None = None) -> Order:
        """As `Orders`. With `connection`, it is part of that transaction, which can also contain an outbox row."""
        if connection is None:
            with sql_away(), self._engine.begin() as own:
                return self.add(order, own)
        new = INSERTS[self._engine.dialect.name](table).values(_row(order)).on_conflict_do_nothing()
        connection.execute(new)
        return _locked(connection, order.id).same_as(order)

    def find(self, order_id: str) -> Order | None:
        """As `Orders`."""
        with sql_away(), self._engine.connect() as connection:
            row = connection.execute(select(table).where(table.c.id == order_id)).one_or_none()
        return None if row is None else _order(row)

    def begin(self, order: Order, token: int) -> Order:
        """As `Orders`."""
        with sql_away(), self._engine.begin() as connection:
            found = self.add(order, connection).charging(token)
            connection.execute(update(table).where(table.c.id == order.id).values(state=found.state, token=found.token))
            return found

    def end(self, order_id: str, token: int, state: OrderState, charge_id: str | None = None) -> bool:
        """As `Orders`."""
        ours = table.c.id == order_id, table.c.token == token, table.c.state == OrderState.CHARGING
        with sql_away(), self._engine.begin() as connection:
            changed = connection.execute(update(table).where(*ours).values(state=state, charge_id=charge_id))
            return changed.rowcount == 1


def _locked(connection: Connection, order_id: str) -> Order:
    """The order, with its row locked until the transaction ends (PostgreSQL). SQLite has locked the file already."""
    return _order(connection.execute(select(table).where(table.c.id == order_id).with_for_update()).one())


def _row(order: Order) -> dict[str, object]:
    return {
        "id": order.id,
        "amount_cents": order.amount_cents,
        "currency": order.currency,
        "state": order.state,
        "charge_id": order.charge_id,
        "token": order.token,
    }


def _order(row: object) -> Order:
    columns = {name: getattr(row, name) for name in table.c.keys()}  # noqa: SIM118 - columns, not a dict
    return Order(**columns | {"state": OrderState(columns["state"])})
