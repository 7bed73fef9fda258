"""Which arguments keep Keras' LSTM and GRU from running as one operation of cuDNN on a GPU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tb_rnnview.sources.user_names import handles, names_in

_FUSED = ("LSTM", "GRU")
# What cuDNN computes; an activation that is not told by its name may be the same function.
_ACTIVATIONS = {"activation": "tanh", "recurrent_activation": "sigmoid"}


def without_cudnn(kind: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """The arguments of a layer that cuDNN cannot do, as the program writes them.

    Args:
        kind: the layer's class.
        config: its configuration. What it does not say is as Keras has it.
    """
    if kind not in _FUSED or config.get("use_cudnn") is False:  # the program's own choice
        return ()
    return tuple(_preventing(kind, config))


def _preventing(kind: str, config: Mapping[str, Any]) -> Iterator[str]:
    for argument, only in _ACTIVATIONS.items():
        function = config.get(argument)
        if isinstance(function, str) and function != only:
            yield f"{argument}={function!r}"
    dropped = config.get("recurrent_dropout")
    if isinstance(dropped, (int, float)) and dropped > 0:
        yield f"recurrent_dropout={dropped}"
    if config.get("unroll") is True:
        yield "unroll=True"
    if config.get("use_bias") is False:
        yield "use_bias=False"
    if kind == "GRU" and config.get("reset_after") is False:
        yield "reset_after=False"


def variables_without_cudnn(model: Any) -> dict[str, tuple[str, ...]]:
    """The arguments by variable, for the layers of a live model that they keep from cuDNN."""
    preventing: dict[int, tuple[str, ...]] = {}
    for layer in model._flatten_layers():
        # A class of the program's own may do anything.
        if type(layer).__module__.partition(".")[0] not in ("keras", "tf_keras"):
            continue
        # Of Keras 2, only the layers that TensorFlow 2 made know of cuDNN.
        is_legacy = type(layer).__module__.startswith("tf_keras")
        if is_legacy and getattr(layer, "_could_use_gpu_kernel", True):
            continue
        kind = type(layer).__name__
        if kind not in _FUSED or getattr(layer, "use_cudnn", None) is False:
            continue
        arguments = without_cudnn(kind, layer.get_config())
        for variable in layer.weights if arguments else ():
            preventing |= dict.fromkeys(map(id, handles(variable)), arguments)
    if not preventing:
        return {}
    return {
        held.name: preventing[id(handle)]
        for held in names_in(model)
        for handle in held.handles
        if id(handle) in preventing
    }
