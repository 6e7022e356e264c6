-- The data key under the recovery key, where one was made.
CREATE TABLE recovery (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    wrapped_key BLOB NOT NULL
) STRICT;
