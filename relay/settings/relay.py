"""Knows `[relay]` and `[retention]`: how the relay works, and how long it keeps what."""

from __future__ import annotations

from datetime import time
from typing import Self

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator
from pydantic_core import PydanticCustomError

from relay.settings.section import Section, TimeOfDay


class Timing(Section):
    """`[relay]`: how the relay polls and writes."""

    poll_ms: PositiveInt = 50
    batch_size: int = Field(default=500, ge=1, le=1000)
    lock_timeout_ms: PositiveInt = 200
    recheck_seconds: PositiveInt = 300
    trigger_check_seconds: PositiveInt = 300
    master_data_seconds: NonNegativeInt = 60
    compare_at: TimeOfDay | None = time(2, 30)
    """By this machine's clock: when all is compared, once a night; None: never (`"off"`)."""

    @field_validator("compare_at", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        return None if value == "off" else value


class Retention(Section):
    """`[retention]`: days that finished entries and ledger rows are kept."""

    outbox: PositiveInt = 90
    not_for_sage: PositiveInt = 3
    ledger: PositiveInt = 400

    @model_validator(mode="after")
    def _ledger_outlives_outbox(self) -> Self:
        if self.ledger < self.outbox:
            raise PydanticCustomError("ledger_too_short", "ledger must not be shorter than outbox")
        return self
