"""TensorFlow 1 as the programs write it, on a current TensorFlow: v1 graphs and v1 while frames."""

from __future__ import annotations

import os

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # nn.rnn_cell needs it, before TensorFlow
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its ops replace others, and leave no trace

import warnings

import tensorflow.compat.v1 as tf

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()
warnings.filterwarnings("ignore", message=".*rnn_cell.* is deprecated")
warnings.filterwarnings("ignore", message=".*tf.layers.*")

rnn_cell = tf.nn.rnn_cell

__all__ = ["rnn_cell", "tf"]
