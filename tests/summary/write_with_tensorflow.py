"""Writes timelines through TensorFlow's own writers; run as a program, TensorFlow being global.

Usage: write_with_tensorflow.py LOGDIR TIMELINE.json
Prints a JSON object with what the calls returned.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf

from tb_rnnview import LayerStatistics, StatisticsRow, summary
from tb_rnnview.timeline import Timeline

STATISTICS = LayerStatistics.from_timesteps(
    "lstm", [StatisticsRow("activation", "h", "RMS")], [[3, 2, float("nan")]], whole=[2]
)


def main(logdir: Path, data: Timeline) -> dict[str, Any]:
    said: dict[str, Any] = {"without a writer": truth(summary.timeline("net", data, step=0))}
    said["without a writer or a step"] = truth(summary.timeline("net", data))
    writer = tf.summary.create_file_writer(str(logdir / "tf2"))
    with writer.as_default():
        said["with a writer"] = truth(summary.timeline("net", data, step=3, description="words"))
        said["no step"] = message(lambda: summary.timeline("net", data))
        said["no step, a scalar"] = message(lambda: tf.summary.scalar("net", 1.0))
        with tf.summary.record_if(False):
            said["not recording"] = truth(summary.timeline("net", data, step=4))
        tf.summary.experimental.set_step(5)
        said["default step"] = truth(summary.timeline("net", data))
        with tf.name_scope("outer"), tf.name_scope("inner"):
            summary.timeline("net", data)
            tf.summary.scalar("scalar", 1.0)
        summary.timeline("spaces & Ünïcode", data)
        said["no timeline"] = message(lambda: summary.timeline("net", "text"))  # type: ignore[arg-type]

        @tf.function
        def step_of_training(step: Any) -> Any:
            summary.timeline("in a function", data, step=step)

        for step in (1, 2):
            step_of_training(tf.constant(step, tf.int64))
        summary.statistics("net/lstm", STATISTICS, step=7)
    writer.close()

    with tf.Graph().as_default():
        v1 = tf.compat.v1.summary.FileWriter(str(logdir / "tf1"))
        for step in (0, 1):
            v1.add_summary(summary.timeline_pb("net", data).SerializeToString(), step)
        v1.add_summary(summary.timeline_pb("other", data, "text").SerializeToString(), 0)
        table = summary.statistics_pb("net/lstm", STATISTICS)
        v1.add_summary(table.SerializeToString(), 7)
        v1.close()
    return said


def truth(value: Any) -> bool:
    return bool(value)


def message(call: Any) -> str:
    try:
        call()
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return "nothing raised"


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Timeline.from_json(Path(sys.argv[2]).read_text()))))
