"""What counts as a field that the API server dropped or changed."""

import pytest

from .fields import changed


@pytest.mark.parametrize(
    ("sent", "stored", "paths"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {"b": 1}}, {"a": {}}, ["a.b"]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, ["a[1].b"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a"]),
        ({"a": {}, "b": None}, {}, []),
        ({"a": False}, {}, ["a"]),
        ({"cpu": 0.1, "memory": "1024Mi"}, {"cpu": "100m", "memory": "1Gi"}, []),
        ({"cpu": "0.1"}, {"cpu": "101m"}, ["cpu"]),
        ({"a": "1x"}, {"a": "1y"}, ["a"]),
    ],
)
def test_a_field_is_changed_where_its_value_means_something_else(
    sent: object, stored: object, paths: list[str]
) -> None:
    assert list(changed(sent, stored)) == paths
