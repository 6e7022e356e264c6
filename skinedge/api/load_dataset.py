"""`load_dataset`: a folder of photos, answers and labels, read and checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skinedge.datasets.pad_ufes_20 import DataSet, read_pad_ufes_20
from skinedge.errors import ConfigError

_READERS: dict[str, Callable[[Path], DataSet]] = {"pad-ufes-20": read_pad_ufes_20}


def load_dataset(folder: str | Path, *, name: str = "pad-ufes-20") -> DataSet:
    """Returns the records of a data set: photo, answers, label and patient of each.

    Photos are found, not decoded. What was blank, respelled or out of range is counted in `DataSet.report`.

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
    if name not in _READERS:
        raise ConfigError(f"unknown data set {name!r}: expected one of {', '.join(_READERS)}")
    return _READERS[name](Path(folder))
