"""An argument keeps an LSTM or a GRU of Keras from running as one operation of cuDNN on a GPU."""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.naming import layer_names, listed
from tb_rnnview.timeline import Finding, Layer, Severity, Timeline

CODE = "CUDNN_NOT_USED"
PLACE = 120

_AS_CUDNN_HAS_IT = {
    "activation": "activation='tanh'",
    "recurrent_activation": "recurrent_activation='sigmoid'",
    "recurrent_dropout": "recurrent_dropout=0",
    "unroll": "unroll=False",
    "use_bias": "use_bias=True",
    "reset_after": "reset_after=True",
}


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """One finding for all layers that the same arguments keep from it."""
    groups: dict[tuple[str, ...], list[Layer]] = {}
    for layer in timeline.layers if facts.without_cudnn else ():
        arguments = facts.without_cudnn.get(layer.id)
        if arguments:
            groups.setdefault(arguments, []).append(layer)
    for arguments, layers in groups.items():
        one = len(arguments) == 1
        changed = [_AS_CUDNN_HAS_IT[a.partition("=")[0]] for a in arguments]
        yield Finding(
            code=CODE,
            severity=Severity.INFO,
            message=(
                f"{layer_names(timeline, layers)} cannot run as one operation of cuDNN, which "
                f"does all timesteps at once on a GPU: {listed(arguments)} "
                f"prevent{'s' if one else ''} it. "
                "The timesteps are computed one by one, by several operations each."
            ),
            advice=(
                f"If the network trains on a GPU and may be another one: `{', '.join(changed)}`. "
                "Weights that were trained otherwise do not fit then. If it is meant so, or runs "
                "on a CPU, change nothing."
            ),
            layers=tuple(layer.id for layer in layers),
        )
