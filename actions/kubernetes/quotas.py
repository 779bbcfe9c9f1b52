"""Whether a namespace's ResourceQuotas leave room for more pods."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from tocsin.actions.kubernetes.client import Cluster
from tocsin.actions.kubernetes.objects import quantity
from tocsin.actions.kubernetes.targets import OfWorkload
from tocsin.actions.kubernetes.workloads import Workload
from tocsin.errors import ActionFailed, ErrorClass

_SHORT = {"cpu": "requests.cpu", "memory": "requests.memory", "count/pods": "pods"}
"""Other words for the same thing in a quota."""


def quota_warnings(cluster: Cluster, at: OfWorkload, found: Workload, *, more: int) -> Iterator[str]:
    """Yield a warning for each quota that ``more`` pods of the workload would break.

    To see none is no reason to refuse: a warning says so where the right to look is missing.
    """
    if more <= 0:
        return
    try:
        quotas = cluster.quotas(at)
    except ActionFailed as error:
        if error.kind is ErrorClass.DENIED:
            yield f"whether a ResourceQuota has room for {more} more pods is not known: it may not be listed"
            return
        if error.kind is ErrorClass.MISSING:
            return
        raise
    needs = {name: need * more for name, need in _needs(found).items()}
    for quota in quotas:
        for resource, hard in quota.hard.items():
            used, need = quota.used.get(resource, "0"), needs.get(_SHORT.get(resource, resource), Decimal(0))
            if need and quantity(used) + need > quantity(hard):
                yield (
                    f"the quota {quota.name} allows {resource} of {hard}, {used} are used, and {more} more"
                    f" pods need {need.normalize():f}: some will not start"
                )


def _needs(found: Workload) -> Mapping[str, Decimal]:
    """Return what one more pod takes of each resource that a quota may count."""
    needs = {"pods": Decimal(1)}
    for container in found.listed("containers"):
        for part in ("requests", "limits"):
            asked = container.resources.get(part)
            for name, amount in asked.items() if isinstance(asked, dict) else ():
                key = f"{part}.{name}"
                needs[key] = needs.get(key, Decimal(0)) + quantity(str(amount))
    return needs
