"""ClickHouse, a server or the embedded engine, through one synchronous client in a thread of its own.

What goes wrong is sorted here, by the server's error codes: data it refuses, a schema that does not fit, and
everything else, which passes by itself. No message here holds a password: a server is named by scheme and host.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

from indexer.clickhouse_library import library
from indexer.clickhouse_server import BUSY, checked_url, connected, database_of, sentence
from indexer.config import Settings
from indexer.endpoints import redact
from indexer.errors import TransientError, UsageError

_CHDB = "chdb://"
_DIRECTORY = "clickhouse"
#: the row is at fault: no such number, text, date, enum; a constraint of the table; a value out of range
_DATA = frozenset({6, 26, 27, 38, 41, 53, 69, 70, 72, 117, 131, 321, 349, 395, 467, 469, 691})
#: the tables are not as this program has them
_SCHEMA = frozenset({10, 16, 47, 60, 81})
#: a server's own default may be to answer an insert from its buffer, and even before it is stored
_STORED = {"async_insert": 0}
_Answer = TypeVar("_Answer")


class Refused(Exception):
    """ClickHouse refuses the data itself: trying again would not help."""


class SchemaError(TransientError):
    """Tables or columns are not there; a migration puts them right without a restart."""


class QueryError(Exception):
    """ClickHouse answered with an error; ``code`` is its number."""

    def __init__(self, code: int | None, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to connect to; ``directory`` is the embedded engine's, None for a server."""

    dsn: str
    directory: Path | None

    def __str__(self) -> str:
        """For people."""
        return redact(self.dsn) if self.directory is None else f"embedded ClickHouse in {self.directory}"

    __repr__ = __str__

    @property
    def database(self) -> str:
        """The database of a server's URL."""
        return "default" if self.directory is not None else database_of(self.dsn)

    @property
    def is_there(self) -> bool:
        """Whether the embedded engine's directory was ever made."""
        return self.directory is not None and self.directory.is_dir()

    def without_database(self) -> "Target":
        """The server itself, to make the database there."""
        return Target(dsn=urlunsplit(urlsplit(self.dsn)._replace(path="")), directory=self.directory)


def target_of(settings: Settings) -> Target:
    """What CLICKHOUSE_URL names, or the directory it stands for when empty. Raises UsageError."""
    url = settings.clickhouse_url.get_secret_value().strip()
    if not url or url.startswith(_CHDB):
        directory = Path(url.removeprefix(_CHDB)) if url else settings.data_dir / _DIRECTORY
        if not directory.name:
            raise UsageError("CLICKHOUSE_URL names no directory", hint="for example chdb:///var/lib/indexer/clickhouse")
        directory = directory.resolve()  # its port file lies beside it, whatever link leads there
        return Target(dsn=f"{_CHDB}{directory}", directory=directory)
    return Target(dsn=checked_url(url), directory=None)


class ClickHouse:
    """One client in one thread; an async context manager. It connects when it is first used, and again when it has to.

    Every call raises TransientError while ClickHouse cannot be had, SchemaError when the tables do not fit, Refused
    when the data do not, QueryError for what else it answers to a query.
    """

    def __init__(self, target: Target, settings: Settings, *, limits: Mapping[str, int | str] | None = None) -> None:
        self.target = target
        self._settings, self._limits = settings, dict(limits or {})
        self._client: Any = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clickhouse")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    async def command(self, statement: str) -> None:
        """One statement without an answer."""
        await self._run(lambda client: client.command(statement))

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return list((await self._run(lambda client: client.query(query))).result_rows)

    async def table(self, query: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Names and rows of a query."""
        result = await self._run(lambda client: client.query(query))
        return tuple(result.column_names), list(result.result_rows)

    async def insert(self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert ``rows``; back when ClickHouse has them. It may have taken some of what it refuses as a whole."""
        data = list(map(list, zip(*rows, strict=True)))
        how = _STORED if self.target.directory is None else None

        def insert(client: Any) -> None:
            try:
                client.insert(table, data, column_names=list(columns), column_oriented=True, settings=how)
            finally:
                data.clear()  # the client's own object refers to itself, and would hold a batch until collected

        await self._run(insert, writing=True)

    async def _run(self, work: Callable[[Any], _Answer], *, writing: bool = False) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._sorted, work, writing)

    def _sorted(self, work: Callable[[Any], _Answer], writing: bool) -> _Answer:  # noqa: FBT001 - an executor's call
        driver = self._library().driver.exceptions
        try:
            client = self._opened()
            return _written(work, client) if writing else work(client)
        except driver.OperationalError as error:
            self._close()
            raise TransientError(f"{self.target} does not answer: {sentence(error)}") from None
        except OSError as error:  # the client puts an insert of the embedded engine into a file first
            raise TransientError(f"{self.target}: {error.strerror or error}") from None
        except driver.Error as error:
            raise self._verdict(error, writing=writing) from None

    def _verdict(self, error: Any, *, writing: bool) -> Exception:
        code, said = error.code, sentence(error)
        if "Unable to open the chdb engine" in str(error):
            return TransientError(f"{self.target} cannot be opened: another process has it, or it is no such directory")
        if not writing:
            passing = code is None or code in BUSY
            return TransientError(f"{self.target}: {said}") if passing else QueryError(code, said)
        if code in _SCHEMA:
            return SchemaError(f"{self.target}: {said}; `indexer clickhouse migrate` makes the tables")
        if code in _DATA:
            return Refused(said)
        self._close()
        return TransientError(f"{self.target}: {said}")

    def _library(self) -> Any:
        return library(engine=self.target.directory is not None)

    def _opened(self) -> Any:
        directory = self.target.directory
        if self._client is not None:
            return self._client
        if directory is None:
            self._client = connected(self.target.dsn, self._settings, self._limits)
        else:
            directory.mkdir(parents=True, exist_ok=True)
            if in_use(directory):  # asked first: the engine would write so to standard error at every try
                raise TransientError(f"{self.target} cannot be opened: another process has it")
            self._client = self._library().get_client(dsn=self.target.dsn, settings=self._limits)
        return self._client

    def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def in_use(directory: Path) -> bool:
    """Whether another process has the embedded engine open there."""
    try:
        with (directory / "status").open("rb") as status:
            try:
                fcntl.flock(status, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return status.readline() != b"PID: %d\n" % os.getpid()
    except OSError:
        return False
    return False


def installed(target: Target) -> None:
    """Raise UsageError when what ``target`` needs is not installed."""
    need: Literal["clickhouse_connect", "chdb"] = "clickhouse_connect" if target.directory is None else "chdb"
    try:
        there = all(find_spec(name) is not None for name in ("clickhouse_connect", need))
    except ImportError:
        there = False
    if not there:
        raise UsageError(
            f"{need} is not installed",
            hint="pip install 'solana-liquidity-indexer[clickhouse]', or a server's address in CLICKHOUSE_URL",
        )


def _written(work: Callable[[Any], _Answer], client: Any) -> _Answer:
    try:
        return work(client)
    except (ValueError, TypeError, OverflowError) as error:  # raised by the columns, before anything is sent
        raise Refused(f"not of the column's type: {error}") from None
