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

MOVE = """(step) => new Promise((done) => {
  const stage = document.querySelector('.stage');
  const { left, top, width, height } = stage.getBoundingClientRect();
  const at = { clientX: left + width * 0.7, clientY: top + height * 0.5 };
  const hands = {
    wheel: (deltaY) =>
      stage.dispatchEvent(new WheelEvent('wheel', { deltaY, ...at, cancelable: true })),
    pan: (x, y) => stage.scrollBy(x, y),
    roll: () => document.querySelector('.roll').click(),
  };
  const move = new Function('hands', 'i', step);
  const times = [];
  const next = (now) => {
    times.push(now);
    move(hands, times.length);
    if (times.length < 120) requestAnimationFrame(next);
    else done(times);
  };
  requestAnimationFrame(next);
})"""

# What is done at each frame: the movement's name, and its step in the page.
MOVEMENTS = (
    ("zooming in", "hands.wheel(-34)"),
    ("panning near", "hands.pan(i % 60 < 30 ? 37 : -37, i % 20 < 10 ? 9 : -9)"),
    ("zooming half out", "hands.wheel(14)"),
    ("panning there", "hands.pan(i % 60 < 30 ? 37 : -37, i % 20 < 10 ? 9 : -9)"),
    ("zooming out", "hands.wheel(20)"),
    ("panning far", "hands.pan(0, i < 60 ? -37 : 37)"),
    ("rolling up", "if (i % 24 === 1) hands.roll()"),
)


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
    cdp = page.context.new_cdp_session(page)
    for name, step in MOVEMENTS:
        report(cdp, frame, name, step)
    cdp.send("HeapProfiler.enable")
    cdp.send("HeapProfiler.collectGarbage")
    used = cdp.send("Runtime.getHeapUsage")["usedSize"]
    print(f"heap               {used / 2**20:6.1f} MB, TensorBoard's own page included")


def report(cdp: CDPSession, frame: Frame, name: str, step: str) -> None:
    """Traces a movement of one step a frame."""
    events: list[dict[str, Any]] = []
    ended: list[object] = []
    cdp.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    cdp.on("Tracing.tracingComplete", lambda done: ended.append(done))
    categories = "devtools.timeline,disabled-by-default-devtools.timeline"
    cdp.send("Tracing.start", {"categories": categories})
    times: list[float] = frame.evaluate(MOVE, step)
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
