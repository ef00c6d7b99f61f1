-- +goose Up

CREATE TABLE agency (
    id      TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'agy_'), -- typed id of the directory's entry
    name    TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 200), -- what the agency is called
    phone   TEXT    NOT NULL CHECK (length(phone) BETWEEN 3 AND 60), -- the number on which its officers are called back
    source  TEXT    NOT NULL CHECK (length(source) BETWEEN 1 AND 500), -- where the number was found, and when it was checked
    removed INTEGER NOT NULL CHECK (removed IN (0, 1)), -- whether it is offered no more
    version INTEGER NOT NULL CHECK (version >= 1) -- row version for compare-and-swap, from 1
) STRICT, WITHOUT ROWID;

CREATE TABLE request_year (
    year INTEGER NOT NULL PRIMARY KEY CHECK (year BETWEEN 1970 AND 9999), -- calendar year of the site
    last INTEGER NOT NULL CHECK (last >= 1) -- place of the last request that was numbered in it
) STRICT;

CREATE TABLE request (
    id             TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'req_'), -- typed id of the request
    number         TEXT    NOT NULL UNIQUE CHECK (length(number) BETWEEN 13 AND 20), -- what people call it: REQ, the site's year, its place in it
    year           INTEGER NOT NULL CHECK (year BETWEEN 1970 AND 9999), -- the number's year
    place          INTEGER NOT NULL CHECK (place >= 1), -- its place in the year, from 1, without gaps
    kind           TEXT    NOT NULL CHECK (kind IN ('open-records', 'law-enforcement')), -- who asks, and with it which law holds
    state          TEXT    NOT NULL CHECK (state IN ('received', 'clarify', 'misdirected', 'scoped', 'proposed', 'decided', 'available', 'delivered', 'closed')), -- where it is, as the table of states in desk/request allows
    since_at       INTEGER NOT NULL, -- when it came into that state, microseconds UTC
    channel        TEXT    NOT NULL CHECK (channel IN ('in-person', 'telephone', 'e-mail', 'letter', 'other')), -- how it came in
    received_at    INTEGER NOT NULL, -- when it reached any employee, from when the clocks run, microseconds UTC
    logged_at      INTEGER NOT NULL CHECK (logged_at >= received_at), -- when it was logged, microseconds UTC
    logged_by      TEXT    NOT NULL REFERENCES staff (id), -- who logged it
    late           TEXT    NOT NULL CHECK (length(late) <= 500), -- why it was logged more than two days after it was received; empty otherwise
    text           TEXT    NOT NULL CHECK (length(text) BETWEEN 1 AND 20000), -- what was asked, word for word
    oral           INTEGER NOT NULL CHECK (oral IN (0, 1)), -- whether it was spoken, and transcribed by staff
    read_back      INTEGER NOT NULL CHECK (read_back IN (0, 1)), -- whether the transcript was read back to the requester
    inspect        INTEGER NOT NULL CHECK (inspect IN (0, 1)), -- whether to look under supervision is enough
    requester      TEXT    NOT NULL CHECK (length(requester) <= 200), -- who asks, as far as they say; may be empty
    contact        TEXT    NOT NULL CHECK (length(contact) <= 500), -- how an answer reaches them; may be empty
    agency         TEXT    NOT NULL CHECK (length(agency) <= 200), -- the officer's agency; may be empty
    officer        TEXT    NOT NULL CHECK (length(officer) <= 200), -- the officer's name; may be empty
    badge          TEXT    NOT NULL CHECK (length(badge) <= 60), -- the officer's badge; may be empty
    case_number    TEXT    NOT NULL CHECK (length(case_number) <= 100), -- the agency's own number of the case; may be empty
    offence        TEXT    NOT NULL CHECK (length(offence) <= 2000), -- what is said to have happened; may be empty
    at_site        INTEGER NOT NULL CHECK (at_site IN (0, 1)), -- whether it is said to have happened at the library
    asked_start_at INTEGER, -- start of the time asked for, microseconds UTC; null if unknown
    asked_end_at   INTEGER CHECK (asked_end_at > asked_start_at), -- first instant after it, microseconds UTC; null if unknown
    call_back      INTEGER CHECK (call_back >= 1), -- which attempt to call back counts: the latest since the officer was named as they are; null if none
    pick_up        TEXT    NOT NULL CHECK (length(pick_up) = 8), -- the code with which somebody who gave no address asks how it stands
    due_at         INTEGER NOT NULL, -- end of the day by which it is to be decided, microseconds UTC
    ended_at       INTEGER, -- when it was closed, microseconds UTC; null while it is open
    closing        TEXT    CHECK (closing IN ('released', 'part-released', 'denied', 'inspected', 'no-record', 'withdrawn', 'abandoned', 'misdirected')), -- how it ended; null while it is open
    why            TEXT    CHECK (length(why) <= 2000), -- the reason of its closing, for the letter; null while it is open
    version        INTEGER NOT NULL CHECK (version >= 1), -- row version for compare-and-swap, from 1, of the request with its items
    ruling         INTEGER NOT NULL CHECK (ruling >= 0), -- grows with every change of what is decided about any item: a package is made of one ruling
    UNIQUE (year, place),
    CHECK ((asked_start_at IS NULL) = (asked_end_at IS NULL)),
    CHECK ((ended_at IS NULL) = (closing IS NULL) AND (ended_at IS NULL) = (why IS NULL)),
    CHECK ((ended_at IS NOT NULL) = (state = 'closed'))
) STRICT, WITHOUT ROWID;

