"""Orders and how far their payment is: in the application's database where it has one, in Valkey otherwise."""

from shop.orders.order import Order, Orders, OrderState
from shop.orders.store import orders

__all__ = ["Order", "OrderState", "Orders", "orders"]
