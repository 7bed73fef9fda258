"""What is fetched of a layer in a session: numbers for each timestep and sequence.

A second derivative of the loss is built next to the one that trains, and while TensorFlow builds
it, the functions that make the derivatives of single operations are listened to. That tells, in
whatever control flow, the loss' gradient with respect to each state, and what each timestep gives
to the gradient of a weight; and what the derivative may read of the forward pass, it may keep.
Where it is not fetched, nothing of it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tb_rnnview.training.session_arrays import OverTime
from tb_rnnview.training.session_layers import Part, Place, WatchedLayer
from tb_rnnview.training.session_listening import Listening
from tb_rnnview.training.session_votes import Uses

_ROUNDING = 1e-5
"""Of a gradient; what reaches a variable from elsewhere and is less is rounding."""


class LayerMeasures:
    """What is fetched of one layer."""

    def __init__(self, layer: WatchedLayer) -> None:
        self.layer = layer
        self._values: dict[str, OverTime] = {}
        self._uses: list[list[Uses]] = [[] for _ in layer.variables]
        self.fetched: dict[str, Any] = {}
        """The tensors, by what they are."""

    @property
    def is_reached(self) -> bool:
        """Whether a derivative has come by."""
        return "live" in self._values and self._values["live"].is_there

    def listen(self, listening: Listening, is_of_loss: bool) -> None:
        """Arranges what is kept when the derivatives of its operations are made."""
        for place in self.layer.places:
            for k, state in enumerate(place.states):
                if state is not None:
                    self._listen_to_state(listening, place, k, is_of_loss)
            if is_of_loss:
                for variable, parts in enumerate(place.parts):
                    for number, part in enumerate(parts):
                        self._listen_to_part(listening, place, variable, number, part)
        for place in self.layer.places if not self.layer.is_loop else ():
            for k, state in enumerate(place.states):
                if state is not None:
                    self._keep_state(place, k)

    def finish(self, gradients: Sequence[Any], after: Sequence[Any]) -> None:
        """Makes what is fetched.

        Args:
            gradients: of the loss, with respect to each variable; None = nothing reaches it. Empty
                = nothing is derived from the loss.
            after: what has run when all timesteps have.
        """
        import tensorflow as tf

        self.fetched = {
            name: kept.stacked(after) for name, kept in self._values.items() if kept.is_there
        }
        self.fetched["length"] = tf.convert_to_tensor(self.layer.length)
        for k, whole in enumerate(gradients):
            if whole is None or not self._uses[k] or not all(u.is_there for u in self._uses[k]):
                continue
            parts = [uses.stacked(after) for uses in self._uses[k]]
            own = tf.add_n([part.gradient() for part in parts])
            norm = tf.norm(own)
            beside = tf.norm(tf.cast(tf.convert_to_tensor(whole), tf.float32) - own)
            is_rounding = beside <= _ROUNDING * norm
            self.fetched[f"votes {k}"] = tf.add_n([part.products(own) for part in parts])
            self.fetched[f"norm {k}"] = norm
            self.fetched[f"beside {k}"] = tf.where(is_rounding, tf.zeros_like(beside), beside)

    def _listen_to_state(
        self, listening: Listening, place: Place, k: int, is_of_loss: bool
    ) -> None:
        state, within = place.states[k], place.within[k]
        arrived: list[Any] = []
        if within and is_of_loss:
            # What the same timestep makes of the state is no part of its gradient.
            for taker in state.consumers():
                if taker not in within:
                    slots = [
                        i for i, source in enumerate(taker.inputs) if source.name == state.name
                    ]
                    listening.after(taker, _taking(arrived, slots))

        def made(_: Any, gradients: Sequence[Any]) -> list[Any]:
            import tensorflow as tf

            kept = self._keep_state(place, k) if self.layer.is_loop else []
            if is_of_loss and self.layer.has_gradients:
                gradient = gradients[state.value_index]
                if within:
                    own = [tf.convert_to_tensor(g) for g in arrived if g is not None]
                    gradient = tf.add_n(own) if own else tf.zeros_like(state)
                kept += self._keep_gradient(place, k, tf.convert_to_tensor(gradient))
            return kept

        listening.before(state.op, made)

    def _keep_state(self, place: Place, k: int) -> list[Any]:
        import tensorflow as tf

        state = place.states[k]
        kept = self._keep_amounts(place, f"{k}", state)
        if k == 0:
            batch = tf.shape(state)[0]
            runs = tf.ones([batch], tf.bool)
            if place.runs is not None:
                mask, running = place.runs
                mask = tf.reshape(mask, [-1])
                runs = tf.logical_and(runs, mask if running else tf.logical_not(mask))
            kept += self._over_time("live", missing=float("nan")).keep(
                place.position, tf.cast(runs, tf.float32)
            )
            for i, (gate, (_, is_above)) in enumerate(
                zip(place.gates, self.layer.gates, strict=True)
            ):
                values = tf.cast(gate, tf.float32)
                beyond = tf.abs(values - 0.5) > 0.4 if is_above else tf.abs(values) > 0.9
                kept += self._over_time(f"saturated {i}").keep(
                    place.position, _by_sequence(tf.cast(beyond, tf.float32))
                )
                kept += self._over_time(f"units {i}").keep(
                    place.position, _by_sequence(tf.ones_like(values))
                )
        return kept

    def _keep_gradient(self, place: Place, k: int, gradient: Any) -> list[Any]:
        return self._keep_amounts(place, f"gradient {k}", gradient)

    def _keep_amounts(self, place: Place, of: str, values: Any) -> list[Any]:
        """How large the values of each sequence are, how many, and how many are not finite."""
        import tensorflow as tf

        missing = 0.0 if of.startswith("gradient") else float("nan")
        wide = tf.cast(values, tf.float64)  # 1e-30 has a square that float32 does not hold
        kept = self._over_time(f"squares {of}", tf.float64, missing).keep(
            place.position, _by_sequence(tf.square(wide))
        )
        odd = tf.cast(tf.logical_not(tf.math.is_finite(values)), tf.float32)
        kept += self._over_time(f"not finite {of}").keep(place.position, _by_sequence(odd))
        if not of.startswith("gradient"):
            kept += self._over_time(f"size {of}").keep(
                place.position, _by_sequence(tf.ones_like(values))
            )
        return kept

    def _listen_to_part(
        self, listening: Listening, place: Place, variable: int, number: int, part: Part
    ) -> None:
        uses = self._uses[variable]
        while len(uses) <= number:
            taken, given = (OverTime(self.layer, "float32", 2, 0.0) for _ in range(2))
            uses.append(Uses(part, self.layer.shapes[variable], taken, given))
        listening.before(
            part.operation,
            lambda operation, gradients: uses[number].keep(
                place.position, operation, part.slot, gradients[0]
            ),
        )

    def _over_time(self, name: str, dtype: Any = "float32", missing: float = 0.0) -> OverTime:
        if name not in self._values:
            self._values[name] = OverTime(self.layer, dtype, 1, missing)
        return self._values[name]


def _taking(arrived: list[Any], slots: Sequence[int]) -> Callable[[Sequence[Any]], None]:
    return lambda found: arrived.extend(found[i] for i in slots)


def _by_sequence(values: Any) -> Any:
    """Sums over all dimensions but the first."""
    import tensorflow as tf

    rank = values.shape.rank
    if rank is None:
        return tf.reduce_sum(tf.reshape(values, [tf.shape(values)[0], -1]), 1)
    return tf.reduce_sum(values, list(range(1, rank)))
