"""How fluid the page is: 100 layers of 10,000 timesteps in headless Chromium.

Measures, on TensorBoard's own page: the time from the data's arrival to the first picture; then,
for panning, zooming and rolling up, what the main thread works for each frame (script, style,
layout, paint, from a trace) and how far apart the frames are; and the heap at the end.

    python benchmarks/page_frames.py [--layers 100] [--timesteps 10000]

Needs the extra [dev] and a Chromium that is installed.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Frame, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from tb_rnnview.writing import write_timeline
from tests.server.tensorboard_process import TensorBoardProcess
from tests.timelines import stacked

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

# Microseconds.
SAME_FRAME = 4000

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

WATCH_FRAMES = """() => {
  window.frameTimes = [];
  window.framesWatched = true;
  const next = (now) => {
    window.frameTimes.push(now);
    if (window.framesWatched) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}"""

FRAME = "() => new Promise(requestAnimationFrame)"

STEPS = 120

Movement = Callable[[int], object]


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

    report(cdp, frame, "zooming in", lambda _: wheel(-34))
    report(cdp, frame, "panning near", lambda i: pan(page, x, y, i))
    for _ in range(20):
        wheel(60)
    report(cdp, frame, "panning between", lambda i: pan(page, x, y, i))
    report(cdp, frame, "zooming out", lambda _: wheel(34))
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


def report(cdp: CDPSession, frame: Frame, name: str, step: Movement) -> None:
    """Traces a movement of one step a frame."""
    events: list[dict[str, Any]] = []
    ended: list[object] = []
    cdp.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    cdp.on("Tracing.tracingComplete", lambda done: ended.append(done))
    categories = "devtools.timeline,disabled-by-default-devtools.timeline"
    cdp.send("Tracing.start", {"categories": categories})
    frame.evaluate(WATCH_FRAMES)
    for i in range(STEPS):
        step(i)
        frame.evaluate(FRAME)
    times: list[float] = frame.evaluate("() => { framesWatched = false; return frameTimes; }")
    cdp.send("Tracing.end")
    while not ended:
        frame.page.wait_for_timeout(50)
    apart = sorted(b - a for a, b in itertools.pairwise(times))
    work = sorted(work_per_frame(events))
    print(
        f"{name:18} {statistics.median(work):5.2f} ms of work a frame (95 %: {late(work):5.2f}); "
        f"frames {statistics.median(apart):.1f} ms apart (95 %: {late(apart):.1f})"
    )


def late(ordered: list[float]) -> float:
    """The 95th percentile."""
    return ordered[int(len(ordered) * 0.95)]


def work_per_frame(events: list[dict[str, Any]]) -> list[float]:
    """Milliseconds that the page's main thread worked from one animation frame to the next."""
    calls = [e for e in events if e["name"] == "FireAnimationFrame"]
    main = {(e["pid"], e["tid"]) for e in calls}
    tasks = [
        (e["ts"], e["dur"])
        for e in events
        if e["name"] == "RunTask" and "dur" in e and (e["pid"], e["tid"]) in main
    ]
    times = sorted(e["ts"] for e in calls)
    # The page's own call and that which counts the frames belong to one frame.
    starts = times[:1] + [b for a, b in itertools.pairwise(times) if b - a > SAME_FRAME]
    sums = [0.0] * (len(starts) + 1)
    for start, duration in tasks:
        sums[bisect.bisect(starts, start + duration)] += duration / 1000
    return sums[1:-1]


if __name__ == "__main__":
    main()
