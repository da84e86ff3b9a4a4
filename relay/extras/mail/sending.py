"""Knows how a letter is on its way beside the relay, which waits for no mail server."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from relay.base import texts
from relay.base.errors import RelayError

T = TypeVar("T")
log = structlog.get_logger()


class Sending(Thread, Generic[T]):
    """Letters under way; a thread that the relay's end does not wait for."""

    def __init__(self, work: Callable[[], T]) -> None:
        """Take what looks, writes and sends; it returns what is to be noted as sent."""
        super().__init__(name="mail", daemon=True)
        self._work = work
        self.sent: T | None = None
        """None: it failed, or is not over yet."""

    def run(self) -> None:
        """Send; what goes wrong is logged, and tried again with the next letter."""
        try:
            self.sent = self._work()
        except RelayError as error:
            log.warning("mail_not_sent", code=error.code, text=texts.of_error(error, "en"))
        except DBAPIError as error:
            log.warning("mail_not_sent", code="cobra", text=str(error.orig))
