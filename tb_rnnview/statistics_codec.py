"""Translates LayerStatistics to and from what an event file holds: a label and a float32 tensor.

TensorBoard keeps the metadata of a tag's first event only, so the label holds what is the same at
every training step, and everything that may change is in the tensor, float32 [2 + rows,
2 + columns]::

    length   0           starts ...
    seal     0           counts ...
    whole    elsewhere   values ...     a line for each row

The seal is a checksum of the label: numbers that were written under another label, by a program
that was changed and started again, are never read as what they are not.
"""

from __future__ import annotations

import zlib

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from tensorboard.compat.proto import tensor_pb2, tensor_shape_pb2, types_pb2

from tb_rnnview import timeline_pb2
from tb_rnnview.errors import FormatError, NewerSchemaError
from tb_rnnview.statistics import MAX_LENGTH, SCHEMA_VERSION, LayerStatistics, StatisticsRow

_HEAD = 2


def label_of(data: LayerStatistics) -> bytes:
    """The label: a ``tb_rnnview.StatisticsLabel`` message."""
    message = timeline_pb2.StatisticsLabel(
        schema_version=SCHEMA_VERSION,
        layer=data.layer,
        application=data.application,
        axis=data.axis,
        rows=[
            timeline_pb2.StatisticsRow(
                measure=row.measure, of=row.of, unit=row.unit, merged=row.merged
            )
            for row in data.rows
        ],
    )
    return message.SerializeToString(deterministic=True)


def tensor_of(data: LayerStatistics) -> NDArray[np.float32]:
    """The tensor: float32 [2 + rows, 2 + columns]."""
    table = np.zeros((_HEAD + len(data.rows), _HEAD + data.starts.size), np.float32)
    table[0, 0] = data.length
    table[1, 0] = _seal(label_of(data))
    table[0, _HEAD:] = data.starts
    table[1, _HEAD:] = data.counts
    table[_HEAD:, 0] = data.whole
    table[_HEAD:, 1] = data.elsewhere
    table[_HEAD:, _HEAD:] = data.values
    return table


def tensor_message(data: LayerStatistics) -> tensor_pb2.TensorProto:
    """The tensor as TensorBoard's message."""
    table = tensor_of(data)
    return tensor_pb2.TensorProto(
        dtype=types_pb2.DT_FLOAT,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(
            dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in table.shape]
        ),
        tensor_content=table.astype("<f4").tobytes(),
    )


def from_message(label: bytes, message: tensor_pb2.TensorProto) -> LayerStatistics:
    """The statistics in a tensor message and its tag's label.

    Raises:
        FormatError: as `from_tensor`.
    """
    shape = [dim.size for dim in message.tensor_shape.dim]
    if message.tensor_content:
        values = np.frombuffer(
            message.tensor_content[: len(message.tensor_content) // 4 * 4], "<f4"
        )
    else:
        values = np.array(message.float_val, np.float32)
    # TensorFlow's shortened form, one value for many, is never written for what has a seal; so a
    # shape cannot ask for more than the message holds.
    if message.dtype != types_pb2.DT_FLOAT or len(shape) != 2 or min(shape) < 0:
        raise FormatError("it is no float32 matrix")
    if values.size != shape[0] * shape[1]:
        raise FormatError(f"{values.size} numbers do not fill a matrix of shape {tuple(shape)}")
    return from_tensor(label, values.reshape(shape))


def read_label(label: bytes) -> timeline_pb2.StatisticsLabel:
    """The message in the bytes of a label.

    Raises:
        FormatError: the bytes are damaged or follow a newer schema.
    """
    message = timeline_pb2.StatisticsLabel()
    try:
        message.ParseFromString(label)
    except (DecodeError, ValueError) as error:  # ValueError: a text that is no UTF-8
        raise FormatError("the label is no tb_rnnview.StatisticsLabel message") from error
    if message.schema_version == 0:
        raise FormatError("the label has no schema_version")
    if message.schema_version > SCHEMA_VERSION:
        raise NewerSchemaError(
            f"these statistics follow schema {message.schema_version}, and this tb_rnnview knows "
            f"up to schema {SCHEMA_VERSION}: upgrade with pip install -U tb-rnnview"
        )
    return message


def from_tensor(label: bytes, table: NDArray[np.float32]) -> LayerStatistics:
    """The statistics in a tensor and its tag's label.

    Raises:
        FormatError: one of them is damaged, they do not belong together, or the label follows a
            newer schema.
    """
    message = read_label(label)
    rows = tuple(StatisticsRow(r.measure, r.of, r.unit, r.merged) for r in message.rows)
    if table.ndim != 2 or table.shape[0] != _HEAD + len(rows) or table.shape[1] < _HEAD:
        raise FormatError(f"a tensor of shape {table.shape} does not fit its label")
    heads = np.concatenate([table[:2, 0], table[:2, _HEAD:].ravel()]).astype(np.float64)
    if not ((heads >= 0) & (heads <= MAX_LENGTH) & (heads == np.floor(heads))).all():
        raise FormatError("positions are no whole numbers")
    if table[1, 0] != _seal(label):
        raise FormatError("it was written under another label")
    try:
        return LayerStatistics(
            layer=message.layer,
            application=message.application,
            axis=message.axis,
            length=int(table[0, 0]),
            rows=rows,
            values=table[_HEAD:, _HEAD:],
            starts=table[0, _HEAD:].astype(np.int64),
            counts=table[1, _HEAD:].astype(np.int64),
            whole=table[_HEAD:, 0],
            elsewhere=table[_HEAD:, 1],
        )
    except ValueError as error:
        raise FormatError(str(error)) from error


def _seal(label: bytes) -> int:
    # 24 bits: whole numbers that float32 holds exactly.
    return zlib.crc32(label) & 0xFFFFFF
