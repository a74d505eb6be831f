"""Orders and how far their payment is: in the application's database where it has one, in Valkey otherwise."""

from app.orders.order import Order, Orders, OrderState
from app.orders.store import orders

__all__ = ["Order", "OrderState", "Orders", "orders"]
