"""Start the workspace: python -m tocsin.playground.slack --port 8090."""

from argparse import ArgumentParser, Namespace

import uvicorn

from tocsin.playground.serving import HOST, uvicorn_config
from tocsin.playground.slack.app import create_app
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.workspace import Workspace


def arguments() -> Namespace:
    """Read the command line."""
    defaults = Settings()
    parser = ArgumentParser(prog="python -m tocsin.playground.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument(
        "--request-url", default=defaults.request_url, help="where the app hears Slack over HTTP"
    )
    parser.add_argument("--bot-token", default=defaults.bot_token)
    parser.add_argument("--app-token", default=defaults.app_token)
    parser.add_argument("--signing-secret", default=defaults.signing_secret)
    parser.add_argument(
        "--message-shortcut",
        action="append",
        default=[],
        metavar="CALLBACK_ID=TITLE",
        help="repeatable",
    )
    parser.add_argument("--retry-scale", type=float, default=1.0, help="0.01 repeats events 100 times sooner")
    return parser.parse_args()


def _pair(written: str) -> tuple[str, str]:
    name, _, title = written.partition("=")
    return name, title or name


def main() -> None:
    """Serve until interrupted."""
    asked = arguments()
    defaults = Settings()
    settings = Settings(
        request_url=asked.request_url,
        bot_token=asked.bot_token,
        app_token=asked.app_token,
        signing_secret=asked.signing_secret,
        message_shortcuts=tuple(_pair(one) for one in asked.message_shortcut),
        retry_delays=tuple(delay * asked.retry_scale for delay in defaults.retry_delays),
    )
    print(f"Slack to practise: http://{HOST}:{asked.port}/", flush=True)
    app = create_app(Workspace(settings))
    uvicorn.Server(uvicorn_config(app, asked.port)).run()


if __name__ == "__main__":
    main()