CREATE TABLE request_camera (
    request_id TEXT    NOT NULL REFERENCES request (id), -- the request
    camera_id  TEXT    NOT NULL REFERENCES camera (id), -- a camera that the requester named
    position   INTEGER NOT NULL CHECK (position >= 0), -- place in the order in which they were named, from 0
    PRIMARY KEY (request_id, camera_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_concerned (
    request_id TEXT NOT NULL REFERENCES request (id), -- the request
    staff_id   TEXT NOT NULL REFERENCES staff (id), -- who filed it or is its subject, and acts on nothing of it
    PRIMARY KEY (request_id, staff_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_item (
    id                TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'itm_'), -- typed id of the item
    request_id        TEXT    NOT NULL REFERENCES request (id), -- the request that it is part of
    place             INTEGER NOT NULL CHECK (place BETWEEN 1 AND 64), -- its place in the request, from 1, without gaps
    camera_id         TEXT    NOT NULL REFERENCES camera (id), -- the camera whose footage it is about
    start_at          INTEGER NOT NULL, -- first instant that it is about, microseconds UTC
    end_at            INTEGER NOT NULL CHECK (end_at > start_at), -- first instant after it, microseconds UTC
    stage             TEXT    NOT NULL CHECK (stage IN ('scoped', 'proposed', 'decided', 'ended')), -- how far it is
    proposed_outcome  TEXT    CHECK (proposed_outcome IN ('grant', 'inspect-only', 'deny', 'no-record')), -- what a preparer thinks right for exactly this camera and span; null if nobody did
    proposed_citation TEXT    CHECK (length(proposed_citation) <= 300), -- the proposal's citation; empty for a grant
    proposed_reason   TEXT    CHECK (length(proposed_reason) <= 2000), -- why; may be empty
    proposed_by       TEXT    REFERENCES staff (id), -- who proposed it
    proposed_at       INTEGER, -- when, microseconds UTC
    out_at            INTEGER, -- when a package with it was handed over, microseconds UTC; null before, and after a recall
    UNIQUE (request_id, place),
    CHECK ((proposed_outcome IS NULL) = (proposed_by IS NULL) AND (proposed_outcome IS NULL) = (proposed_at IS NULL)),
    CHECK ((proposed_outcome IS NULL) = (proposed_citation IS NULL) AND (proposed_outcome IS NULL) = (proposed_reason IS NULL)),
    CHECK (stage NOT IN ('proposed', 'decided') OR proposed_outcome IS NOT NULL),
    CHECK (stage <> 'scoped' OR proposed_outcome IS NULL),
    CHECK (out_at IS NULL OR stage = 'decided')
) STRICT, WITHOUT ROWID;

CREATE TABLE request_decision (
    item_id       TEXT    NOT NULL REFERENCES request_item (id), -- the item that was decided
    number        INTEGER NOT NULL CHECK (number >= 1), -- which decision about it, from 1
    camera_id     TEXT    NOT NULL REFERENCES camera (id), -- the camera that was decided about
    start_at      INTEGER NOT NULL, -- first instant that was decided about, microseconds UTC
    end_at        INTEGER NOT NULL CHECK (end_at > start_at), -- first instant after it, microseconds UTC
    proposed_by   TEXT    NOT NULL REFERENCES staff (id), -- who had proposed it
    outcome       TEXT    NOT NULL CHECK (outcome IN ('grant', 'inspect-only', 'deny', 'no-record')), -- what was decided
    citation      TEXT    NOT NULL CHECK (length(citation) <= 300 AND (outcome = 'grant' OR length(citation) > 0)), -- the law that it rests on; empty only for a grant
    reason        TEXT    NOT NULL CHECK (length(reason) <= 2000), -- why; may be empty
    decided_by    TEXT    NOT NULL REFERENCES staff (id) CHECK (decided_by <> proposed_by), -- who decided, another person than who proposed
    decided_at    INTEGER NOT NULL, -- when, microseconds UTC
    lapses_at     INTEGER NOT NULL CHECK (lapses_at > decided_at), -- first instant at which it no longer counts, microseconds UTC
    superseded_at INTEGER, -- when another decision, a change of scope, a withdrawal or a recall took its place, microseconds UTC; null while it stands
    PRIMARY KEY (item_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE call_back (
    request_id TEXT    NOT NULL REFERENCES request (id), -- the request about which it was called
    number     INTEGER NOT NULL CHECK (number >= 1), -- which attempt, from 1
    agency_id  TEXT    NOT NULL REFERENCES agency (id), -- the directory's entry that was called
    phone      TEXT    NOT NULL CHECK (length(phone) BETWEEN 3 AND 60), -- the number, as the directory had it then
    reached    INTEGER NOT NULL CHECK (reached IN (0, 1)), -- whether the officer was reached and confirmed the request
    spoke      TEXT    NOT NULL CHECK (length(spoke) <= 200), -- with whom it was spoken; may be empty
    made_by    TEXT    NOT NULL REFERENCES staff (id), -- who called
    made_at    INTEGER NOT NULL, -- when, microseconds UTC
    PRIMARY KEY (request_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_note (
    request_id TEXT    NOT NULL REFERENCES request (id), -- the request that it is about
    number     INTEGER NOT NULL CHECK (number >= 1), -- which note, from 1
    text       TEXT    NOT NULL CHECK (length(text) BETWEEN 1 AND 4000), -- what it says
    made_by    TEXT    NOT NULL REFERENCES staff (id), -- who wrote it
    made_at    INTEGER NOT NULL, -- when, microseconds UTC
    PRIMARY KEY (request_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_attachment (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'att_'), -- typed id of the paper
    request_id TEXT    NOT NULL REFERENCES request (id), -- the request that it came with
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 120), -- what it is called, without path and control characters
    size       INTEGER NOT NULL CHECK (size BETWEEN 1 AND 10485760), -- its length in bytes
    sha256     BLOB    NOT NULL CHECK (length(sha256) = 32), -- SHA-256 of its bytes
    added_by   TEXT    NOT NULL REFERENCES staff (id), -- who added it
    added_at   INTEGER NOT NULL -- when, microseconds UTC
) STRICT, WITHOUT ROWID;

CREATE TABLE request_attachment_part (
    attachment_id TEXT    NOT NULL REFERENCES request_attachment (id), -- the paper
    part          INTEGER NOT NULL CHECK (part >= 0), -- which part of its bytes, from 0
    content       BLOB    NOT NULL CHECK (length(content) BETWEEN 1 AND 1048576), -- the bytes, as they came
    PRIMARY KEY (attachment_id, part)
) STRICT, WITHOUT ROWID;

CREATE INDEX request_open ON request (due_at, id) WHERE ended_at IS NULL;
CREATE INDEX request_logged ON request (logged_at, id);
CREATE INDEX request_camera_camera ON request_camera (camera_id);
CREATE INDEX request_concerned_staff ON request_concerned (staff_id);
CREATE INDEX request_item_camera ON request_item (camera_id, end_at);
CREATE UNIQUE INDEX request_decision_standing ON request_decision (item_id) WHERE superseded_at IS NULL;
CREATE INDEX request_attachment_request ON request_attachment (request_id);

-- What the rules look at raises the generation in the same transaction.
-- +goose StatementBegin
CREATE TRIGGER request_insert_raises AFTER INSERT ON request BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_update_raises AFTER UPDATE OF version, call_back ON request BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_concerned_insert_raises AFTER INSERT ON request_concerned BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_concerned_delete_raises AFTER DELETE ON request_concerned BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_item_insert_raises AFTER INSERT ON request_item BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_item_update_raises AFTER UPDATE ON request_item BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_decision_insert_raises AFTER INSERT ON request_decision BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_decision_update_raises AFTER UPDATE ON request_decision BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER call_back_insert_raises AFTER INSERT ON call_back BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd

-- What was asked, decided, noted and attached is never rewritten; a decision is superseded once, and nothing is deleted.
-- +goose StatementBegin
CREATE TRIGGER request_fixed BEFORE UPDATE OF id, number, year, place, kind, channel, logged_at, logged_by, text, oral, pick_up ON request
BEGIN SELECT raise(ABORT, 'append-only: request'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_no_delete BEFORE DELETE ON request BEGIN SELECT raise(ABORT, 'append-only: request'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_item_fixed BEFORE UPDATE OF id, request_id, place ON request_item
BEGIN SELECT raise(ABORT, 'append-only: request_item'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_item_no_delete BEFORE DELETE ON request_item BEGIN SELECT raise(ABORT, 'append-only: request_item'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_decision_fixed BEFORE UPDATE OF item_id, number, camera_id, start_at, end_at, proposed_by, outcome, citation, reason, decided_by, decided_at, lapses_at ON request_decision
BEGIN SELECT raise(ABORT, 'append-only: request_decision'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_decision_once BEFORE UPDATE OF superseded_at ON request_decision WHEN OLD.superseded_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: request_decision'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_decision_no_delete BEFORE DELETE ON request_decision BEGIN SELECT raise(ABORT, 'append-only: request_decision'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER call_back_fixed BEFORE UPDATE OF request_id, number, agency_id, phone, reached, spoke, made_by, made_at ON call_back
BEGIN SELECT raise(ABORT, 'append-only: call_back'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER call_back_no_delete BEFORE DELETE ON call_back BEGIN SELECT raise(ABORT, 'append-only: call_back'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_note_fixed BEFORE UPDATE OF request_id, number, text, made_by, made_at ON request_note
BEGIN SELECT raise(ABORT, 'append-only: request_note'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_note_no_delete BEFORE DELETE ON request_note BEGIN SELECT raise(ABORT, 'append-only: request_note'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_attachment_fixed BEFORE UPDATE OF id, request_id, name, size, sha256, added_by, added_at ON request_attachment
BEGIN SELECT raise(ABORT, 'append-only: request_attachment'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_attachment_no_delete BEFORE DELETE ON request_attachment BEGIN SELECT raise(ABORT, 'append-only: request_attachment'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_attachment_part_fixed BEFORE UPDATE OF attachment_id, part, content ON request_attachment_part
BEGIN SELECT raise(ABORT, 'append-only: request_attachment_part'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_attachment_part_no_delete BEFORE DELETE ON request_attachment_part BEGIN SELECT raise(ABORT, 'append-only: request_attachment_part'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_year_no_delete BEFORE DELETE ON request_year BEGIN SELECT raise(ABORT, 'append-only: request_year'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_year_onwards BEFORE UPDATE ON request_year WHEN NEW.year <> OLD.year OR NEW.last <= OLD.last
BEGIN SELECT raise(ABORT, 'append-only: request_year'); END;
-- +goose StatementEnd
