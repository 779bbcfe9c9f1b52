"""Runbook texts that tests start from."""

SMALL = """\
schema: runbook/v1
name: small
title: A small one
steps:
  - id: hold
    wait: 5m
"""

FULL = """\
schema: runbook/v1
name: full
title: Everything this version has
description: One of each
owner: platform
tags: [a, b]
on:
  - pagerduty: { event: incident.triggered }
    when: "'deploy' in event.incident.title"
    with: { replicas: 3 }
    mode: propose
    dedupe: { key: "${{ event.incident.id }}", window: 1h }
  - alert: { source: alertmanager, severity: critical }
  - slash: full
  - manual: true
inputs:
  replicas: { type: integer, default: 2, min: 1, max: 9 }
  namespace: { type: string, default: shop, pattern: "[a-z]+" }
permissions:
  run: [group:sre]
  approve: [group:sre]
  connections: ["k8s:main"]
guardrails: { lock: "deploy:${{ inputs.namespace }}", timeout: 45m }
vars:
  target: "${{ inputs.namespace }}/checkout"
steps:
  - id: look
    uses: k8s.rollout_status
    with: { connection: "k8s:main", namespace: "${{ inputs.namespace }}", deployment: checkout }
    on_failure: continue
  - id: scale
    name: Set the count
    uses: k8s.scale@1
    if: steps.look.outputs.available < inputs.replicas
    with:
      connection: k8s:main
      namespace: "${{ inputs.namespace }}"
      deployment: checkout
      replicas: "${{ inputs.replicas }}"
    approve: { from: [group:sre], count: 1, self: false, expires: 20m, on_expiry: cancel }
    retry: { max: 3, backoff: exponential, base: 2s, cap: 30s, jitter: true, on: [transient, throttled] }
    timeout: 5m
    undo: auto
    verify:
      - uses: k8s.rollout_status
        with: { connection: "k8s:main", namespace: "${{ inputs.namespace }}", deployment: checkout }
        assert: value.available >= inputs.replicas
        interval: 2s
        for: 10s
        consecutive: 3
        deadline: 5m
  - id: hold
    wait: 30s
  - id: sure
    assert: [steps.scale.outputs.replicas == inputs.replicas]
on_failure: { compensate: true }
outputs: { before: "${{ steps.scale.outputs.before }}" }
"""
