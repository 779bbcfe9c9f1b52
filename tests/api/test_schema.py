"""The JSON Schema, as editors fetch it."""

import httpx2
import jsonschema  # type: ignore[import-untyped]
import pytest
from tests.runbooks.samples import FULL, SMALL

from tocsin.runbooks import yaml

ADDRESS = "/schema/runbook/v1.json"


async def test_a_stranger_may_read_it(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get(ADDRESS)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")


@pytest.mark.parametrize(
    ("text", "fine"), [(FULL, True), (SMALL, True), (FULL.replace("k8s.scale@1", "k8s.scael"), False)]
)
async def test_it_knows_the_actions_that_are_installed(
    stranger: httpx2.AsyncClient, text: str, fine: bool
) -> None:
    document, _ = yaml.read(text, "f.yaml")
    assert document is not None
    schema = (await stranger.get(ADDRESS)).json()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema.Draft202012Validator(schema).is_valid(document.value) is fine
