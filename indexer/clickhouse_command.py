"""The verbs of `indexer clickhouse`; each has a module of its own."""

import argparse
from collections.abc import Callable

from indexer import clickhouse_migrate, clickhouse_service

EPILOG = """\
examples:
  indexer clickhouse run                       streams into the embedded engine; `indexer sql` asks it
  CLICKHOUSE_URL=http://user:password@ch:8123/dex indexer clickhouse migrate
  CLICKHOUSE_URL=http://user:password@ch:8123/dex NATS_URL=nats://nats:4222 indexer clickhouse run
"""
AddCommand = Callable[[str, str, str], argparse.ArgumentParser]


def add_verbs(command: AddCommand) -> None:
    """Every verb of `indexer clickhouse`."""
    clickhouse_service.add_arguments(
        command("run", "the sink alone: the streams into ClickHouse", clickhouse_service.EPILOG)
    )
    clickhouse_migrate.add_arguments(
        command("migrate", "create or complete tables and views; what is applied is left", clickhouse_migrate.EPILOG)
    )
