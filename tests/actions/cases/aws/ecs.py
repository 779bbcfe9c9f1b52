"""A service of two tasks. moto replaces its deployment at once; what takes time is told by stubs."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.ecs import Redeploy
from tocsin.playground.estate import CHECKOUT, SHOP, build_service


def redeploy(worlds: Worlds) -> Case:
    def deployments() -> JsonValue:
        [found] = service(worlds, "ecs").describe_services(cluster=SHOP, services=[CHECKOUT])["services"]
        return [one["id"] for one in found["deployments"]]

    build_service(worlds.cloud.endpoint_url)
    want = Redeploy(connection="aws:main", cluster=SHOP, service=CHECKOUT)
    return case_of(worlds, want, missing={"service": "nowhere"}, state=deployments)
