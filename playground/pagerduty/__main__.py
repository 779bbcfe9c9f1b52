"""Run the practice PagerDuty: `python -m tocsin.playground.pagerduty --port 9443 --ca-folder DIR`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from pydantic import SecretStr

from tocsin.playground.pagerduty.account import PRACTICE_TOKEN, Account, AccountSettings
from tocsin.playground.pagerduty.addresses import Addresses
from tocsin.playground.pagerduty.app import create_app
from tocsin.playground.pagerduty.courier import Pace
from tocsin.playground.serving import HOST, uvicorn_config
from tocsin.playground.tls import PracticeCA


def run(
    port: Annotated[int, typer.Option(help="Port of the API, over TLS.")],
    ca_folder: Annotated[Path, typer.Option(help="Where ca.pem is, or is to be made.")],
    page_port: Annotated[
        int | None, typer.Option(help="Serve the same without TLS too, for a browser.")
    ] = None,
    webhook_url: Annotated[str | None, typer.Option(help="Where webhooks go.")] = None,
    webhook_secret: Annotated[list[str] | None, typer.Option(help="Signs webhooks; may be repeated.")] = None,
    api_token: Annotated[str, typer.Option(help="The token REST calls must show.")] = PRACTICE_TOKEN,
    retry_scale: Annotated[float, typer.Option(help="Shrinks the pauses between webhook attempts.")] = 1.0,
) -> None:
    """Run a practice PagerDuty until it is interrupted."""
    ca = PracticeCA(ca_folder)
    api = f"https://{HOST}:{port}"
    web = api if page_port is None else f"http://{HOST}:{page_port}"
    settings = AccountSettings(
        addresses=Addresses(api=api, web=web),
        api_token=SecretStr(api_token),
        webhook_url=webhook_url,
        webhook_secrets=tuple(SecretStr(secret) for secret in webhook_secret or ()),
        pace=Pace(scale=retry_scale),
    )
    app = create_app(Account(settings))
    configs = [uvicorn_config(app, port, ca.server_certificate())]
    if page_port is not None:
        configs.append(uvicorn_config(app, page_port))
        configs[1].lifespan = "off"
    typer.echo(f"PagerDuty practises at {api} (page: {web}, trust: {ca.ca_pem})")
    asyncio.run(_serve(configs))


async def _serve(configs: list[uvicorn.Config]) -> None:
    await asyncio.gather(*(uvicorn.Server(config).serve() for config in configs))


if __name__ == "__main__":
    typer.run(run)
