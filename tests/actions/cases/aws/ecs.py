"""A service of two tasks. moto replaces its deployment at once; what takes time is told by stubs."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.ecs import Redeploy
from tocsin.actions.aws.ecs_rollback import Rollback
from tocsin.actions.aws.ecs_scale import TaskCount
from tocsin.playground.estate import CHECKOUT, SHOP, build_service, deploy


def redeploy(worlds: Worlds) -> Case:
    def deployments() -> JsonValue:
        [found] = service(worlds, "ecs").describe_services(cluster=SHOP, services=[CHECKOUT])["services"]
        return [one["id"] for one in found["deployments"]]

    build_service(worlds.empty_cloud.endpoint_url)
    want = Redeploy(connection="aws:main", cluster=SHOP, service=CHECKOUT)
    return case_of(worlds, want, missing={"service": "nowhere"}, state=deployments)


def scale(worlds: Worlds) -> Case:
    build_service(worlds.empty_cloud.endpoint_url)
    want = TaskCount(connection="aws:main", cluster=SHOP, service=CHECKOUT, tasks=3)
    return case_of(worlds, want, missing={"service": "nowhere"}, state=lambda: shown(worlds)["desiredCount"])


def rollback(worlds: Worlds) -> Case:
    build_service(worlds.empty_cloud.endpoint_url)
    deploy(worlds.empty_cloud.endpoint_url, "registry.example/checkout:1.4.3")

    def deployments() -> JsonValue:
        place = {"cluster": SHOP, "service": CHECKOUT}
        return len(service(worlds, "ecs").list_service_deployments(**place)["serviceDeployments"])

    want = Rollback(connection="aws:main", cluster=SHOP, service=CHECKOUT)
    return case_of(
        worlds,
        want,
        missing={"service": "nowhere"},
        state=lambda: shown(worlds)["taskDefinition"],
        effects=deployments,
    )


def shown(worlds: Worlds) -> dict[str, JsonValue]:
    [found] = service(worlds, "ecs").describe_services(cluster=SHOP, services=[CHECKOUT])["services"]
    return dict(found)
