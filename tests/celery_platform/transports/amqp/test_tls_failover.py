"""After a failover the next node's certificate is checked against that node's name."""

from urllib.parse import urlsplit

import pytest
from celery_platform.transports.amqp.tls_failover import settings_for

from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port


@pytest.mark.parametrize("guarded", [True, False])
def test_the_next_nodes_certificate_is_checked_against_its_own_name(
    amazon_mq: TestEnvironment, *, guarded: bool
) -> None:
    said = amazon_mq.python(
        "from celery_platform.transports import registration\n"
        + ("" if guarded else "registration.install = lambda: None\n")
        + "from exercises.celery import celery\nurl = celery.conf.broker_url\n"
        f"gone = url.replace('127.0.0.1:{urlsplit(amazon_mq.broker_url).port}', '127.0.0.2:{free_port()}')\n"
        "try:\n    with celery.connection_for_write(url=f'{gone};{url}') as c:\n"
        "        c.ensure_connection(max_retries=2)\n        print('connected')\n"
        "except Exception as error: print(error)\n"
    ).splitlines()[-1]

    assert ("connected" in said) == guarded, said


def test_settings_without_a_name_stay_as_they_are() -> None:
    assert settings_for(True, "b") is True
    assert settings_for({"ca_certs": "x"}, "b") == {"ca_certs": "x"}
