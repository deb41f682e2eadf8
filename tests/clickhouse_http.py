"""ClickHouse's HTTP interface over the embedded engine, as a process: `python -m tests.clickhouse_http DIRECTORY …`.

Answers, errors, rights and readonly are the real engine's; what is written here is the way to them (query, database
and settings in the address, Basic or X-ClickHouse-* credentials, compressed bodies, the exception's code in a header,
its HTTP status), after https://clickhouse.com/docs/interfaces/http and the server's table of statuses.
No sessions, no `client_protocol_version`: a client falls back to the first form of Native, as behind a proxy.
`POST /faults?name=…&times=N` makes the next N requests go wrong.
"""

import argparse
import base64
import gzip
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import chdb
import lz4.frame  # type: ignore[import-untyped]
import zstandard

_STATUS = {
    **dict.fromkeys((6, 25, 26, 27, 36, 38, 41, 53, 62, 69, 72, 117), 400),
    **dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 81, 115, 336, 511), 404),
    **dict.fromkeys((192, 193, 497, 516), 403),
    48: 501,
    159: 408,
    194: 401,
    209: 503,
    439: 503,
}
#: of the address, and no settings
_RESERVED = {"query", "database", "user", "password", "wait_end_of_query", "client_protocol_version", "query_id"}
_INSERT = re.compile(rb"(\s*INSERT\s.*?)\sFORMAT\s+(\w+)\s*?\n(.*)", re.DOTALL | re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)")
_UNPACK = {
    "lz4": lz4.frame.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "gzip": gzip.decompress,
}
_PACK = {"zstd": zstandard.ZstdCompressor().compress, "lz4": lz4.frame.compress, "gzip": gzip.compress}
_USERS = """<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users><default><password/>
<networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>{grants}</default></users></clickhouse>"""

_UNKNOWN = (
    "Code: 516. DB::Exception: {user}: Authentication failed: password is incorrect, or there is no user with such "
    "name. (AUTHENTICATION_FAILED)"
)


class EngineError(Exception):
    """What the engine says to a statement."""


class Engine:
    """The embedded engine in a directory; a connection, so a context of settings, for each request."""

    def __init__(self, directory: Path, grants: list[str]) -> None:
        users, config = directory.with_name("users.xml"), directory.with_name("config.xml")
        given = f"<grants>{''.join(f'<query>{one}</query>' for one in grants)}</grants>" if grants else ""
        users.write_text(_USERS.format(grants=given))
        config.write_text(f"<clickhouse><users_config>{users}</users_config></clickhouse>")
        self._where = f"{directory}?config-file={config}"
        self._first = chdb.connect(self._where)  # the engine stays while one is open
        self.version = str(self._first.query("SELECT version()", "TSVRaw")).strip()
        self._one_at_a_time = threading.Lock()

    def run(self, statement: bytes, before: list[str]) -> bytes:
        """``statement`` after those ``before`` it, as TabSeparated if it names no format. Raises EngineError."""
        with self._one_at_a_time:
            connection = chdb.connect(self._where)
            try:
                for one in before:
                    connection.query(one)
                if (insert := _INSERT.fullmatch(statement)) is None:
                    return bytes(connection.query(statement.decode(), "TabSeparated").bytes())
                query, form = insert[1].decode(), insert[2].decode()
                with NamedTemporaryFile() as file:  # its streaming insert does not report a violated constraint
                    file.write(insert[3])
                    file.flush()
                    connection.query(f"{query} FROM INFILE '{file.name}' FORMAT {form}")
            except RuntimeError as error:
                raise EngineError(str(error)) from None
            else:
                return b""
            finally:
                connection.close()


