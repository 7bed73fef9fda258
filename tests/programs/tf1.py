"""TensorFlow 1 as the programs write it, on a current TensorFlow: v1 graphs and v1 while frames.

`tf` is ``tensorflow.compat.v1`` whose graphs, while something is built in them, behave as in
TensorFlow 1. Outside of them nothing is switched off: programs of TensorFlow 2 run in the same
process.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # nn.rnn_cell needs it, before TensorFlow
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its ops replace others, and leave no trace

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow.compat.v1 as _tf
from tensorflow.python import tf2 as _tf2
from tf_keras.src.engine import base_layer, base_layer_v1, training, training_v1
from tf_keras.src.utils.version_utils import swap_class

_tf.logging.set_verbosity(_tf.logging.ERROR)
warnings.filterwarnings("ignore", message=".*rnn_cell.* is deprecated")
warnings.filterwarnings("ignore", message=".*tf.layers.*")


class Graph(_tf.Graph):
    """A graph in which control flow, variables and shapes are those of TensorFlow 1."""

    @contextmanager
    def as_default(self) -> Iterator[Graph]:
        with _v1_behavior(), super().as_default():
            yield self


class _TensorFlow1:
    """``tensorflow.compat.v1``, but for its graphs."""

    Graph = Graph

    def __getattr__(self, name: str) -> Any:
        return getattr(_tf, name)


@contextmanager
def _v1_behavior() -> Iterator[None]:
    """What ``disable_v2_behavior`` does, but for eager mode: that cannot be switched on again."""
    outermost = _tf2.enabled()
    if outermost:
        _tf2.disable()
        _tf.disable_control_flow_v2()
        _tf.disable_resource_variables()
        _tf.disable_v2_tensorshape()
    try:
        yield
    finally:
        if outermost:
            _tf2.enable()
            _tf.enable_control_flow_v2()
            _tf.enable_resource_variables()
            _tf.enable_v2_tensorshape()
            _give_back_classes()


def _give_back_classes() -> None:
    """Lets Keras 2's classes be those of TensorFlow 2 again.

    A layer that is made in a graph changes its class in place, and with it every layer of that
    class that a program of TensorFlow 2 has made.
    """
    for now, v1 in ((base_layer.Layer, base_layer_v1.Layer), (training.Model, training_v1.Model)):
        pending = v1.__subclasses__()
        while pending:
            kind = pending.pop()
            pending += kind.__subclasses__()
            swap_class(kind, now, v1, use_v2=True)


@contextmanager
def functional_control_flow() -> Iterator[None]:
    """A graph of TensorFlow 1 whose program has called ``tf.enable_control_flow_v2()``."""
    _tf.enable_control_flow_v2()
    try:
        yield
    finally:
        _tf.disable_control_flow_v2()


tf = _TensorFlow1()
# It decides what it consists of when it is loaded: here, while nothing is switched off.
tf.keras.layers  # noqa: B018
rnn_cell = tf.nn.rnn_cell

__all__ = ["functional_control_flow", "rnn_cell", "tf"]
