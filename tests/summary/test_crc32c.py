"""The checksum of much data, against TensorBoard's and known values."""

from __future__ import annotations

import random

import pytest
from tensorboard.compat.tensorflow_stub import pywrap_tensorflow

from tb_rnnview.crc32c import crc32c, masked_crc32c


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        # RFC 3720, B.4.
        (b"\0" * 32, 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (b"123456789", 0xE3069283),
        (b"", 0),
    ],
)
def test_known_values(data: bytes, crc: int) -> None:
    assert crc32c(data) == crc


@pytest.mark.parametrize(
    "size", [1, 63, 64, 1023, 1024, 1025, 1087, 1088, 2047, 2048, 2049, 4096, 65_535, 100_001]
)
def test_it_is_tensorboards(size: int) -> None:
    for data in (random.Random(size).randbytes(size), bytes(size), b"\xff" * size):
        assert crc32c(data) == pywrap_tensorflow.crc32c(data)
        assert masked_crc32c(data) == pywrap_tensorflow.masked_crc32c(data)