class Faults:
    """What goes wrong next, and how often."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._lock = threading.Lock()

    def set(self, name: str, times: int) -> None:
        with self._lock:
            self._left[name] = times

    def take(self, name: str) -> bool:
        """Whether this time it does."""
        with self._lock:
            self._left[name] = self._left.get(name, 0) - 1
            return self._left[name] >= 0


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    engine: ClassVar[Engine]
    users: ClassVar[dict[str, tuple[str, str]]]
    faults: ClassVar[Faults]
    slow_seconds: ClassVar[float]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it is called with
        """One line a request, the credentials are in no address here."""
        sys.stderr.write(f"{format % args}\n")

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def _answer(self, body: bytes) -> None:
        url = urlsplit(self.path)
        params = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        statement = b"\n".join(part for part in (params.get("query", "").encode(), body) if part)
        if url.path == "/faults":
            self.faults.set(params["name"], int(params["times"]))
        if url.path != "/" or not statement:
            self._send(200, b"Ok.\n")
        elif self.faults.take("unavailable"):
            self._send(503, b"no healthy upstream")
        elif (profile := self._profile(params)) is None:
            self._refused(_UNKNOWN.format(user=self._who(params)[0]))
        else:
            before = _before(params, profile, reads=self.command == "GET")
            packing = params.get("enable_http_compression", "1") == "1"
            self._run(statement, before, packing=packing)

    def _run(self, statement: bytes, before: list[str], *, packing: bool) -> None:
        writes = statement.lstrip()[:6].upper() == b"INSERT"
        if writes and self.faults.take("slow_insert"):
            time.sleep(self.slow_seconds)
        try:
            result = self.engine.run(statement, before)
        except EngineError as error:
            self._refused(str(error))
        else:
            if writes and self.faults.take("reset_after_insert"):
                self._reset()
            elif writes and self.faults.take("error_after_headers"):
                self._send(200, b"Code: 241. DB::Exception: late. (MEMORY_LIMIT_EXCEEDED)", code=241)
            else:
                self._send(200, result, packing=packing)

    def _who(self, params: dict[str, str]) -> tuple[str, str]:
        kind, _, coded = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            user, _, password = base64.b64decode(coded).decode().partition(":")
            return user, password
        user = self.headers.get("X-ClickHouse-User") or params.get("user") or "default"
        return user, self.headers.get("X-ClickHouse-Key") or params.get("password") or ""

    def _profile(self, params: dict[str, str]) -> str | None:
        """The settings of a user, None when it is none."""
        user, password = self._who(params)
        expected, profile = self.users.get(user, (None, ""))
        return profile if password == expected else None

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        coding = self.headers.get("Content-Encoding", "")
        return bytes(_UNPACK[coding](body)) if coding else body

    def _refused(self, text: str) -> None:
        code = int(found[1]) if (found := _CODE.search(text)) else 1002
        said = f"{text} (version {self.engine.version} (official build))\n"
        self._send(_STATUS.get(code, 500), said.encode(), code=code)

    def _send(self, status: int, body: bytes, *, code: int = 0, packing: bool = False) -> None:
        self.send_response(status)
        accepted = self.headers.get("Accept-Encoding", "").replace(" ", "").split(",")
        if packing and (coding := next((one for one in _PACK if one in accepted), "")):
            body = _PACK[coding](body)
            self.send_header("Content-Encoding", coding)
        if code:
            self.send_header("X-ClickHouse-Exception-Code", str(code))
        self.send_header("X-ClickHouse-Summary", json.dumps({"read_rows": "0", "written_rows": "0"}))
        self.send_header("X-ClickHouse-Query-Id", str(uuid.uuid4()))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """RST instead of an answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())


def _before(params: dict[str, str], profile: str, *, reads: bool) -> list[str]:
    """The statements that make the request's context: the user's profile, the database, the settings all at once."""
    statements = [f"SET {profile}"] if profile else []
    if "database" in params:
        name = params["database"].replace("`", "\\`")
        statements.append(f"USE `{name}`")
    settings = {name: value for name, value in params.items() if name not in _RESERVED}
    if reads and "readonly" not in settings and "readonly" not in profile:
        settings["readonly"] = "2"
    if settings:
        statements.append("SET " + ", ".join(f"{name} = '{value}'" for name, value in settings.items()))
    return statements


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user", action="append", default=[], help="name:password:settings of its profile")
    parser.add_argument(
        "--grant", action="append", default=[], help="all that anybody may, for example SELECT ON dex.*"
    )
    parser.add_argument("--certificate", help="PEM with its key: TLS")
    parser.add_argument("--slow-seconds", type=float, default=5)
    args = parser.parse_args()
    Handler.engine = Engine(args.directory, [f"GRANT {one}" for one in args.grant])
    Handler.users = {name: (password, profile) for name, password, profile in (one.split(":", 2) for one in args.user)}
    Handler.faults, Handler.slow_seconds = Faults(), args.slow_seconds
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    if args.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    sys.stdout.write(f"listening on {server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
