"""The orders over REST, as Confluent's example of microservices has them: /v1."""

from views.v1.customers import CustomerOrders
from views.v1.orders import Orders
from views.v1.payments import Payments
from views.v1.products import Products

__all__ = ["CustomerOrders", "Orders", "Payments", "Products"]
