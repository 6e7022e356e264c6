-- Visits that are under way. Rows go when a visit is finished, stopped or too old, or its patient is deleted; no backup has them.
CREATE TABLE draft (
    number INTEGER PRIMARY KEY,
    draft_id TEXT NOT NULL UNIQUE,
    patient_mac BLOB,  -- NULL until the patient has a code.
    wrapped_key BLOB NOT NULL
) STRICT;

CREATE TABLE draft_part (
    draft_id TEXT NOT NULL,
    part TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (draft_id, part)
) STRICT;

-- Which visit a draft became, for a form that is sent twice.
CREATE TABLE finished_draft (
    number INTEGER PRIMARY KEY,
    draft_id TEXT NOT NULL UNIQUE,
    visit_id TEXT NOT NULL
) STRICT;
