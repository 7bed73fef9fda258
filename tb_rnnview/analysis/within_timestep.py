"""Which instances feed which within one timestep, and how they line up."""

from __future__ import annotations

from collections.abc import Collection

from tb_rnnview.analysis.connections import Flow
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.ordering import in_order, levels


class WithinTimestep:
    """Which instances feed which within one timestep."""

    def __init__(self, instances: list[Instance], flows: list[Flow]) -> None:
        self.before: list[set[int]] = [set() for _ in instances]
        self.after: list[set[int]] = [set() for _ in instances]
        for flow in flows:
            if flow.offset == 0 and not flow.starts:
                self.before[flow.target].add(flow.source)
                self.after[flow.source].add(flow.target)
        self.order = in_order(self.before, [instance.first for instance in instances])
        self.place = {i: k for k, i in enumerate(self.order)}
        self.reverse = self.order[::-1]
        self.reverse_place = {i: k for k, i in enumerate(self.reverse)}

    def levels(self, members: Collection[int]) -> dict[int, int]:
        """How many members feed each member, one through the other."""
        return levels(self.order, self.place, self.before, members)

    def linked(self, members: Collection[int]) -> list[int]:
        """The members that feed another one, or are fed by one."""
        upstream = self.levels(members)
        downstream = levels(self.reverse, self.reverse_place, self.after, members)
        return sorted(i for i in members if upstream[i] or downstream[i])
