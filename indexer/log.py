"""Structured logs: readable on a terminal, JSON lines elsewhere. Endpoints are redacted before they get here."""

import logging
import sys
from typing import TextIO

import orjson
import structlog


def configure(*, json: bool | None = None, stream: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Set the process's log format once; ``json=None`` decides by whether ``stream`` is a terminal."""
    as_json = not stream.isatty() if json is None else json
    logging.getLogger("asyncio").addFilter(_is_news)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(serializer=lambda entry, **_: orjson.dumps(entry, default=str).decode())
        if as_json
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def _is_news(record: logging.LogRecord) -> bool:
    """Not what asyncio says at the end of every connection that went over to TLS after its first line."""
    return "eof_received" not in record.getMessage()
