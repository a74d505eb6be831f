"""An environment whose RabbitMQ has a management API, as in production."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness import servers
from tests.harness.environment import Application, Servers, TestEnvironment, prepare
from tests.harness.processes import free_port


@contextmanager
def managed_environment(
    folder: Path, name: str, aws_endpoint: str, results: str, application: Application
) -> Iterator[TestEnvironment]:
    """Run the environment until the block ends, then stop its broker."""
    here, port = folder / name, free_port()
    here.mkdir()
    with servers.rabbitmq(here, management_port=port) as broker_port:
        password = {"broker_password": servers.RABBITMQ_PASSWORD}
        made = Servers(aws_endpoint, f"amqp://127.0.0.1:{broker_port}", results, application, password)
        environment = prepare("rabbitmq", here, made, name=name)
        environment.resolved["broker"]["management_urls"] = [f"http://127.0.0.1:{port}"]
        (here / "resolved.json").write_text(json.dumps(environment.resolved))
        yield environment
