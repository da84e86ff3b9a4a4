"""A TCP proxy between a relay and a server that speaks TDS, which can cut a connection in COMMIT.

A COMMIT is a transaction manager request (MS-TDS 2.2.6.9, packet type 14, request 7) or a batch
that says so. It is cut before the server has it, or after the server has answered, so that it took
effect and the client does not know.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Lock, Thread

BATCH, TRANSACTION_MANAGER, COMMIT = 1, 14, 7
HEADER = 8
TOLD = "COMMIT TRAN".encode("utf-16-le")


class Proxy:
    """Listens on a free port of this machine and hands on to one server."""

    def __init__(self, host: str, port: int) -> None:
        """Begin to listen."""
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._guard = Lock()
        self._commits = 0
        self._after = False
        self._refuse_s = 0.0
        self._refused_until = 0.0
        self.cuts = 0
        Thread(target=self._accept, daemon=True).start()

    def cut_commit(self, number: int, *, after: bool, refuse_s: float) -> None:
        """Cut the n-th COMMIT from now on, and let nobody connect for a while."""
        with self._guard:
            self._commits, self._after, self._refuse_s = number, after, refuse_s

    def forget(self) -> None:
        """Cut nothing any more."""
        with self._guard:
            self._commits, self._refused_until = 0, 0.0

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                if time.monotonic() < self._refused_until:
                    client.close()
                    continue
                server = socket.create_connection(self._server)
                Thread(target=self._upstream, args=(client, server), daemon=True).start()
                Thread(target=self._downstream, args=(client, server), daemon=True).start()

    def _upstream(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if is_commit(data) and self._is_due():
                    self._cut(client, server, data)
                    return
                server.sendall(data)
        _close(client, server)

    def _downstream(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        _close(client, server)

    def _is_due(self) -> bool:
        with self._guard:
            if self._commits == 0:
                return False
            self._commits -= 1
            return self._commits == 0

    def _cut(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        self.cuts += 1
        self._refused_until = time.monotonic() + self._refuse_s
        # The client is gone first: whatever the server answers reaches nobody.
        _close(client)
        if self._after:
            server.sendall(data)
            time.sleep(0.2)  # the server commits; it may see the end of the connection only then
        _close(server)


def is_commit(data: bytes) -> bool:
    """Tell whether a client's packet commits a transaction."""
    if len(data) < HEADER + 4:
        return False
    if data[0] == TRANSACTION_MANAGER:
        at = HEADER + int.from_bytes(data[HEADER : HEADER + 4], "little")
        return int.from_bytes(data[at : at + 2], "little") == COMMIT
    return data[0] == BATCH and TOLD in data


def _close(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
