"""The directory of backups: what counts as whole, what is swept, what stays, and which one is meant."""

from pathlib import Path

import msgspec
import pytest

from indexer import backup_dir
from indexer.errors import DataError
from indexer.manifest import Manifest


def made(directory: Path, name: str, *, finished: str = "2026-11-26T03:15:00.000Z") -> Path:
    path = directory / name
    path.mkdir(parents=True)
    manifest = Manifest(
        v=1, tool="t", server_version="2.15.1", server_name="n", genesis_hash="G", started=finished, finished=finished,
        contents="", streams=[],
    )  # fmt: skip
    (path / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return path


def test_whole_ones_have_a_name_and_a_manifest_that_can_be_read(tmp_path: Path) -> None:
    newer, older = made(tmp_path, "20261127T031500Z"), made(tmp_path, "20261126T031500Z")
    made(tmp_path, ".20261128T031500Z.partial")
    made(tmp_path, "copy of 20261126T031500Z")
    (tmp_path / "20261129T031500Z").mkdir()
    (made(tmp_path, "20261130T031500Z") / "manifest.json").write_text("{}")
    assert backup_dir.whole(tmp_path) == [older, newer]
    assert backup_dir.find(tmp_path) == newer
    assert backup_dir.find(older) == older
    assert backup_dir.taken(newer) == 1_795_662_900
    assert backup_dir.whole(tmp_path / "nothing") == []


def test_what_was_never_finished_is_named_and_swept(tmp_path: Path) -> None:
    made(tmp_path, ".20261128T031500Z.partial")
    made(tmp_path, ".20261127T031500Z.deleting")
    (tmp_path / ".20261128T031500Z.partial.txt").touch()
    with pytest.raises(DataError, match="was never finished"):
        backup_dir.find(tmp_path)
    backup_dir.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".20261128T031500Z.partial.txt"]


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with backup_dir.unfinished(tmp_path) as place:
            (place / "dex-swaps").mkdir()
            (place / "dex-swaps" / "half").write_text("x")
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_one_is_not_counted_among_those_kept(tmp_path: Path) -> None:
    old = [made(tmp_path, f"2026112{day}T031500Z") for day in range(4)]
    (old[3] / "manifest.json").write_text("damaged")
    assert backup_dir.retire(tmp_path, 2) == [old[0]]
    assert [path.name for path in sorted(tmp_path.iterdir())] == [path.name for path in old[1:]]
    checked = dict(backup_dir.check_all(tmp_path))
    assert "damaged" in checked[old[3]]
