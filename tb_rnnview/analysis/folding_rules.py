"""All rules of partial folding: how an operation's output follows from its inputs.

Only operations that really stand between a placeholder and a sequence's length, a state's size or
a block of a kernel have rules; of any other nothing is known.
"""

from __future__ import annotations

from tb_rnnview.analysis import (
    folded_arithmetic,
    folded_values,
    shapes_of_arrays,
    shapes_of_fused,
    shapes_of_layout,
    shapes_of_parts,
    shapes_of_results,
)
from tb_rnnview.analysis.questions import RuleOf

SHAPE_RULES: dict[str, RuleOf] = {
    **shapes_of_results.RULES,
    **shapes_of_layout.RULES,
    **shapes_of_parts.RULES,
    **shapes_of_arrays.RULES,
    **shapes_of_fused.RULES,
}
VALUE_RULES: dict[str, RuleOf] = {**folded_values.RULES, **folded_arithmetic.RULES}
