"""Settings that every test needs before TensorFlow is imported anywhere."""

from __future__ import annotations

import os
import signal

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # tf.compat.v1.nn.rnn_cell needs it
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its ops replace others, and leave no trace
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

# A shell starts what it runs in the background deaf to Ctrl-C, and programs inherit that. Tests
# interrupt programs.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.without_tensorflow", "tests.workers"]
