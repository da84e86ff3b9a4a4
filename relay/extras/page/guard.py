"""Knows what keeps the page safe whatever is asked: headers, a limit on tries, how much is read.

Who may see and do what: `visit`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""What goes out with each answer, whatever it is."""
TLS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}
TRIES, FROM_ALL = 5, 100
"""Wrong tokens in a minute: from one address, and from all together."""
MINUTE_S = 60.0


class Headed:
    """Puts the headers on every answer, also on one that a mistake of ours ended."""

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        """Take what answers."""
        self._app = app
        self._headers = HEADERS | (TLS_ONLY if is_secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers."""

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, headed)


class Tries:
    """Wrong tokens of the last minute, by where they came from."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Take a clock, in seconds."""
        self._clock = clock
        self._all: deque[tuple[float, str]] = deque()

    def seconds_to_wait(self, address: str) -> int:
        """Return how long this address has to wait before it may try again; 0: not at all."""
        now = self._clock()
        while self._all and self._all[0][0] <= now - MINUTE_S:
            self._all.popleft()
        own = [at for at, whose in self._all if whose == address]
        begun = own[-TRIES] if len(own) >= TRIES else None
        if begun is None and len(self._all) >= FROM_ALL:
            begun = self._all[-FROM_ALL][0]
        return 0 if begun is None else int(begun + MINUTE_S - now) + 1

    def failed(self, address: str) -> None:
        """Note a wrong token; who has to wait is not noted, so the list stays short."""
        self._all.append((self._clock(), address))
