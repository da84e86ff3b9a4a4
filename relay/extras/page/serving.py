"""Knows how the page's process listens: by TLS of its own, or behind a proxy that brings it."""

from __future__ import annotations

import gc
import socket
import ssl
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from relay.base.errors import Refused
from relay.settings.parts import PageSection

GOODBYE_S = 5
"""How long an answer that is under way may take when the process is told to end."""


def serve(app: ASGIApp, page: PageSection, say: Callable[[str], None]) -> None:
    """Answer until the process is told to end; says the address when it listens.

    Raises:
        Refused: `page_port_taken`, `page_certificate_wrong`.
    """
    config = configured(app, page)
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        what = error.strerror or str(error)
        raise Refused("page_certificate_wrong", file=page.certificate, what=what) from error
    gc.collect()
    gc.freeze()  # what was imported stays: no collection during an answer looks through it again
    with listening(page) as at:
        say(url_of(page))
        uvicorn.Server(config).run(sockets=[at])


def configured(app: ASGIApp, page: PageSection) -> uvicorn.Config:
    """Return how uvicorn runs it: one process, and headers of proxies from those alone we trust."""
    return uvicorn.Config(
        app,
        ssl_certfile=page.certificate,
        ssl_keyfile=page.key,
        proxy_headers=bool(page.trusted_proxies),
        forwarded_allow_ips=page.trusted_proxies or [],
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GOODBYE_S,
        limit_concurrency=100,
        h11_max_incomplete_event_size=65_536,
    )


def listening(page: PageSection) -> socket.socket:
    """Return the socket on which it listens.

    Raises:
        Refused: `page_port_taken`.
    """
    family = socket.AF_INET6 if ":" in page.address else socket.AF_INET
    try:
        made = socket.create_server((page.address, page.port), family=family)
    except OSError as error:
        at = f"{page.address}:{page.port}"
        raise Refused("page_port_taken", at=at, what=error.strerror or str(error)) from error
    # asyncio sends at once (TCP_NODELAY) on sockets alone that name their protocol; without it
    # each answer waits 40 ms for the browser's word that its head has come
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=made.detach())


def url_of(page: PageSection) -> str:
    """Return the address for a browser."""
    scheme = "http" if page.certificate is None else "https"
    host = page.hosts[0] if page.hosts else "localhost"
    return f"{scheme}://{host}:{page.port}/"
