"""Alarms, logs, a secret, an access key and a list of addresses."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tests.actions.kube import CANARY
from tocsin.actions.aws.alarms import AlarmsNamed, GateWanted
from tocsin.actions.aws.firewall import AddressesWanted
from tocsin.actions.aws.insights import LogsWanted
from tocsin.actions.aws.keys import KeyNamed
from tocsin.actions.aws.rotation import SecretNamed
from tocsin.playground.watch import (
    ALARM,
    IP_SET,
    LOGS,
    SECRET,
    USER,
    build_alarm,
    build_ip_set,
    build_key,
    build_logs,
    build_secret,
)


def gate(worlds: Worlds) -> Case:
    build_alarm(worlds.empty_cloud.endpoint_url)
    return _of_alarm(worlds, GateWanted(connection="aws:main", alarms=(ALARM,)))


def disable_actions(worlds: Worlds) -> Case:
    build_alarm(worlds.empty_cloud.endpoint_url)
    return _of_alarm(worlds, AlarmsNamed(connection="aws:main", alarms=(ALARM,)))


def insights(worlds: Worlds) -> Case:
    build_logs(worlds.empty_cloud.endpoint_url, f"login failed, password={CANARY}")

    def events() -> JsonValue:
        answer = service(worlds, "logs").get_log_events(logGroupName=LOGS, logStreamName="1")
        return len(answer["events"])

    want = LogsWanted(connection="aws:main", groups=(LOGS,), query="fields @timestamp, @message")
    return case_of(worlds, want, missing={"groups": ["nowhere"]}, state=events)


def rotate(worlds: Worlds) -> Case:
    build_secret(worlds.empty_cloud.endpoint_url, CANARY)

    def versions() -> JsonValue:
        found = service(worlds, "secretsmanager").describe_secret(SecretId=SECRET)["VersionIdsToStages"]
        return {name: sorted(stages) for name, stages in found.items()}

    want = SecretNamed(connection="aws:main", secret=SECRET)
    return case_of(worlds, want, missing={"secret": "nowhere"}, state=versions)


def deactivate_key(worlds: Worlds) -> Case:
    key = build_key(worlds.empty_cloud.endpoint_url)

    def status() -> JsonValue:
        listed = service(worlds, "iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]
        return [one["Status"] for one in listed]

    want = KeyNamed(connection="aws:main", user=USER, key_id=key)
    return case_of(worlds, want, missing={"user": "nobody"}, state=status)


def block_ip(worlds: Worlds) -> Case:
    build_ip_set(worlds.empty_cloud.endpoint_url)

    def addresses() -> JsonValue:
        waf = service(worlds, "wafv2")
        [found] = waf.list_ip_sets(Scope="REGIONAL")["IPSets"]
        shown = waf.get_ip_set(Name=IP_SET, Scope="REGIONAL", Id=found["Id"])["IPSet"]
        return [*sorted(shown["Addresses"])]

    want = AddressesWanted(connection="aws:main", ip_set=IP_SET, addresses=("8.8.8.8", "9.9.9.0/24"))
    return case_of(worlds, want, missing={"ip_set": "nowhere"}, state=addresses)


def _of_alarm(worlds: Worlds, want: AlarmsNamed) -> Case:
    def acts() -> JsonValue:
        [found] = service(worlds, "cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
        return [found["ActionsEnabled"], found["StateValue"]]

    return case_of(worlds, want, missing={"alarms": ["nothing"]}, state=acts)
