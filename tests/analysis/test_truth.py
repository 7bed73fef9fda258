"""What the analysis says of each program is what its text says."""

from __future__ import annotations

import pytest

from tb_rnnview.timeline import Encoding, Kind
from tests.analysis.claims import compare, differences, of_graph, timeline
from tests.oracle.count import VARIABLE_OPS
from tests.programs.catalogue import NAMES, TF1_NAMES, TF2_NAMES, program


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("aspect", ["axes", "layers", "variables", "states", "connections"])
def test_truth(name, aspect):
    assert differences(name)[aspect] == ()


@pytest.mark.parametrize("name", TF2_NAMES)
def test_a_functions_graph_tells_what_the_function_tells(name):
    told = compare(name, of_graph(program(name)))
    # The graph alone does not say which uses are one layer's where only an object holds them.
    differs = {"layers", "variables", "connections"} if program(name).told_by_objects else set()
    assert {
        aspect: found for aspect, found in told.items() if found and aspect not in differs
    } == {}


@pytest.mark.parametrize("name", TF1_NAMES)
def test_axes_are_v1_while_frames(name):
    encodings = [axis.encoding for axis in timeline(name).axes]
    assert set(encodings) <= {Encoding.WHILE_FRAME, Encoding.UNROLLED}
    unrolled = [axis for axis in program(name).truth.axes.values() if axis.unrolled]
    assert encodings.count(Encoding.UNROLLED) == len(unrolled)


@pytest.mark.parametrize("name", TF2_NAMES)
def test_axes_are_functional_loops(name):
    encodings = [axis.encoding for axis in timeline(name).axes]
    assert set(encodings) <= {Encoding.WHILE_OP, Encoding.UNROLLED}
    unrolled = [axis for axis in program(name).truth.axes.values() if axis.unrolled]
    assert encodings.count(Encoding.UNROLLED) == len(unrolled)


@pytest.mark.parametrize("name", TF2_NAMES)
def test_variables_come_in_the_order_of_the_model(name):
    order = program(name).variables
    listed = [v.name for v in timeline(name).variables]
    assert listed == [n for n in order if n in set(listed)] or not order


@pytest.mark.parametrize("name", TF1_NAMES)
def test_variables_come_in_the_programs_order(name):
    case = program(name)
    kinds = ("Const",) if case.storages else VARIABLE_OPS
    made = [op.name for op in case.graph.get_operations() if op.type in kinds]
    listed = [v.name for v in timeline(name).variables]
    assert listed == [n for n in made if n in set(listed)]


@pytest.mark.parametrize("name", NAMES)
def test_variables_have_their_shape_and_type(name):
    graph = program(name).graph
    used = [variable for variable in timeline(name).variables if variable.uses]
    assert used
    for variable in used:
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
    # What may be a stack of layers stands in one place, and what it feeds may feed it.
    unknown = {layer.id for layer in claimed.layers if layer.kind is Kind.UNKNOWN}
    for one in claimed.connections:
        if one.offset == 0 and not unknown & {one.from_layer, one.to_layer}:
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
