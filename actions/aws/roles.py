"""Roles that are assumed for one run: CloudTrail then tells the run and the person with every call.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
"""

import re
import time
from functools import lru_cache
from typing import Any

import boto3

from tocsin.actions.caller import Caller
from tocsin.connections import AwsConnection

HOUR = 3600
"""Seconds that the credentials of a role are good for; AWS gives no more to a role of a role."""
_NOBODY = Caller(run="none", person="tocsin")
_PLAIN = re.compile(r"[^\w+=,.@-]", re.ASCII)


def request_of(connection: AwsConnection, caller: Caller | None) -> dict[str, Any]:
    """Return what AssumeRole is asked: the person as the identity that no later role can change."""
    known = caller or _NOBODY
    run, person = _PLAIN.sub("-", known.run), _PLAIN.sub("-", known.person)
    return {
        "RoleArn": connection.role,
        "RoleSessionName": f"tocsin-{run}"[:64],
        "SourceIdentity": person[:64].ljust(2, "-"),
        "Tags": [{"Key": "tocsin:run", "Value": run[:256]}, {"Key": "tocsin:person", "Value": person[:256]}],
        "DurationSeconds": HOUR,
    }


def session_in_role(sts: Any, connection: AwsConnection, caller: Caller | None) -> boto3.Session:
    """Return a session of the role, good for half an hour at least."""
    return _assumed(sts, connection, caller, int(time.monotonic() // (HOUR / 2)))


@lru_cache(maxsize=64)
def _assumed(sts: Any, connection: AwsConnection, caller: Caller | None, half_hour: int) -> boto3.Session:
    given = sts.assume_role(**request_of(connection, caller))["Credentials"]
    return boto3.Session(
        region_name=connection.region,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
