"""Runbooks that the tests of the command line run."""

CALLS = """\
schema: runbook/v1
name: call-the-shop
title: Call the shop
permissions: { run: ["*"], approve: ["*"] }
inputs:
  word: { type: string, required: true }
steps:
  - id: call
    name: Say the word
    uses: http.request
    with: { connection: "http:shop", method: POST, path: /say, json: { word: "${{ inputs.word }}" } }
    verify: none
"""
ASKS = CALLS.replace("call-the-shop", "ask-then-call").replace(
    "verify: none", "verify: none\n    approve: { self: true, expires: 20m }"
)
ASKS_ANOTHER = ASKS.replace("ask-then-call", "ask-another").replace("self: true, ", "")
DEPENDS = CALLS.replace("call-the-shop", "call-and-look") + (
    "  - id: again\n"
    "    uses: http.request\n"
    '    with: { connection: "http:shop", method: POST, path: "/${{ steps.call.outputs.status }}" }\n'
    "  - id: never\n"
    "    if: inputs.word == 'never'\n"
    "    uses: http.request\n"
    '    with: { connection: "http:shop", method: POST, path: /never }\n'
    "  - id: rest\n"
    "    wait: 5m\n"
)
UNKNOWN_SYSTEM = CALLS.replace("call-the-shop", "call-nobody").replace("http:shop", "http:nobody")
BROKEN = CALLS.replace("title: Call the shop\n", "titel: Call the shop\n")
