"""The systemd unit starts a relay that tells systemd how it is; systemd itself is not here."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from relay.engine.pulse import Pulse, SystemdPulse, pulse_of
from tests.world.company import World
from tests.world.desk import Desk

UNIT = Path(__file__).parents[2] / "ops" / "systemd" / "cobra-sage-relay.service"
TEMPLATE = UNIT.with_name("cobra-sage-relay@.service")
PATIENCE_S = 600  # a server may be slow; the run has its own limit
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")


@pytest.fixture
def told(tmp_path: Path) -> Iterator[socket.socket]:
    """What listens in systemd's place."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(PATIENCE_S)
        yield listener


def exec_start() -> list[str]:
    """Return the arguments with which the unit starts the relay."""
    unit = ConfigParser(interpolation=None, strict=False)
    unit.read_string(UNIT.read_text(encoding="utf-8"))
    program, *args = shlex.split(unit["Service"]["ExecStart"])
    assert program.endswith("/bin/relay")
    return args


def _hear(told: socket.socket, wanted: str) -> list[str]:
    heard = [told.recv(4096).decode()]
    while wanted not in heard[-1]:
        heard.append(told.recv(4096).decode())
    return heard


def test_exec_start_tells_systemd_from_ready_to_stopping(
    desk: Desk, world: World, told: socket.socket
) -> None:
    """The unit's own command says READY, pings while it works, and says STOPPING on SIGTERM."""
    world.add()
    command = [str(Path(sys.executable).with_name("relay")), *exec_start()]
    command[command.index("--config") + 1] = str(desk.file)
    environment = {"NOTIFY_SOCKET": told.getsockname(), "WATCHDOG_USEC": "400000"}
    with subprocess.Popen(  # noqa: S603 - our own program
        command, env=os.environ | environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert "STATUS=arbeitet" in _hear(told, "READY=1")[-1]
            for _ping in range(3):
                _hear(told, "WATCHDOG=1")
            process.send_signal(signal.SIGTERM)
            _hear(told, "STOPPING=1")
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()
    assert world.statuses() == ["applied"]


def test_pings_only_where_systemd_asks(told: socket.socket) -> None:
    """No ping without a watchdog or for another process; two beats at once are one ping."""
    address = {"NOTIFY_SOCKET": told.getsockname()}
    told.settimeout(0.05)
    for more in ({}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}):
        pulse_of(address | more, str).beat()
        with pytest.raises(TimeoutError):
            told.recv(4096)
    pulse = pulse_of(address | {"WATCHDOG_USEC": "60000000"}, str)
    pulse.beat()
    pulse.beat()
    assert told.recv(4096) == b"WATCHDOG=1"
    with pytest.raises(TimeoutError):
        told.recv(4096)
    assert type(pulse_of({}, str)) is Pulse


def test_socket_of_a_namespace() -> None:
    """An address that begins with @ is one of Linux's abstract sockets."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")  # Linux gives it an abstract name
        address = listener.getsockname().decode().replace("\0", "@", 1)
        SystemdPulse(address, None, str).stopping()
        assert listener.recv(4096) == b"STOPPING=1"


def test_the_template_is_the_unit_in_a_folder_of_its_own() -> None:
    """Whatever holds for one relay holds for each of several; only the configuration differs."""
    one, each = (
        [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
        for path in (UNIT, TEMPLATE)
    )
    differing = [(a, b) for a, b in zip(one, each, strict=True) if a != b]
    assert [a.partition("=")[0] for a, _ in differing] == [
        "Description",
        "EnvironmentFile",
        "ExecStart",
    ]
    for alone, named in differing[1:]:
        assert named == alone.replace("/etc/cobra-sage-relay/", "/etc/cobra-sage-relay/%i/")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize("path", [UNIT, TEMPLATE], ids=["one", "each"])
def test_systemd_finds_no_fault(tmp_path: Path, path: Path) -> None:
    """`systemd-analyze verify` passes, with the relay where it is installed here."""
    relay = Path(sys.executable).with_name("relay")
    unit = tmp_path / path.name.replace("@", "@immo")
    told = path.read_text(encoding="utf-8").replace("/opt/cobra-sage-relay/bin/relay", str(relay))
    unit.write_text(told.replace("User=relay", "User=root"), encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - systemd's own program
        ["systemd-analyze", "verify", "--man=no", str(unit)],  # noqa: S607 - found above
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
