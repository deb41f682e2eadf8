"""The numbered SQL files of ``deploy/clickhouse`` as values, and what of them a database still needs.

DDL has no transactions, so every statement is one that may be run again (``IF NOT EXISTS``, ``OR REPLACE``): a run that
was cut short is made whole by the next, and two at once do no harm.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import CheckError, UsageError

_PROJECT = Path(__file__).resolve().parent.parent
_NAME = re.compile(r"(\d{3})_[a-z0-9_]+\.sql")
_COMMENT = re.compile(r"^--.*$", re.MULTILINE)
_END = re.compile(r";\s*$", re.MULTILINE)
#: an INSERT … SELECT too: into a table whose key absorbs what comes twice, and into no other
_AGAIN = re.compile(
    r"CREATE (TABLE|VIEW|MATERIALIZED VIEW) IF NOT EXISTS |CREATE OR REPLACE VIEW |ALTER TABLE \w+ .* IF (NOT )?EXISTS "
    r"|INSERT INTO \w+\s+(WITH|SELECT)\s"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file; ``checksum`` is that of its statements: a comment may still be mended."""

    number: int
    name: str
    checksum: str
    statements: tuple[str, ...]


def load(directory: Path) -> list[Migration]:
    """Every file in the order of its number. Raises UsageError for a folder without files, or a file that is wrong."""
    folder = directory if directory.is_absolute() or directory.is_dir() else _PROJECT / directory
    files = [_migration(path) for path in sorted(folder.glob("*.sql"))]
    if not files:
        raise UsageError(f"no *.sql in {folder}", hint="INDEXER_CLICKHOUSE_DIR names deploy/clickhouse")
    if [one.number for one in files] != list(range(1, len(files) + 1)):
        raise UsageError(f"the files of {folder} are not numbered 001, 002, … without a gap")
    return files


def pending(files: Sequence[Migration], applied: Mapping[int, tuple[str, str]]) -> list[Migration]:
    """What is still to be applied; ``applied`` has name and checksum by number.

    Raises CheckError when the past is another: a file was edited or renamed after it was applied, or is not here.
    """
    for number, (name, checksum) in sorted(applied.items()):
        if number > len(files):
            raise CheckError(
                f"the database has migration {name}, which is not here: it is of a newer program",
                hint="run the newer program, or a database of your own (CLICKHOUSE_URL)",
            )
        file = files[number - 1]
        if (file.name, file.checksum) != (name, checksum):
            raise CheckError(
                f"{file.name} is not what was applied to this database as {name}",
                hint=f"put the file back, and what is to change into a new one: {len(files) + 1:03d}_….sql",
            )
    wanted = [file for file in files if file.number not in applied]
    if wanted and applied and wanted[0].number < max(applied):
        raise CheckError(f"{wanted[0].name} was left out, though later ones are applied", hint="restore the database")
    return wanted


def _migration(path: Path) -> Migration:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise UsageError(f"{path}: not named as a migration", hint="for example 007_more_views.sql")
    bare = _COMMENT.sub("", path.read_text())
    statements = tuple(text for part in _END.split(bare) if (text := part.strip()))
    for statement in statements:
        if _AGAIN.match(statement) is None:
            raise UsageError(
                f"{path.name}: a statement that cannot be run again: {statement.splitlines()[0]}",
                hint="CREATE … IF NOT EXISTS, CREATE OR REPLACE VIEW, ALTER TABLE … IF NOT EXISTS, INSERT … SELECT",
            )
    checksum = hashlib.sha256("\n".join(" ".join(text.split()) for text in statements).encode()).hexdigest()
    return Migration(number=int(match.group(1)), name=path.name, checksum=checksum, statements=statements)
