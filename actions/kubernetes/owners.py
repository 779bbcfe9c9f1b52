"""Who else writes a Deployment: a GitOps controller puts back what it holds in Git."""

from tocsin.actions.kubernetes.objects import Deployment

_MARKS = {
    # https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    # https://fluxcd.io/flux/components/kustomize/kustomizations/ and …/helm/helmreleases/
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}


def gitops_warning(deployment: Deployment) -> tuple[str, ...]:
    """Return a warning for each GitOps controller that owns the Deployment."""
    marks = deployment.labels.keys() | deployment.annotations.keys()
    owners = sorted({owner for mark, owner in _MARKS.items() if mark in marks})
    return tuple(
        f"{owner} owns {deployment.name} and may put back what Git says; pause its sync, or revert in Git"
        for owner in owners
    )
