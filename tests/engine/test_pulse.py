"""The relay tells whoever supervises it what it does, and beats only while it gets ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

from relay.cobra.lock import hold
from relay.database.connecting import cobra_engine
from relay.engine.pulse import Pulse
from relay.engine.service import Parts, nothing, run
from relay.settings import Settings
from tests.world.company import World
from tests.world.databases import Databases

PATIENCE_S = 90


class Heard(Pulse):
    """Keeps what was said, and lets a test wait for more."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.beats = 0
        self._more = Event()

    def say(self, code: str) -> None:
        self.said.append(code)
        self._more.set()

    def beat(self) -> None:
        self.beats += 1
        self._more.set()

    def wait(self, true: Callable[[], bool]) -> None:
        while not true():
            assert self._more.wait(PATIENCE_S)
            self._more.clear()


@contextmanager
def running(
    settings: Settings, pulse: Pulse, milestone: Callable[[str], None] = nothing
) -> Iterator[None]:
    """Run a relay in a thread."""
    stop = Event()
    relay = Thread(target=run, args=(settings, stop, Parts(pulse=pulse, milestone=milestone)))
    relay.start()
    try:
        yield
    finally:
        stop.set()
        relay.join(PATIENCE_S)


def test_idle_relay_beats(world: World) -> None:
    """With nothing to do it still beats at each look, after it said that it works."""
    heard = Heard()
    with running(world.settings, heard):
        heard.wait(lambda: "service_works" in heard.said)
        so_far = heard.beats
        heard.wait(lambda: heard.beats > so_far + 2)


def test_relay_that_hangs_in_a_step_does_not_beat(world: World) -> None:
    """While a step does not end there is no beat, and each boundary that it passes is one."""
    heard, hangs, go_on = Heard(), Event(), Event()

    def hang(name: str) -> None:
        if name == "read":
            hangs.set()
            assert go_on.wait(PATIENCE_S)

    world.add()
    with running(world.settings, heard, hang):
        assert hangs.wait(PATIENCE_S)
        so_far = heard.beats
        assert not go_on.wait(0.2)
        assert heard.beats == so_far
        go_on.set()
        heard.wait(lambda: heard.beats > so_far)
    assert world.statuses() == ["applied"]


def test_standby_is_ready_too(world: World) -> None:
    """It says that it stands by, beats, and says that it works once it took over."""
    heard = Heard()
    with ExitStack() as standby:
        with hold(cobra_engine(world.settings)) as lock:
            assert lock is not None
            standby.enter_context(running(world.settings, heard))
            heard.wait(lambda: heard.said == ["service_stands_by"] and heard.beats > 1)
        heard.wait(lambda: heard.said == ["service_stands_by", "service_works"])


def test_relay_without_cobra_is_ready(databases: Databases) -> None:
    """Without cobra's database it says what it waits for: the service has started."""
    settings = databases.settings(cobra={"url": _elsewhere(databases)})
    heard = Heard()
    with running(settings, heard):
        heard.wait(lambda: "service_without_cobra" in heard.said)


def _elsewhere(databases: Databases) -> str:
    name = f"{databases.cobra.database}_gone"
    return databases.cobra.set(database=name).render_as_string(hide_password=False)
