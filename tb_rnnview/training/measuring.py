"""What is computed of a batch, traced into one graph: gradients, votes and amounts over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tb_rnnview.training import one_pass, unsharing
from tb_rnnview.training.amounts import norm, not_finite, sums_of_squares
from tb_rnnview.training.inlined import functions_inlined
from tb_rnnview.training.losses import added_losses, loss_of, loss_scale
from tb_rnnview.training.replay import Replayed
from tb_rnnview.training.side_effects import Effects
from tb_rnnview.training.watched_loop import Application
from tb_rnnview.training.watching import Watching


class Method(Enum):
    """How votes are computed."""

    ONE_PASS = "one pass"  # noqa: S105 - no password
    PROBE = "probe"


def method_of(application: Application) -> Method:
    """How the votes of an application are computed: in one pass, where nothing is in its way."""
    is_simple = all(c.effects is Effects.NONE and c.is_alike for c in application.calls)
    return Method.ONE_PASS if is_simple else Method.PROBE


@dataclass(frozen=True)
class Batch:
    """One batch of training."""

    x: Any
    y: Any
    weight: Any


def measured(
    model: Any,
    loss: Callable[..., Any] | None,
    batch: Batch,
    watching: Watching,
    directions: Sequence[Sequence[Sequence[Any]]] | None = None,
) -> list[list[dict[str, Any]]]:
    """Traces the measuring of a batch.

    Args:
        model: the model.
        loss: see `tb_rnnview.training.losses.loss_of`.
        batch: the batch.
        watching: watches the model's recurrent layers.
        directions: for each application, call and variable G / |G|, where the batch is a part of
            the one that G is of; None = it is the whole, and gives G.

    Returns:
        For each application and each of its calls: ``votes`` float32 [T, variables]: <G_t, G> /
        |G|; ``saturated`` and ``units`` float32 [T, gates]: of units that count; ``squares`` and
        ``gradient_squares`` float64 [T, results]: sums of squares; ``not_finite`` float64 [T, 2]:
        in states and outputs, in gradients; ``live`` float64 [T]: sequences that run; ``sizes``
        int64 [results + 1]: values per sequence, and last the batch; and, of a whole batch,
        ``norms`` and ``elsewhere`` float64 [variables]. All in the order of the sequence.
    """
    with functions_inlined():
        is_part = directions is not None
        gradients = _gradients(model, loss, batch, watching, is_part=is_part)
        found = []
        for i, application in enumerate(watching.applications):
            given = None if directions is None else directions[i]
            found.append(_of_application(application, gradients, given))
        return found


def reaching(
    model: Any, loss: Callable[..., Any] | None, batch: Batch, watching: Watching
) -> list[list[list[tuple[Any, Any]]]]:
    """Traces what a part of a batch adds to the gradients of the whole batch.

    Args:
        model: the model.
        loss: see `tb_rnnview.training.losses.loss_of`.
        batch: the part.
        watching: watches the model's recurrent layers.

    Returns:
        For each application, call and variable: what it adds to G, and to what reaches the
        variable from elsewhere; float32, like the variable.
    """
    with functions_inlined():
        gradients = _gradients(model, loss, batch, watching, is_part=True)
        return [
            [
                [
                    (gradients.of(stand_in), gradients.elsewhere(variable, stand_in))
                    for variable, stand_in in zip(call.variables, call.stand_ins, strict=True)
                ]
                for call in application.calls
            ]
            for application in watching.applications
        ]


def _gradients(
    model: Any,
    loss: Callable[..., Any] | None,
    batch: Batch,
    watching: Watching,
    *,
    is_part: bool,
) -> _Gradients:
    """Runs the model, watched, and takes the gradients."""
    with watching.on():
        takes_training = getattr(model, "_call_has_training_arg", True)
        predicted = model(batch.x, training=True) if takes_training else model(batch.x)
        total = loss_of(model, loss, batch.x, batch.y, predicted, batch.weight, is_part=is_part)
    scale = loss_scale(model)
    return _Gradients(total * scale, scale, added_losses(model), watching.applications)


class _Gradients:
    """The gradients of the loss with respect to all that is watched, loss scaling undone."""

    def __init__(
        self, loss: Any, scale: Any, added: Sequence[Any], applications: Sequence[Application]
    ) -> None:
        import tensorflow as tf

        self._scale = scale
        calls = [call for application in applications for call in application.calls]
        states = [zero for call in calls for zero in tf.nest.flatten(call.added)]
        weights = [stand_in for call in calls for stand_in in call.stand_ins]
        # What layers add to the loss counts as a constant: it is no part of the data's loss.
        found = tf.gradients(loss, [*states, *weights], stop_gradients=list(added))
        self._of = {id(x): g for x, g in zip([*states, *weights], found, strict=True)}
        stored = {id(v): v for call in calls for v in call.variables}
        self._elsewhere = {
            key: self._unscaled(v, gradient)
            for (key, v), gradient in zip(
                stored.items(),
                tf.gradients(loss, list(stored.values())) if stored else [],
                strict=True,
            )
        }
        for call in calls:
            for variable, stand_in in zip(call.variables, call.stand_ins, strict=True):
                self._elsewhere[id(variable)] += self.of(stand_in)
        if added and weights:
            pulls = tf.gradients(loss, list(added))
            pairs = [(loss, p) for loss, p in zip(added, pulls, strict=True) if p is not None]
            if pairs:
                ys, pulls = zip(*pairs, strict=True)
                through = iter(tf.gradients(list(ys), weights, grad_ys=list(pulls)))
                for call in calls:
                    for variable in call.variables:
                        self._elsewhere[id(variable)] += self._unscaled(variable, next(through))

    def of(self, source: Any) -> Any:
        """The gradient of the data's loss: float32, like the tensor."""
        return self._unscaled(source, self._of[id(source)])

    def elsewhere(self, variable: Any, stand_in: Any) -> Any:
        """What reaches a variable, but not through the call that reads this stand-in: float32."""
        return self._elsewhere[id(variable)] - self.of(stand_in)

    def _unscaled(self, source: Any, gradient: Any) -> Any:
        import tensorflow as tf

        if gradient is None:
            return tf.zeros(tf.shape(source), tf.float32)
        return tf.cast(tf.convert_to_tensor(gradient), tf.float32) / self._scale


