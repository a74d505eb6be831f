"""Orders and the state of their payment, in the application's database or, without one, in Valkey."""

from shop.orders.order import Order, Orders, OrderState
from shop.orders.store import orders

__all__ = ["Order", "OrderState", "Orders", "orders"]
