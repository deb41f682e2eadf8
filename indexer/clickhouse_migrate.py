"""`indexer clickhouse migrate`: the schema's files into the database, in their order, each once."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from indexer.clickhouse import ClickHouse, QueryError, SchemaError, Target, installed, target_of
from indexer.clickhouse_migrations import Migration, load, pending
from indexer.clickhouse_server import UNKNOWN_DATABASE, hint_of, quoted
from indexer.config import Settings
from indexer.errors import PeerError, TransientError
from indexer.settings_flags import add_settings_flags, load_settings

EPILOG = """\
examples:
  indexer clickhouse migrate                   the embedded engine's directory (INDEXER_DATA_DIR)
  CLICKHOUSE_URL=http://user:password@ch:8123/dex indexer clickhouse migrate
  indexer clickhouse migrate --dry-run         what would be applied; changes nothing
"""
_RECORDS = """
CREATE TABLE IF NOT EXISTS schema_migrations
(number UInt32, name String, checksum String, applied_at DateTime('UTC') DEFAULT now())
ENGINE = ReplacingMergeTree ORDER BY number
"""
_PAUSE_SECONDS = 0.2
_TRIES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own flags."""
    parser.add_argument("--dry-run", action="store_true", help="say what would be applied, and change nothing")
    add_settings_flags(parser)
    parser.set_defaults(run=migrate_command)


def migrate_command(args: argparse.Namespace) -> int:
    """0 when the schema is as the files say; 3 when ClickHouse cannot be had, 5 when an applied file was edited."""
    settings = load_settings(args)
    target = target_of(settings)
    installed(target)
    files = load(settings.clickhouse_dir)
    applied = asyncio.run(migrated(target, settings, files, dry_run=args.dry_run))
    for one in applied:
        sys.stdout.write(f"{'would apply' if args.dry_run else 'applied'} {one.name}\n")
    if not applied:
        sys.stdout.write(f"{len(files)} migrations, all applied: {target}\n")
    return 0


async def migrate(database: ClickHouse, files: Sequence[Migration], *, dry_run: bool = False) -> list[Migration]:
    """Apply what is not applied yet; back with it. Raises CheckError as ``pending``, and the errors of ``ClickHouse``.

    Two at once may both run a file; each of its statements does nothing the second time.
    """
    wanted = pending(files, await applied_to(database))
    if not dry_run:
        if wanted:
            await database.command(_RECORDS)
        for file in wanted:
            await _apply(database, file)
            await database.insert(
                "schema_migrations", ("number", "name", "checksum"), [(file.number, file.name, file.checksum)]
            )
    return wanted


async def _apply(database: ClickHouse, file: Migration) -> None:
    """Every statement, from the first again when one fails: another run may just be replacing what it needs."""
    for attempt in range(_TRIES):
        try:
            for statement in file.statements:
                await database.command(statement)
        except QueryError:
            if attempt == _TRIES - 1:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return


async def applied_to(database: ClickHouse) -> dict[int, tuple[str, str]]:
    """What was applied: name and checksum by number."""
    if not (await database.rows("EXISTS TABLE schema_migrations"))[0][0]:
        return {}
    rows = await database.rows("SELECT number, name, checksum FROM schema_migrations FINAL")
    return {number: (name, checksum) for number, name, checksum in rows}


async def require_schema(database: ClickHouse, files: Sequence[Migration]) -> None:
    """Raise SchemaError when a file is not applied, CheckError as ``pending``."""
    if missing := pending(files, await applied_to(database)):
        raise SchemaError(f"{missing[0].name} is not applied; run `indexer clickhouse migrate`")


async def migrated(
    target: Target, settings: Settings, files: Sequence[Migration], *, dry_run: bool = False
) -> list[Migration]:
    """As ``migrate``, the database too if there is none, waiting a while for ClickHouse. Raises PeerError."""
    deadline = time.monotonic() + settings.clickhouse_connect_seconds
    while True:
        try:
            async with ClickHouse(target, settings) as database:
                return await _in_its_database(database, settings, files, dry_run=dry_run)
        except QueryError as error:
            raise PeerError(f"{target}: {error}", hint=hint_of(error.code)) from error
        except TransientError as error:
            if time.monotonic() > deadline:
                hint = "is it running? CLICKHOUSE_URL names another"
                if target.directory is not None:
                    hint = "a running `indexer clickhouse run` or `indexer up` has it, and migrates by itself"
                raise PeerError(str(error), hint=hint) from error
        await asyncio.sleep(_PAUSE_SECONDS)


async def _in_its_database(
    database: ClickHouse, settings: Settings, files: Sequence[Migration], *, dry_run: bool
) -> list[Migration]:
    try:
        return await migrate(database, files, dry_run=dry_run)
    except QueryError as error:
        if error.code != UNKNOWN_DATABASE:
            raise
    if dry_run:
        return list(files)
    async with ClickHouse(database.target.without_database(), settings) as server:
        await server.command(f"CREATE DATABASE IF NOT EXISTS {quoted(database.target.database)}")
    return await migrate(database, files)