def _of_application(
    application: Application, gradients: _Gradients, directions: Sequence[Sequence[Any]] | None
) -> list[dict[str, Any]]:
    """The tensors of each call, see `measured`."""
    import tensorflow as tf

    mask = application.mask
    if mask is None:
        batch = tf.shape(application.calls[0].results[0])[1]
        mask = tf.fill([application.length, batch], True)
    replayed = []
    for i, call in enumerate(application.calls):
        over_time = [_gradient_over_time(zeros, gradients) for zeros in call.added]
        if directions is None:
            of_variables = [gradients.of(stand_in) for stand_in in call.stand_ins]
            along = [g / tf.cast(norm(g), tf.float32) for g in of_variables]
        else:
            along = list(directions[i])
        tangents = [tf.cast(d, v.dtype) for d, v in zip(along, call.stand_ins, strict=True)]
        replayed.append(
            Replayed(call, list(call.stand_ins), tangents, (list(call.taken), over_time, mask))
        )
    if method_of(application) is Method.ONE_PASS:
        products = [one_pass.products(of, application.length) for of in replayed]
    else:
        products = unsharing.products(application, replayed)
    found = [
        _of_call(application, of, product) for of, product in zip(replayed, products, strict=True)
    ]
    if directions is None:
        for call, tensors in zip(application.calls, found, strict=True):
            pairs = list(zip(call.variables, call.stand_ins, strict=True))
            tensors["norms"] = _stacked([norm(gradients.of(s)) for _, s in pairs])
            tensors["elsewhere"] = _stacked([norm(gradients.elsewhere(v, s)) for v, s in pairs])
    return found


def _of_call(application: Application, of: Replayed, products: Any) -> dict[str, Any]:
    """The tensors of one call, see `measured`, but for those of its variables."""
    import tensorflow as tf

    call, mask = of.call, application.mask
    _, over_time, is_live = of.over_time
    count = len(call.variables)
    found = {
        "votes": products[:, :count],
        "saturated": products[:, count::2],
        "units": products[:, count + 1 :: 2],
        "squares": tf.stack([sums_of_squares(r, mask) for r in call.results], 1),
        "gradient_squares": tf.stack([sums_of_squares(g, mask) for g in over_time], 1),
        "not_finite": tf.stack(
            [
                sum(not_finite(r, mask) for r in call.results if r.dtype.is_floating),
                sum(not_finite(g, mask) for g in over_time),
            ],
            1,
        ),
        "live": tf.reduce_sum(tf.cast(is_live, tf.float64), 1),
    }
    if application.is_backward:
        found = {name: tf.reverse(value, [0]) for name, value in found.items()}
    sizes = [tf.reduce_prod(tf.shape(r, tf.int64)[2:]) for r in call.results]
    found["sizes"] = tf.stack([*sizes, tf.shape(call.results[0], tf.int64)[1]])
    return found


def _stacked(numbers: Sequence[Any]) -> Any:
    import tensorflow as tf

    return tf.stack(numbers) if numbers else tf.zeros([0], tf.float64)


def _gradient_over_time(zeros: Any, gradients: _Gradients) -> Any:
    """dL/d of a result: float32 [T, batch, …], or [T] of them where the loop is written out."""
    import tensorflow as tf

    if isinstance(zeros, list):
        return tf.stack([gradients.of(zero) for zero in zeros])
    return gradients.of(zeros)
