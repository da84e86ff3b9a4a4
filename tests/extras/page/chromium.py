"""Lets a test use the page in a real browser: Chromium without a window, by Debian's packages."""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

PATIENCE_S = 120
AXE = "axe-core/axe.min.js"
SERIOUS = {"serious", "critical"}
_ROOT = Path(__file__).parents[3]
_RUN_AXE = """
const done = arguments[0];
axe.run(document, {resultTypes: ["violations"]}).then(
  (found) => done(found.violations.map((one) => [
    one.impact, one.id, one.help, one.nodes.slice(0, 3).map((node) => node.html).join(" | "),
  ])),
  (error) => done([["critical", "axe", String(error), ""]]),
);
"""


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody looks at the page."""

    language: str
    has_scripts: bool
    width: int
    scheme: str

    @property
    def name(self) -> str:
        """Return it in a word, for a picture's name."""
        scripts = "scripts" if self.has_scripts else "plain"
        return f"{self.language}-{scripts}-{self.width}-{self.scheme}"


def programs() -> tuple[str, str]:
    """Return Chromium and its driver; skips the test where they are not installed."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("no browser: apt-get install chromium chromium-driver")
    return browser, driver


def axe() -> str:
    """Return the script that finds what people with disabilities cannot use; skips without."""
    named = os.environ.get("RELAY_TEST_AXE")
    file = Path(named) if named else _ROOT / ".venv" / "axe" / "node_modules" / AXE
    if not file.is_file():
        pytest.skip("no axe-core: npm install --prefix .venv/axe axe-core")
    return file.read_text(encoding="utf-8")


class Window:
    """A window of the browser on the page."""

    def __init__(self, driver: webdriver.Chrome, url: str, look: Look) -> None:
        """Take it."""
        self.driver = driver
        self.url = url.rstrip("/")
        self.look = look

    def go(self, path: str) -> None:
        """Type an address."""
        self.driver.get(self.url + path)

    @property
    def text(self) -> str:
        """What a person reads in the main part."""
        return str(self.script("return document.querySelector('main').innerText"))

    def one(self, selector: str) -> WebElement:
        """Return the one thing that a selector names."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def has(self, selector: str) -> bool:
        """Tell whether there is such a thing."""
        return bool(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def click(self, words: str) -> None:
        """Follow a link that holds some words."""
        self._leave(self.driver.find_element(By.PARTIAL_LINK_TEXT, words).click)

    def send(self, selector: str, words: str) -> None:
        """Fill in a field and send its form."""
        field = self.one(selector)
        field.send_keys(words)
        self._leave(field.submit)

    def _leave(self, how: Callable[[], None]) -> None:
        """Do something and wait until another document is there."""
        before = self.one("html")
        how()
        self.wait("another page", lambda: _is_gone(before))
        self.wait("all of it", lambda: self.script("return document.readyState") == "complete")

    def wait(self, what: str, true: Callable[[], bool]) -> None:
        """Wait until something is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, f"{what}: {self.driver.current_url}\n{self.text}"
            time.sleep(0.1)

    def script(self, code: str) -> Any:
        """Run a script of the test's own."""
        return self.driver.execute_script(code)

    def assert_sound(self, picture: str) -> None:
        """Look at what every page has to keep: nothing beside the window, no policy broken."""
        wide = self.script("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{picture} is {wide} pixels too wide"
        assert self.script("return typeof htmx") == (
            "object" if self.look.has_scripts else "undefined"
        )
        assert self.script("return document.documentElement.lang") == self.look.language
        assert self.complaints() == [], picture
        self.keep(picture)

    def complaints(self) -> list[str]:
        """Return what the browser has against the page since the last time, policies included."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["level"] in {"SEVERE", "WARNING"}]

    def barriers(self, script: str) -> list[list[str]]:
        """Return what axe-core finds serious."""
        self.script(script)
        found: list[list[str]] = self.driver.execute_async_script(_RUN_AXE)
        self.complaints()  # its own, which the page's policy refuses
        return [one for one in found if one[0] in SERIOUS]

    def keep(self, name: str) -> None:
        """Keep a picture of the whole page, if somebody wants to look at it."""
        folder = os.environ.get("RELAY_TEST_PICTURES")
        if folder is None:
            return
        told = {"captureBeyondViewport": True, "format": "png"}
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", told)
        file = Path(folder) / f"{self.look.name}-{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(picture["data"]))


def _is_gone(element: WebElement) -> bool:
    try:
        element.is_enabled()
    except (StaleElementReferenceException, NoSuchElementException):
        return True
    return False


@contextmanager
def window(url: str, look: Look) -> Iterator[Window]:
    """Open a browser of its own."""
    browser, driver = programs()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"intl.accept_languages": look.language})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    try:
        opened.set_script_timeout(PATIENCE_S)
        size = {"width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        scheme = {"name": "prefers-color-scheme", "value": look.scheme}
        opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        if not look.has_scripts:
            opened.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        yield Window(opened, url, look)
    finally:
        opened.quit()
