"""``tf.vectorized_map`` over the timesteps, as Keras 3's TimeDistributed does where T is open."""

from __future__ import annotations

import tensorflow as tf

from tests.programs.films import BATCH, SPEC, film
from tests.programs.program import Program
from tests.programs.tf2 import of_function


def frames_at_once() -> Program:
    """A convolution of all images of a film at once, then a recurrence over what it gives."""
    run, truth = film()
    return of_function(tf.function(run), truth, BATCH, specs=[SPEC], steps=5)
