"""Small Keras configurations, in the words of its versions."""

from __future__ import annotations

import json
from typing import Any

Entry = dict[str, Any]


def layer(class_name: str, name: str, **config: Any) -> Entry:
    """A layer as every version writes it."""
    return {"class_name": class_name, "config": {"name": name, **config}}


def sequential(*layers: Entry, version: str = "2.9.0", **config: Any) -> str:
    """A Sequential model."""
    whole = {"name": "model", "layers": list(layers), **config}
    content = {"class_name": "Sequential", "config": whole, "keras_version": version}
    return json.dumps(content if version else {"module": "keras", **content})


def called(entry: Entry, *calls: list[Any]) -> Entry:
    """A layer of a functional model, called on the outputs of others: by name, call and port."""
    nodes = [[_tensor(one) for one in call] for call in calls]
    return {**entry, "name": entry["config"]["name"], "inbound_nodes": nodes}


def _tensor(one: Any) -> list[Any]:
    name, call, port = (one, 0, 0) if isinstance(one, str) else one
    return [name, call, port, {}]


def fed(name: str, *shape: int | None) -> Entry:
    """An input; the batch is left open."""
    return called(layer("InputLayer", name, batch_input_shape=[None, *shape]))


def functional(*entries: Entry, outputs: list[Any], version: str = "2.9.0") -> str:
    """A functional model whose inputs are its InputLayers."""
    config = {
        "name": "model",
        "layers": list(entries),
        "input_layers": [[e["name"], 0, 0] for e in entries if e["class_name"] == "InputLayer"],
        "output_layers": [_tensor(one)[:3] for one in outputs],
    }
    return json.dumps({"class_name": "Functional", "config": config, "keras_version": version})
