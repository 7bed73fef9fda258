"""What the passes found, before it is put into the words of the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tb_rnnview.analysis.axes import Axes
from tb_rnnview.analysis.connections import Flow
from tb_rnnview.analysis.instances import Instances
from tb_rnnview.analysis.layers import FoundLayer
from tb_rnnview.analysis.lengths import Length
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.analysis.picked_elements import PickedElements
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.variables import Storage
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames
from tb_rnnview.sources.graph_source import DeclaredVariable, GraphSource


@dataclass
class Analysis:
    """Everything that is known of one graph."""

    source: GraphSource
    graph: Graph
    frames: Frames
    values: Values
    loops: list[Loop]
    steps: dict[int, Length]
    """Steps of each loop, by frame, as the graph fixes them."""
    observed: dict[int, Length]
    """The same with the user's example inputs; empty = none were given."""
    axes: Axes
    picked: PickedElements
    storages: list[Storage]
    instances: Instances
    flows: list[Flow]
    layers: list[FoundLayer]
    declared: dict[int, DeclaredVariable]
    """What the source says of a variable, by the node that stores it."""
    batch_loops: list[str]
    """The names of the loops around the network, of which one round is described."""
    not_covered: list[str]
    """Live operation types that may hold a recurrence and are not looked into."""
    roots: list[int]
    """The results of the network."""
    live: bytearray
    """One flag per node: the results need it."""

    def variable_name(self, storage: int) -> str:
        """What the program calls the variable that a node stores."""
        declared = self.declared.get(storage)
        return declared.name if declared is not None else self.graph.names[storage]

    def variables_of(self, layer: FoundLayer) -> list[int]:
        """The nodes that store the variables of a layer, in the program's order."""
        sites = (site for instance in layer.instances for site in instance.sites)
        nodes = {self.storages[site.variable].node for site in sites}
        return sorted(nodes, key=lambda n: (self.place_of(n), self.variable_name(n)))

    def place_of(self, storage: int) -> int:
        """The place of the variable that a node stores in the program's order; unknown: last."""
        return self._places.get(storage, len(self._places))

    @cached_property
    def _places(self) -> dict[int, int]:
        return {node: i for i, node in enumerate(self.declared)}
