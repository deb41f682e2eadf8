"""A compose file as a compose implementation reads it, and its services as processes.

Each service gets its exact command and environment, the entrypoint and variables of the Dockerfile, and a loopback
address of its own, so that every port stays what the file says. Only names and paths change: a service's name becomes
its address, a path inside the container the file or folder that is mounted there.
"""

import asyncio
import functools
import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import yaml  # type: ignore[import-untyped]

from indexer.embedded import find_binary
from tests.chaos.arena import ROOT, Daemon

LAPTOP, CLUSTER = ROOT / "docker-compose.yml", ROOT / "deploy" / "cluster.yml"
_CONFIG_SECONDS = 90
_HEALTH_SECONDS = 90
_RUNS = 3
_OURS = "solana-liquidity-indexer:"
_NETS = itertools.count()
_ALIVE = {"service_healthy", "service_started"}


def services(path: Path, **variables: str) -> dict[str, Any]:
    """The file's services as `podman-compose config` gives them: merged, ``variables`` and nobody's .env put in."""
    return dict(yaml.safe_load(_told(path, *variables.items()))["services"])


@functools.cache
def _told(path: Path, *variables: tuple[str, str]) -> bytes:
    """Its words, asked for once: neither file nor implementation changes meanwhile."""
    command = [sys.executable, "-m", "podman_compose", "--dry-run", "--env-file", os.devnull, "-f", str(path)]
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    done = subprocess.run(
        [*command, "--profile", "backup", "config"], env=kept | dict(variables), cwd=path.parent, capture_output=True,
        timeout=_CONFIG_SECONDS, check=True,
    )  # fmt: skip
    return done.stdout


@dataclass(frozen=True, slots=True)
class Image:
    """What the Dockerfile says of the finished image."""

    entrypoint: list[str]
    command: list[str]
    healthcheck: list[str]
    environment: dict[str, str]
    user: str
    workdir: str

    @classmethod
    def of(cls, dockerfile: Path) -> "Image":
        """Read its last stage."""
        text = dockerfile.read_text().rpartition("\nFROM ")[2].replace("\\\n", " ")
        said = dict(re.findall(r"^\s*([A-Z]+)\s+(.*)$", text, re.MULTILINE))
        return cls(
            entrypoint=orjson.loads(said["ENTRYPOINT"]),
            command=orjson.loads(said["CMD"]),
            healthcheck=orjson.loads(said["HEALTHCHECK"].partition("CMD")[2]),
            environment=dict(part.split("=", 1) for part in shlex.split(said["ENV"])),
            user=said["USER"],
            workdir=said["WORKDIR"],
        )


