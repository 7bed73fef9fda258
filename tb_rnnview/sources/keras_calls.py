"""What passes between the layers of a configuration while they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tb_rnnview.sources.configured_layer import Mask, Start
from tb_rnnview.sources.dimensions import Dimension, Dims, Positions, shape_of_dims
from tb_rnnview.sources.dimensions import Place as Counted
from tb_rnnview.timeline import Shape


@dataclass
class Value:
    """What a layer puts out, or takes. More of its shape may come out where it is taken."""

    sources: tuple[int, ...] = ()
    """The layers, by position, that it comes from."""
    dims: Dims | None = None
    fed_by: tuple[tuple[int, int], ...] = ()
    """The calls of layers with variables that it comes from."""
    name: str = ""
    """Of the input or layer that gives it."""
    is_final_state: bool = False
    made_of: tuple[Counted, ...] = ()
    """What may be in it, where its dimensions are not followed."""
    reason: str = ""
    """Why they are not."""
    mask: Mask | None = None
    """None = nothing is known of one."""

    @property
    def shape(self) -> Shape:
        """The sizes, as far as they are known."""
        return shape_of_dims(self.dims)

    @property
    def start(self) -> Start:
        """What a state is told to start from, if it starts from this."""
        return Start(self.fed_by, self.name, self.is_final_state)

    def of_rank(self, rank: int, positions: Positions) -> Dims:
        """Its dimensions, given how many there must be."""
        if self.dims is None or len(self.dims) != rank:
            self.dims = self._new((None,) * rank, positions)
        return self.dims

    def sequence(self, rank: int, time: int, positions: Positions) -> Dims:
        """Its dimensions, of which one is walked along: that is counted as one."""
        dims = self.of_rank(rank, positions)
        if len(dims[time].places) != 1:  # several flattened, or what was taken for the batch
            why = f"dimension {time} of {self.name!r} is not fixed"
            whole = positions.new(dims[time].size, why, made_of=dims[time].places)
            self.dims = dims = (*dims[:time], whole, *dims[time + 1 :])
        return dims

    def known(
        self, shape: tuple[int | None, ...], positions: Positions, *, is_observed: bool
    ) -> None:
        """Takes in the shape that Keras wrote down when it made, or built, what takes it.

        Args:
            shape: the shape.
            positions: those of the model.
            is_observed: it may be that of the data for which the model was built.
        """
        if self.dims is None:
            # The size of a batch is that of some data, and nobody declared it.
            first = None if is_observed else shape[0]
            self.dims = self._new((first, *shape[1:]), positions, is_observed=is_observed)
        elif len(self.dims) == len(shape):
            self.dims = tuple(
                Dimension(size, d.places) if i and d.size is None else d
                for i, (d, size) in enumerate(zip(self.dims, shape, strict=True))
            )

    def _new(
        self, shape: Sequence[int | None], positions: Positions, *, is_observed: bool = False
    ) -> Dims:
        why = self.reason or "no shape of it is declared"
        return (
            Dimension(shape[0]),
            *(
                positions.new(
                    size,
                    why if size is None else "as the model was built",
                    opaque_of=self.made_of,
                    is_observed=is_observed and size is not None,
                )
                for size in shape[1:]
            ),
        )


@dataclass(frozen=True)
class Place:
    """Where in the model a layer stands."""

    prefix: str
    """Names of the nested models around it, each with its slash."""
    around: tuple[str, ...] = ()
    """Names of the wrappers around it."""
    rank: tuple[int, ...] = ()
    """Its place in the configuration."""
    steps: tuple[Counted, ...] = ()
    """The positions for each of which it runs anew."""
    untold: tuple[int, ...] = ()
    """Which of the names, the outermost first, the user did not choose."""
    unnamed: tuple[int, ...] = ()
    """Which of the names, the outermost first, stand in no variable's name."""

    def name(self, own: str) -> tuple[str, ...]:
        """The program's own layers that lead to a layer, outermost first."""
        parts = (*self.around, own)
        return (self.prefix + parts[0], *parts[1:])

    def chain(self, path: Sequence[str]) -> tuple[str, ...]:
        """The layers that lead to one, without wrappers that the user did not name."""
        told = (part for i, part in enumerate(path) if i not in self.untold)
        start = "" if 0 not in self.untold else self.prefix
        return tuple(f"{start}{part}" if not i else part for i, part in enumerate(told))

    def scope(self, path: Sequence[str]) -> str:
        """The scope of the variables of a layer that some layers lead to."""
        return "/".join(part for i, part in enumerate(path) if i not in self.unnamed)

    def at(self, index: int) -> Place:
        """The place of one of the entries here."""
        return replace(self, rank=(*self.rank, index))

    def inside(self, model: str) -> Place:
        """The place of the layers of a nested model."""
        if self.around:  # a wrapped model: its layers stand below the wrapper
            return replace(self, around=(*self.around, model) if model else self.around)
        return replace(self, prefix=f"{self.prefix}{model}/" if model else self.prefix)
