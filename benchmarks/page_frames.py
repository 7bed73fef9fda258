"""How fluid the page is: 100 layers of 10,000 timesteps in headless Chromium.

Measures, on TensorBoard's own page: the time from the data's arrival to the first picture; then,
for panning, zooming and rolling up, what the main thread works for each frame (script, style,
layout, paint, from a trace) and how far apart the frames are; and the heap at the end.

    python benchmarks/page_frames.py [--layers 100] [--timesteps 10000]

Needs the extra [dev] and a Chromium that is installed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Frame, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from tb_rnnview.writing import write_timeline
from tests.server.tensorboard_process import TensorBoardProcess
from tests.timelines import stacked

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

# What is counted as the main thread's work: its outermost tasks.
TASK = "RunTask"

FIRST_PICTURE = """() => {
  const { responseEnd } = performance.getEntriesByType('resource')
    .filter((x) => x.name.includes('/timeline')).at(-1);
  return { arrived: responseEnd, drawn: window.firstPicture };
}"""

WATCH = """window.firstPicture = undefined;
new MutationObserver(() => {
  if (window.firstPicture === undefined && document.querySelector('canvas[data-drawn]')) {
    requestAnimationFrame(() => setTimeout(() => { window.firstPicture ??= performance.now(); }));
  }
}).observe(document, { subtree: true, childList: true, attributes: true });"""

FRAMES = """(seconds) => new Promise((done) => {
  const times = [];
  const start = performance.now();
  const next = (now) => {
    times.push(now);
    if (performance.now() - start < seconds * 1000) requestAnimationFrame(next);
    else done(times);
  };
  requestAnimationFrame(next);
})"""


def main() -> None:
    """Prints one line for each kind of movement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=100)
    parser.add_argument("--timesteps", type=int, default=10_000)
    arguments = parser.parse_args()
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        sys.exit("no Chromium is installed")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder)
        timeline = stacked(arguments.layers, arguments.timesteps, "deep")
        write_timeline(timeline, log / "deep", tag="graph", step=0)
        with TensorBoardProcess(log) as server, sync_playwright() as playwright:
            server.wait_for_steps({("deep/rnnview", "graph"): [0]})
            browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
            measure(browser.new_page(viewport={"width": 1280, "height": 720}), server.url)
            browser.close()


def measure(page: Page, url: str) -> None:
    """Opens the tab and moves through it."""
    page.add_init_script(WATCH)
    page.goto(f"{url}/#rnnview")
    page.frame_locator("iframe[src*='name=rnnview']").locator("canvas[data-drawn]").wait_for()
    frame = next(f for f in page.frames if "name=rnnview" in f.url)
    frame.wait_for_function("window.firstPicture !== undefined")
    first: dict[str, float] = frame.evaluate(FIRST_PICTURE)
    print(f"first picture      {first['drawn'] - first['arrived']:6.0f} ms after the data")
    stage = frame.locator(".stage").bounding_box()
    assert stage
    x, y = stage["x"] + stage["width"] * 0.7, stage["y"] + stage["height"] * 0.5
    page.mouse.move(x, y)
    cdp = page.context.new_cdp_session(page)

    def wheel(delta: float) -> None:
        page.mouse.wheel(0, delta)

    report(cdp, frame, "zooming in", lambda i: wheel(-60))
    report(cdp, frame, "panning near", lambda i: pan(page, x, y, i))
    for _ in range(20):
        wheel(60)
    report(cdp, frame, "panning between", lambda i: pan(page, x, y, i))
    report(cdp, frame, "zooming out", lambda i: wheel(60))
    page.mouse.up()
    report(cdp, frame, "panning far", lambda i: pan(page, x, y, i, down=True))
    page.mouse.up()
    frame.evaluate("document.querySelector('.stage').scrollTop = 1e9")
    rolls = "i => { if (i % 25 === 0) document.querySelector('.roll').click(); }"
    report(cdp, frame, "rolling", lambda i: frame.evaluate(rolls, i))
    cdp.send("HeapProfiler.enable")
    cdp.send("HeapProfiler.collectGarbage")
    used = cdp.send("Runtime.getHeapUsage")["usedSize"]
    print(f"heap               {used / 2**20:6.1f} MB, TensorBoard's own page included")


def pan(page: Page, x: float, y: float, i: int, *, down: bool = False) -> None:
    """One step of a drag to and fro."""
    if i == 0:
        page.mouse.up()
        page.mouse.move(x, y)
        page.mouse.down()
    there = abs(i % 40 - 20) * 12
    page.mouse.move(x - (0 if down else there), y + (there - 120 if down else there / 8))


def report(cdp: CDPSession, frame: Frame, name: str, step: Any) -> None:
    """Traces some 100 steps of a movement."""
    events: list[dict[str, Any]] = []
    cdp.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    ended: list[bool] = []
    cdp.on("Tracing.tracingComplete", lambda _: ended.append(True))
    cdp.send(
        "Tracing.start",
        {"categories": "disabled-by-default-devtools.timeline,devtools.timeline,toplevel"},
    )
    frame.evaluate(f"() => {{ window.frames_ = ({FRAMES})(2.5); }}")
    for i in range(100):
        step(i)
        frame.evaluate("() => new Promise(requestAnimationFrame)")
    times: list[float] = frame.evaluate("() => window.frames_")
    cdp.send("Tracing.end")
    while not ended:
        frame.page.wait_for_timeout(50)
    apart = sorted(b - a for a, b in zip(times, times[1:], strict=False))
    work = sorted(work_per_frame(events))
    late = apart[int(len(apart) * 0.95)]
    print(
        f"{name:18} {statistics.median(work):6.2f} ms of work a frame (95 %: "
        f"{work[int(len(work) * 0.95)]:.2f}); frames {statistics.median(apart):.1f} ms apart "
        f"(95 %: {late:.1f}), {len(apart)} frames"
    )


def work_per_frame(events: list[dict[str, Any]]) -> list[float]:
    """Milliseconds that the page's main thread worked from one animation frame to the next."""
    main = {
        (e["pid"], e["tid"]) for e in events if e["name"] == "FireAnimationFrame" and "dur" in e
    }
    tasks = [
        (e["ts"], e["dur"])
        for e in events
        if e["name"].endswith(TASK) and "dur" in e and (e["pid"], e["tid"]) in main
    ]
    starts = sorted(
        e["ts"]
        for e in events
        if e["name"] == "FireAnimationFrame" and (e["pid"], e["tid"]) in main
    )
    marks = [a for a, b in zip([0.0, *starts], starts, strict=False) if b - a > 4000]
    marks.append(starts[-1])
    sums = [0.0] * len(marks)
    at = 0
    for start, duration in sorted(tasks):
        while at + 1 < len(marks) and start + duration > marks[at + 1]:
            at += 1
        sums[at] += duration / 1000
    return [x for x in sums[1:-1]] or [0.0]


if __name__ == "__main__":
    main()