@dataclass(slots=True, kw_only=True)
class Stack:
    """Services of one compose file in one folder; ``end`` stops what still runs."""

    services: Mapping[str, Any]
    base: Path
    folder: Path
    running: dict[str, Daemon] = field(default_factory=dict)
    coming: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    net: int = field(default_factory=lambda: next(_NETS))

    def address(self, name: str) -> str:
        """The loopback address of a service: processes of other tests have other ones."""
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        net = 64 + worker % 16 * 4 + self.net % 4
        return f"127.{net}.{os.getpid() % 251}.{2 + sorted(self.services).index(name)}"

    async def up(self, *names: str) -> None:
        """Start services side by side, each once what it depends on is as it asks for."""
        for name in names:
            if name not in self.coming:
                self.coming[name] = asyncio.create_task(self._come(name))
        await asyncio.gather(*(self.coming[name] for name in names))

    async def _come(self, name: str) -> None:
        needs = self.services[name].get("depends_on", {})
        await self.up(*needs)
        await asyncio.gather(*(self._wait(needed, how["condition"]) for needed, how in needs.items()))
        self.start(name)

    def start(self, name: str, *more: str) -> Daemon:
        """Start one service, whatever it depends on; ``more`` words go at the end of its command."""
        self._make_mounts(name)
        daemon = Daemon(
            command=[*self.command(name), *more], env=self.environment(name), log=self.folder / f"{name}.log"
        )
        daemon.start()
        self.running[name] = daemon
        return daemon

    def command(self, name: str) -> list[str]:
        """Its command line here."""
        service = self.services[name]
        words = [*_entrypoint(service["image"]), *service["command"]]
        return [_program(words[0]), *(self._here(name, word) for word in words[1:])]

    def environment(self, name: str) -> dict[str, str]:
        """Its environment here: the image's, then its own; nothing of ours but where programs are."""
        service = self.services[name]
        image = Image.of(ROOT / "Dockerfile").environment if service["image"].startswith(_OURS) else {}
        told = image | {key: str(value) for key, value in service.get("environment", {}).items()}
        here = {key: self._here(name, value) for key, value in told.items()}
        keep = {key: value for key, value in os.environ.items() if key in {"HOME", "LANG", "PYTHONPYCACHEPREFIX"}}
        return keep | here | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    async def healthy(self, name: str) -> bool:
        """What its own healthcheck says: well when one of some runs is. On a busy machine one may come too late."""
        for _ in range(_RUNS):
            if await self._well(name):
                return True
        return False

    async def _well(self, name: str) -> bool:
        kind, *words = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        command = [_program(words[0]), *(self._here(name, word) for word in words[1:])]
        check = await asyncio.create_subprocess_exec(
            *command, env=self.environment(name), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return await asyncio.wait_for(check.wait(), _HEALTH_SECONDS) == 0

    async def stop(self, name: str) -> int:
        """SIGTERM, and the exit code it ends with. That it is given longer than it drains is a test of the file."""
        return await self.running.pop(name).end(signal.SIGTERM)

    async def end(self) -> None:
        """Kill what still runs."""
        for task in self.coming.values():
            task.cancel()
        await asyncio.gather(*self.coming.values(), return_exceptions=True)
        for daemon in self.running.values():
            if daemon.running:
                await daemon.end(signal.SIGKILL)

    async def _wait(self, name: str, condition: str) -> None:
        if condition == "service_completed_successfully":
            code = await self.running[name].wait(seconds=_HEALTH_SECONDS)
            assert code == 0, self.running[name].tail()
            return
        assert condition in _ALIVE
        deadline = time.monotonic() + _HEALTH_SECONDS
        while condition == "service_healthy" and not await self._well(name):
            assert time.monotonic() < deadline, self.running[name].tail()
            assert self.running[name].running, self.running[name].tail()
            await asyncio.sleep(0.1)

    def _here(self, name: str, text: str) -> str:
        """``text`` with the names of services, and the places inside the service's container, as they are here."""
        for target, place in self._mounts(name).items():
            text = re.sub(rf"(?<![\w./]){re.escape(target)}(?![\w.])", str(place), text)
        text = re.sub(r"(?<![\w.])(?:0\.0\.0\.0|127\.0\.0\.1)\b", self.address(name), text)
        names = "|".join(sorted(self.services, key=len, reverse=True))
        return re.sub(rf"(?<![\w.-])(?:{names})(?=:\d)", lambda found: self.address(found[0]), text)

    def _mounts(self, name: str) -> dict[str, Path]:
        """What is mounted where in the container, and where it is here."""
        volumes = [volume.split(":")[:2] for volume in self.services[name].get("volumes", ())]
        return {"/opt/indexer/deploy": ROOT / "deploy"} | {
            target: self.folder / name / target.strip("/") for _, target in volumes
        }

    def _make_mounts(self, name: str) -> None:
        """A folder for each named volume, a copy with our addresses for each file and folder of the project."""
        for volume in self.services[name].get("volumes", ()):
            source, target = volume.split(":")[:2]
            original, place = self.base / source, self.folder / name / target.strip("/")
            if not source.startswith("."):
                place.mkdir(parents=True, exist_ok=True)
                continue
            for path in [original] if original.is_file() else [one for one in original.rglob("*") if one.is_file()]:
                copy = place / path.relative_to(original) if original.is_dir() else place
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(self._here(name, path.read_text()))


def _entrypoint(image: str) -> list[str]:
    """The program a command of flags alone is for."""
    if image.startswith(_OURS):
        return Image.of(ROOT / "Dockerfile").entrypoint
    return ["prometheus"] if image.startswith("prom/prometheus:") else []


def _program(word: str) -> str:
    """A program of this environment, else of the PATH. Raises FileNotFoundError."""
    if word == "nats-server":
        return find_binary()
    beside = Path(sys.executable).parent / word
    found = str(beside) if beside.exists() else shutil.which(word)
    if found is None:
        raise FileNotFoundError(word)
    return found
