"""An automation, a cache, experiments and a replicated bucket."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.automation import AutomationWanted
from tocsin.actions.aws.caches import CacheNamed
from tocsin.actions.aws.experiments import ExperimentNamed, TemplateNamed
from tocsin.actions.aws.replication import BucketNamed
from tocsin.playground.estate import AUTOMATION
from tocsin.playground.trials import (
    BUCKET,
    CACHE,
    build_automation,
    build_cache,
    build_replication,
    build_template,
)


def automation(worlds: Worlds) -> Case:
    build_automation(worlds.empty_cloud.endpoint_url)

    def executions() -> JsonValue:
        answer = service(worlds, "ssm").describe_automation_executions()
        return len(answer["AutomationExecutionMetadataList"])

    want = AutomationWanted(
        connection="aws:main", document=AUTOMATION, version=1, parameters={"InstanceId": "i-1"}
    )
    return case_of(worlds, want, missing={"version": 9}, state=executions)


def failover(worlds: Worlds) -> Case:
    build_cache(worlds.empty_cloud.endpoint_url)

    def roles() -> JsonValue:
        answer = service(worlds, "elasticache").describe_replication_groups(ReplicationGroupId=CACHE)
        [shard] = answer["ReplicationGroups"][0]["NodeGroups"]
        return {one["CacheClusterId"]: one["CurrentRole"] for one in shard["NodeGroupMembers"]}

    want = CacheNamed(connection="aws:main", group=CACHE)
    return case_of(worlds, want, missing={"group": "nowhere"}, state=roles)


def start(worlds: Worlds) -> Case:
    template = build_template(worlds.empty_cloud.endpoint_url)

    def going_on() -> JsonValue:
        found = service(worlds, "fis").list_experiments(experimentTemplateId=template)["experiments"]
        return sum(not str(one["state"]["status"]).startswith("stop") for one in found)

    want = TemplateNamed(connection="aws:main", template=template)
    return case_of(worlds, want, missing={"template": "EXT0000000000"}, state=going_on)


def stop(worlds: Worlds) -> Case:
    fis, template = service(worlds, "fis"), build_template(worlds.empty_cloud.endpoint_url)
    begun = fis.start_experiment(experimentTemplateId=template, clientToken="practice")["experiment"]["id"]

    def stopped() -> JsonValue:
        return str(fis.get_experiment(id=begun)["experiment"]["state"]["status"]).startswith("stop")

    want = ExperimentNamed(connection="aws:main", experiment=begun)
    return case_of(worlds, want, missing={"experiment": "EXP0000000000"}, state=stopped)


def replication(worlds: Worlds) -> Case:
    build_replication(worlds.empty_cloud.endpoint_url)

    def rules() -> JsonValue:
        answer = service(worlds, "s3").get_bucket_replication(Bucket=BUCKET)
        return [one["Status"] for one in answer["ReplicationConfiguration"]["Rules"]]

    want = BucketNamed(connection="aws:main", bucket=BUCKET)
    return case_of(worlds, want, missing={"bucket": "nowhere-at-all"}, state=rules)
