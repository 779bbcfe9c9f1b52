"""The connections that the AWS actions get, and AWS's answers where moto does not give them."""

from collections.abc import Iterator

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import NOWHERE, connection
from tocsin.actions.aws import client
from tocsin.connections import Connections
from tocsin.playground.cloud import Cloud


@pytest.fixture
def connections(cloud: Cloud) -> Connections:
    url = cloud.endpoint_url
    return Connections({"aws:main": connection(url), "aws:other": connection(url, "999999999999")})


@pytest.fixture
def stubbed(request: pytest.FixtureRequest) -> Iterator[Stubber]:
    """The client of the service that the module's SERVICE names; answers are checked by AWS's own model."""
    with Stubber(client.client_of(request.module.SERVICE, NOWHERE, None)) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
