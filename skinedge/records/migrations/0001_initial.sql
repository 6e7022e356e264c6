-- What a person could be recognised by stands in `sealed`, `wrapped_key` and `patient_mac` alone.
PRAGMA application_id = 1397441874;  -- "SKER"

CREATE TABLE store (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    store_id TEXT NOT NULL,
    salt BLOB NOT NULL,
    scrypt_n INTEGER NOT NULL,
    scrypt_r INTEGER NOT NULL,
    scrypt_p INTEGER NOT NULL,
    wrapped_key BLOB NOT NULL
) STRICT;

-- Columns in the order of `chain.Entry`.
CREATE TABLE log (
    sequence INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    kind TEXT NOT NULL,
    visit_id TEXT,
    model_name TEXT,
    model_sha256 TEXT,
    payload_sha256 TEXT NOT NULL,
    photo_sha256 TEXT,
    previous_sha256 TEXT NOT NULL,
    entry_sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX log_by_visit ON log (visit_id);

CREATE TRIGGER log_refuses_update BEFORE UPDATE ON log BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;
CREATE TRIGGER log_refuses_delete BEFORE DELETE ON log BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;
-- INSERT OR REPLACE would delete without asking the trigger above.
CREATE TRIGGER log_refuses_insert BEFORE INSERT ON log
WHEN NEW.sequence <= (SELECT max(sequence) FROM log) BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TABLE head (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    sequence INTEGER NOT NULL,
    entry_sha256 TEXT NOT NULL,
    mac BLOB NOT NULL
) STRICT;

-- Rows of these three go when a patient is deleted.
CREATE TABLE visit (
    sequence INTEGER PRIMARY KEY,
    visit_id TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    patient_mac BLOB NOT NULL,
    wrapped_key BLOB NOT NULL
) STRICT;
CREATE INDEX visit_by_patient ON visit (patient_mac);
CREATE INDEX visit_by_time ON visit (created_at);

CREATE TABLE payload (
    sequence INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE photo (
    sequence INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;
