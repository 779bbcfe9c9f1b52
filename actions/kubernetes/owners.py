"""Who else writes a Deployment: a GitOps controller puts back what it holds in Git."""

from collections.abc import Mapping
from typing import Literal

from tocsin.actions.kubernetes.objects import Object

Manager = Literal["argocd", "flux", "helm"]

_MARKS: Mapping[str, Manager] = {
    # https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
    "argocd.argoproj.io/tracking-id": "argocd",
    "argocd.argoproj.io/instance": "argocd",
    # https://fluxcd.io/flux/components/kustomize/kustomizations/ and …/helm/helmreleases/
    "kustomize.toolkit.fluxcd.io/name": "flux",
    "helm.toolkit.fluxcd.io/name": "flux",
    # https://helm.sh/docs/chart_best_practices/labels/ ; Helm writes only when somebody upgrades.
    "meta.helm.sh/release-name": "helm",
}
_GITOPS: Mapping[Manager, str] = {"argocd": "Argo CD", "flux": "Flux"}


def managed_by(found: Object) -> Manager | None:
    """Return who deploys the object; the GitOps controller where it deploys with Helm."""
    return next(iter(_managers(found)), None)


def gitops_warning(found: Object) -> tuple[str, ...]:
    """Return a warning for each GitOps controller that owns the object."""
    return tuple(
        f"{_GITOPS[one]} owns {found.name} and may put back what Git says; pause its sync, or revert in Git"
        for one in _managers(found)
        if one in _GITOPS
    )


def _managers(found: Object) -> list[Manager]:
    marks = found.labels.keys() | found.annotations.keys()
    return list(dict.fromkeys(manager for mark, manager in _MARKS.items() if mark in marks))
