#!/usr/bin/env python3
"""Looks at pages of `srdist report --html` in headless Chromium: check_report_page.py FOLDER PAGE...

Fails if a page writes to the console, loads anything, lets a name act, does not move its sliders by mouse, touch and keyboard,
looks the same in light and dark, is wider than a telephone, or has text of too little contrast. Leaves screenshots in FOLDER.
Speaks the DevTools protocol over pipes, so it needs no package.
"""

import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

PHONE, DESK = 390, 1280


class Browser:
    """Chromium, with one page."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp()
        to_browser, self.requests = os.pipe()
        self.answers, from_browser = os.pipe()
        # The browser reads requests from descriptor 3, and writes answers to 4. Shells can name only single digits.
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                   "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank"]
        def connect():
            low, high = os.dup(to_browser), os.dup(from_browser)
            os.dup2(low, 3)
            os.dup2(high, 4)
        self.process = subprocess.Popen(command, close_fds=False, preexec_fn=connect, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.session, self.events = b"", 0, None, []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self.session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self(f"{domain}.enable")

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def message(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.answers, 1 << 20)
            if not piece:
                raise SystemExit("chromium ended")
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def __call__(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.requests, data):]
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise SystemExit(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def wait_for(self, method):
        while not any(event["method"] == method for event in self.events):
            self.events.append(self.message())

    def open(self, path):
        self.events = []
        self("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        self.wait_for("Page.loadEventFired")

    def value(self, expression):
        answer = self("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise SystemExit(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def emulate(self, width, media="", **features):
        self("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width == PHONE)
        self("Emulation.setEmulatedMedia", media=media,
             features=[{"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def screenshot(self, path):
        data = base64.b64decode(self("Page.captureScreenshot", captureBeyondViewport=True)["data"])
        pathlib.Path(path).write_bytes(data)
        return data

    def mouse(self, kind, x, y, **more):
        self("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def next_frame(self):
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")


# For each colour of a text, the least contrast with what is behind it (WCAG 2, https://www.w3.org/TR/WCAG22/#contrast-minimum).
CONTRAST = """(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (parts(colour).length < 4) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  let worst = [99, ""];
  for (const node of document.querySelectorAll("body *")) {
    const hasText = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== "");
    if (!hasText || node.closest(".stage, script") || node.getClientRects().length === 0) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(node instanceof SVGElement ? style.fill : style.color), light(behind(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < worst[0]) worst = [contrast, node.outerHTML.slice(0, 100)];
  }
  return worst;
})()"""


def check(condition, text):
    if not condition:
        raise SystemExit(f"FAILED: {text}")


def check_page(browser, path, shots):
    name = pathlib.Path(shots) / pathlib.Path(path).stem
    browser.emulate(DESK)
    browser.open(path)
    check(browser.value("window.pwned") is None, f"{path}: a text of the run has acted")
    has_samples = browser.value("document.querySelectorAll('.face').length") > 0
    has_curves = browser.value("document.querySelectorAll('.plot').length") > 0
    if has_samples:
        check_slider(browser, path)
    if has_curves:
        check_curves(browser, path)

    # Each has its own colours, and no text is hard to read.
    shades = {}
    for scheme in ["light", "dark"]:
        browser.emulate(DESK, prefers_color_scheme=scheme)
        browser.next_frame()
        shades[scheme] = browser.screenshot(f"{name}-{scheme}.png")
        contrast, text = browser.value(CONTRAST)
        check(contrast >= 4.5, f"{path}, {scheme}: contrast {contrast:.2f} of {text}")
    check(shades["light"] != shades["dark"], f"{path}: light and dark look the same")

    browser.emulate(PHONE)
    browser.next_frame()
    width = browser.value("document.documentElement.scrollWidth")
    check(width <= PHONE, f"{path} is {width} pixels wide on a telephone of {PHONE}")
    browser.screenshot(f"{name}-phone.png")

    motion = "getComputedStyle(document.documentElement).scrollBehavior"
    browser.emulate(DESK, prefers_reduced_motion="no-preference")
    check(browser.value(motion) == "smooth", f"{path}: links do not scroll")
    browser.emulate(DESK, prefers_reduced_motion="reduce")
    check(browser.value(motion) == "auto", f"{path}: links scroll though the user wants no motion")
    browser.emulate(DESK, "print")
    seen = "[...document.querySelectorAll('%s')].filter((node) => node.getClientRects().length > 0).length"
    check(browser.value(seen % "nav, .stage, input") == 0, f"{path}: what needs a pointer is printed")
    check(not has_samples or browser.value(seen % ".versions img") > 0, f"{path}: the samples are not printed")

    unnamed = browser.value("[...document.images].filter((image) => !image.alt && !image.closest('.stage')).length")
    check(unnamed == 0, f"{path}: {unnamed} pictures have no text")
    broken = browser.value("[...document.images].filter((image) => !image.hidden && image.naturalWidth === 0).length")
    check(broken == 0, f"{path}: {broken} pictures cannot be shown")
    levels = browser.value("[...document.querySelectorAll('h1, h2, h3')].map((node) => +node.tagName[1])")
    check(levels[0] == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:])), f"{path}: headings {levels}")
    check_events(browser, path)

    # Without scripts everything but the sliders is there.
    browser("Emulation.setScriptExecutionDisabled", value=True)
    browser.emulate(DESK)
    browser.open(path)
    browser.screenshot(f"{name}-no-script.png")
    check_events(browser, path)
    browser("Emulation.setScriptExecutionDisabled", value=False)


def check_events(browser, path):
    page = pathlib.Path(path).resolve().as_uri()
    for event in browser.events:
        method, parameters = event["method"], event.get("params", {})
        if method == "Runtime.consoleAPICalled" or method == "Runtime.exceptionThrown":
            raise SystemExit(f"FAILED: {path}: console: {parameters}")
        if method == "Log.entryAdded":
            raise SystemExit(f"FAILED: {path}: {parameters['entry']}")
        if method == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            check(url.startswith("data:") or url.split("#")[0] == page, f"{path} loads {url}")


def check_slider(browser, path):
    split = "getComputedStyle(document.querySelector('.stage .over')).clipPath"
    value = "document.querySelector('.stage input').value"
    left, top, width, height = browser.value(
        "(() => { const stage = document.querySelector('.stage'); stage.scrollIntoView({behavior: 'instant', block: 'center'});"
        " const box = stage.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })()")
    y = top + height / 2
    seen = [browser.value(split)]

    def moved(by):
        browser.next_frame()
        seen.append(browser.value(split))
        check(len(set(seen)) == len(seen), f"{path}: the slider does not move by {by}: {seen}")

    x = left + width / 4
    browser.mouse("mousePressed", x, y, button="left", clickCount=1)
    browser.mouse("mouseReleased", x, y, button="left", clickCount=1)
    moved("mouse")
    check(abs(int(browser.value(value)) - 25) < 8, f"{path}: {browser.value(value)} % after a click at a quarter")
    for _ in range(3):
        for kind in ["keyDown", "keyUp"]:
            browser("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
    moved("keyboard")
    x = left + 3 * width / 4
    browser("Emulation.setTouchEmulationEnabled", enabled=True)
    browser("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    browser("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    browser("Emulation.setTouchEmulationEnabled", enabled=False)
    moved("touch")

    picture = "document.querySelector('.stage .over').src"
    before = browser.value(picture)
    browser.value("(() => { const choice = document.querySelector('[data-side=left]'); choice.value = 'LR';"
                  " choice.dispatchEvent(new Event('change')); })()")
    check(browser.value(picture) != before, f"{path}: the choice of the left picture does nothing")


def check_curves(browser, path):
    x, y = browser.value("(() => { const plot = document.querySelector('.plot svg');"
                         " plot.scrollIntoView({behavior: 'instant', block: 'center'});"
                         " const box = plot.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()")
    browser.mouse("mouseMoved", x, y)
    browser.next_frame()
    text = browser.value("document.querySelector('.tip').textContent")
    check(text.startswith("epoch ") and not browser.value("document.querySelector('.tip').hidden"),
          f"{path}: no values under the pointer: {text!r}")
    left, right = browser.value("(() => { const box = document.querySelector('.tip').getBoundingClientRect();"
                                " return [box.left, box.right]; })()")
    check(0 <= left < right <= DESK, f"{path}: the values under the pointer leave the page: {left} to {right}")
    visible = "[...document.querySelectorAll('.line.valid')].filter((line) => line.closest('.plot') && line.getClientRects().length > 0).length"
    before = browser.value(visible)
    browser.value("document.querySelector('.legend [data-part=valid]').click()")
    check(before > 0 and browser.value(visible) == 0, f"{path}: the legend hides nothing")
    browser.value("document.querySelector('.legend [data-part=valid]').click()")
    check(browser.value(visible) == before, f"{path}: the legend does not show lines again")


def main():
    shots, pages = sys.argv[1], sys.argv[2:]
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    browser = Browser(program)
    try:
        for page in pages:
            check_page(browser, page, shots)
    finally:
        browser.close()


main()
