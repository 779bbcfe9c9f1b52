"""A practice cloud: moto's AWS, corrected, over plain HTTP in a child process; never the real one."""

import sys
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

import boto3
import httpx2
from botocore.config import Config

from tocsin.playground.serving import HOST, ServedChild, free_port

REGION = "eu-central-1"
ACCESS_KEY_ID = "practice"
SECRET_ACCESS_KEY = "practice"
ORDERS_CLUSTER = "orders"
ORDERS_WRITER = "orders-1"
ORDERS_READER = "orders-2"


class Cloud:
    """A moto server of its own: it starts empty, forgets all on `reset`, and ends with `stop`."""

    def __init__(self, port: int | None = None) -> None:
        port = free_port() if port is None else port
        self.endpoint_url = f"http://{HOST}:{port}"
        arguments = [sys.executable, "-m", "tocsin.playground.amazon", "--host", HOST, "--port", str(port)]
        self._server = ServedChild(arguments, f"{self.endpoint_url}/moto-api/data.json")

    def start(self) -> None:
        """Start moto and return once it answers. Raises ServerDidNotStart."""
        self._server.start(seconds=60.0)

    def stop(self) -> None:
        """End the server; what it held is gone."""
        self._server.stop()

    def reset(self) -> None:
        """Empty the cloud. Raises httpx2.HTTPStatusError if moto refuses."""
        address = f"{self.endpoint_url}/moto-api/reset"
        # Over plain HTTP: to read the system's certificates would take longer than the reset.
        httpx2.post(address, trust_env=False, verify=False, timeout=30.0).raise_for_status()

    def environment(self) -> dict[str, str]:
        """Give the variables that keep a child process's AWS SDK inside this cloud."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@lru_cache(maxsize=64)
def practice_client(endpoint_url: str, service: str, region: str = REGION) -> Any:
    """Build a boto3 client that can only reach this endpoint: dummy credentials, no proxy.

    boto3 makes its clients at run time, which takes a while, so they are kept; they have no static type.
    """
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def build_orders_database(endpoint_url: str) -> None:
    """Create the Aurora PostgreSQL cluster `orders` with the writer `orders-1` and the reader `orders-2`."""
    rds = practice_client(endpoint_url, "rds")
    rds.create_db_cluster(
        DBClusterIdentifier=ORDERS_CLUSTER,
        Engine="aurora-postgresql",
        MasterUsername="orders",
        MasterUserPassword="practice-only",
    )
    for instance in (ORDERS_WRITER, ORDERS_READER):
        rds.create_db_instance(
            DBInstanceIdentifier=instance,
            DBClusterIdentifier=ORDERS_CLUSTER,
            DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql",
        )
