"""`load_dataset`: a folder of photos, answers and labels, read and checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skinedge.datasets.pad_ufes_20 import DataSet, read_pad_ufes_20
from skinedge.errors import ConfigError

_READERS: dict[str, Callable[[Path], DataSet]] = {"pad-ufes-20": read_pad_ufes_20}


def load_dataset(folder: str | Path, *, name: str = "pad-ufes-20") -> DataSet:
    """Returns the records of a data set: photo, answers, label and patient of each.

    Photos are found, not decoded. What was left blank, respelled or out of range is counted in `DataSet.report`.

    Args:
        folder: where the data set lies.
        name: its layout.

    Raises:
        ConfigError: there is no layout of this name.
        DataError: a file, folder or column is missing, or a value is not in the schema.

    Example:
        >>> data = load_dataset("lesions")
        >>> len(data), data[0].label, data[0].answers["age_years"]
    """
    if not isinstance(folder, str | Path):
        raise ConfigError(f"got {type(folder).__name__} for the folder of a data set, expected a path")
    if name not in _READERS:
        raise ConfigError(f"unknown data set {name!r}: expected one of {', '.join(_READERS)}")
    return _READERS[name](Path(folder))


def as_dataset(data: DataSet | str | Path) -> DataSet:
    """The data set itself, or the one in a folder. Raises: ConfigError where it is neither; see `load_dataset`."""
    if isinstance(data, DataSet):
        return data
    if isinstance(data, str | Path):
        return load_dataset(data)
    raise ConfigError(f"got {type(data).__name__} for a data set, expected what load_dataset returns, or its folder")
