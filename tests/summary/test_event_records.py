"""The framing of event files, against files that TensorBoard's own writer made."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from tensorboard.summary.writer.record_writer import RecordWriter

from tb_rnnview.event_records import DamagedRecordError, framed, is_header, records_in

CONTENTS = (b"first", b"", b"x" * 3000, b"\0\xff", b"first")


class OnlyReadable:
    """What TensorBoard's file layer gives for remote files: it cannot seek."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, n: int, /) -> bytes:
        return self._file.read(n)


@pytest.fixture(name="written")
def _written(tmp_path: Path) -> bytes:
    path = tmp_path / "events"
    with path.open("wb") as file:
        writer = RecordWriter(file)
        for content in CONTENTS:
            writer.write(content)
        writer.flush()
    return path.read_bytes()


def test_records_are_framed_as_tensorboard_frames_them(written: bytes) -> None:
    assert b"".join(map(framed, CONTENTS)) == written


@pytest.mark.parametrize("opened", [io.BytesIO, OnlyReadable])
def test_each_record_says_where_it_is_whatever_was_read_of_the_one_before(written, opened) -> None:
    for asked in ("nothing", "head", "data", "soundness"):
        places = []
        for record in records_in(opened(written), len(written)):
            if asked == "head":
                assert record.head(3) == CONTENTS[len(places)][:3]
            elif asked == "data":
                assert record.data() == CONTENTS[len(places)]
            elif asked == "soundness":
                assert record.is_sound()
            places.append(written[record.offset : record.offset + record.length])
        assert tuple(places) == CONTENTS


def test_what_is_passed_over_is_not_read(written: bytes) -> None:
    class Counting(io.BytesIO):
        count = 0

        def read(self, n: int | None = -1, /) -> bytes:
            data = super().read(n)
            self.count += len(data)
            return data

    file = Counting(written)
    assert len(list(records_in(file, len(written)))) == len(CONTENTS)
    assert file.count == 12 * len(CONTENTS), "the headers"


def test_a_file_that_ends_too_early_says_where() -> None:
    whole = framed(b"whole")
    for cut in range(1, len(framed(b"half"))):
        data = whole + framed(b"half")[:cut]
        records = records_in(io.BytesIO(data), len(data))
        assert next(records).data() == b"whole"
        with pytest.raises(DamagedRecordError) as caught:
            next(records)
        assert (caught.value.position, caught.value.is_cut) == (len(whole), cut >= 12)


@pytest.mark.parametrize("position", range(12))
def test_a_length_that_was_changed_is_noticed(position: int) -> None:
    data = bytearray(framed(b"data"))
    data[position] ^= 1
    assert not is_header(bytes(data))
    with pytest.raises(DamagedRecordError):
        list(records_in(io.BytesIO(data), len(data)))


@pytest.mark.parametrize("position", range(12, 20))
def test_data_that_were_changed_are_not_sound(position: int) -> None:
    data = bytearray(framed(b"data"))
    data[position] ^= 1
    (sound,) = [record.is_sound() for record in records_in(io.BytesIO(data), len(data))]
    assert not sound


def test_a_file_filled_up_with_zeros_holds_no_more_records(written: bytes) -> None:
    data = written + bytes(64)
    records = records_in(io.BytesIO(data), len(data))
    assert [next(records).data() for _ in CONTENTS] == list(CONTENTS)
    with pytest.raises(DamagedRecordError) as caught:
        next(records)
    assert caught.value.position == len(written)
