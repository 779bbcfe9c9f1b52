"""For every listed action: a world in which it works, and the ways in which it can be stopped there."""

from tests.actions.cases import (
    argocd,
    aws,
    github,
    http,
    kubernetes,
    launchdarkly,
    pagerduty,
    postgres,
    redis,
    slack,
)

CASES = {
    **argocd.CASES,
    **aws.CASES,
    **github.CASES,
    **http.CASES,
    **kubernetes.CASES,
    **launchdarkly.CASES,
    **pagerduty.CASES,
    **postgres.CASES,
    **redis.CASES,
    **slack.CASES,
}
