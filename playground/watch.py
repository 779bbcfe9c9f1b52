"""What watches and guards the practice cloud: alarms, logs, a secret, a key and a list of addresses."""

from datetime import UTC, datetime

from tocsin.playground.cloud import practice_client

ALARM = "checkout-errors"
LOGS = "/ecs/checkout"
SECRET = "shop/database"
USER = "deployer"
IP_SET = "blocked"
LISTED = "198.18.0.7/32"


def build_alarm(endpoint_url: str, state: str = "OK") -> None:
    """Create the alarm `checkout-errors`, and let it be in a state."""
    cloudwatch = practice_client(endpoint_url, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=10,
        ComparisonOperator="GreaterThanThreshold",
        ActionsEnabled=True,
    )
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="12 errors in 60 s")


def build_logs(endpoint_url: str, *lines: str) -> None:
    """Create the log group `/ecs/checkout` with lines of a moment ago."""
    logs = practice_client(endpoint_url, "logs")
    logs.create_log_group(logGroupName=LOGS)
    logs.create_log_stream(logGroupName=LOGS, logStreamName="1")
    at = int(datetime.now(UTC).timestamp() * 1000) - 5000
    events = [{"timestamp": at + number, "message": line} for number, line in enumerate(lines)]
    logs.put_log_events(logGroupName=LOGS, logStreamName="1", logEvents=events)


def build_secret(endpoint_url: str, value: str) -> None:
    """Create the secret `shop/database`, which is rotated."""
    secrets = practice_client(endpoint_url, "secretsmanager")
    secrets.create_secret(Name=SECRET, SecretString=value)
    secrets.rotate_secret(SecretId=SECRET, RotationRules={"AutomaticallyAfterDays": 30})


def build_key(endpoint_url: str) -> str:
    """Create the user `deployer` with an access key, and return the key's id."""
    iam = practice_client(endpoint_url, "iam")
    iam.create_user(UserName=USER)
    key: str = iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"]
    return key


def build_ip_set(endpoint_url: str) -> None:
    """Create the IP set `blocked`, with one address on it."""
    practice_client(endpoint_url, "wafv2").create_ip_set(
        Name=IP_SET, Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=[LISTED]
    )
