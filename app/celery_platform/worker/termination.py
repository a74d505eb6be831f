"""Wait for the notice that an EC2 instance will be terminated, by a Spot interruption or by its Auto Scaling group.

The notice is polled from the instance metadata service, version 2 (with a token), every five seconds as AWS recommends.
Spot gives two minutes ("Spot Instance interruption notices"). An Auto Scaling group gives the time of its lifecycle
hook ("Retrieve the target lifecycle state through instance metadata").
"""

import os
import time
from contextlib import suppress

import urllib3

ENDPOINT_VARIABLE = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
ENDPOINT = "http://169.254.169.254"
POLL_SECONDS = 5
TOKEN_SECONDS = 300
_TIMEOUT = urllib3.Timeout(connect=2, read=2)


def await_termination() -> str:
    """Wait for a notice and return it in words. If the metadata service does not answer, it is polled again.

    Example: on a spot instance, `await_termination() == "spot interruption: terminate at 2026-11-24T08:22:00Z"`
    """
    metadata = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)
    endpoint = os.environ.get(ENDPOINT_VARIABLE, ENDPOINT).rstrip("/")
    while True:
        notice = None
        with suppress(urllib3.exceptions.HTTPError):  # unavailable, or not an EC2 instance: no reason to stop working
            notice = _notice(metadata, endpoint)
        if notice:
            return notice
        time.sleep(POLL_SECONDS)


def _notice(metadata: urllib3.PoolManager, endpoint: str) -> str | None:
    token = metadata.request(
        "PUT", f"{endpoint}/latest/api/token", headers={"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
    ).data.decode()

    def read(path: str) -> str | None:
        answer = metadata.request(
            "GET", f"{endpoint}/latest/meta-data/{path}", headers={"X-aws-ec2-metadata-token": token}
        )
        return answer.data.decode() if answer.status == 200 else None

    spot = read("spot/instance-action")
    if spot is not None:
        return f"spot interruption: {spot}"
    if read("autoscaling/target-lifecycle-state") == "Terminated":
        return "scale-in: the Auto Scaling group will terminate this instance"
    return None
