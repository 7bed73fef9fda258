"""What the analysis says of each program is what its text says."""

from __future__ import annotations

import pytest

from tb_rnnview.timeline import Encoding, Kind
from tests.analysis.claims import differences, timeline
from tests.oracle.count import VARIABLE_OPS
from tests.programs.catalogue import NAMES, program


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("aspect", ["axes", "layers", "variables", "states", "connections"])
def test_truth(name, aspect):
    assert differences(name)[aspect] == ()


@pytest.mark.parametrize("name", NAMES)
def test_axes_are_v1_while_frames(name):
    assert {axis.encoding for axis in timeline(name).axes} <= {Encoding.WHILE_FRAME}


@pytest.mark.parametrize("name", NAMES)
def test_variables_come_in_the_programs_order(name):
    case = program(name)
    kinds = ("Const",) if case.storages else VARIABLE_OPS
    made = [op.name for op in case.graph.get_operations() if op.type in kinds]
    listed = [v.name for v in timeline(name).variables]
    assert listed == [n for n in made if n in set(listed)]


@pytest.mark.parametrize("name", NAMES)
def test_variables_have_their_shape_and_type(name):
    graph = program(name).graph
    for variable in timeline(name).variables:
        op = graph.get_operation_by_name(variable.name)
        if op.type == "Const":
            shape, dtype = op.outputs[0].shape.as_list(), op.outputs[0].dtype
        else:
            shape = [d.size for d in op.get_attr("shape").dim]
            dtype = op.get_attr("dtype")
        assert list(variable.shape) == shape
        assert variable.dtype == dtype.base_dtype.name


@pytest.mark.parametrize("name", NAMES)
def test_layers_come_in_the_order_of_data_flow(name):
    claimed = timeline(name)
    place = {layer.id: k for k, layer in enumerate(claimed.layers)}
    for one in claimed.connections:
        if one.offset == 0:
            assert place[one.from_layer] < place[one.to_layer], one


@pytest.mark.parametrize("name", ["starting_program", "what_was_meant"])
def test_the_parameters_that_the_headline_counts(name):
    claimed = timeline(name)
    layers = {layer.id for layer in claimed.layers if layer.kind is Kind.RECURRENT}
    own = sum(v.parameters for v in claimed.variables if set(v.layers) & layers)
    assert own == {"starting_program": 52_900, "what_was_meant": 12_700}[name]


def test_every_statement_about_a_network_without_recurrence():
    for name in ("perceptron", "counter", "convolution", "gibbs", "map_fn", "accumulator"):
        assert timeline(name).recurrent_layers == ()
        assert timeline(name).states == ()
