"""Settings that every test needs before TensorFlow is imported anywhere."""

from __future__ import annotations

import os

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # tf.compat.v1.nn.rnn_cell needs it
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its ops replace others, and leave no trace
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
