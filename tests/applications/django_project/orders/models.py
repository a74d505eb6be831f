"""Orders, and what happened to whom: the tests read it."""

from django.db import models


class Order(models.Model):
    """An order of a customer."""

    number = models.CharField(max_length=100, unique=True)
    cents = models.IntegerField(default=0)
    state = models.CharField(max_length=20, default="new")

    def __str__(self) -> str:
        return self.number


class Event(models.Model):
    """A line of a log that survives the process."""

    name = models.CharField(max_length=50)
    detail = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"
