-- +goose Up

CREATE TABLE agency (
    id      TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'agy_'),
    name    TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    phone   TEXT    NOT NULL CHECK (length(phone) BETWEEN 3 AND 60),
    source  TEXT    NOT NULL CHECK (length(source) BETWEEN 1 AND 500),
    removed BOOLEAN NOT NULL,
    version BIGINT  NOT NULL CHECK (version >= 1)
);
COMMENT ON COLUMN agency.id IS 'typed id of the directory''s entry';
COMMENT ON COLUMN agency.name IS 'what the agency is called';
COMMENT ON COLUMN agency.phone IS 'the number on which its officers are called back';
COMMENT ON COLUMN agency.source IS 'where the number was found, and when it was checked';
COMMENT ON COLUMN agency.removed IS 'whether it is offered no more';
COMMENT ON COLUMN agency.version IS 'row version for compare-and-swap, from 1';

CREATE TABLE request_year (
    year BIGINT  NOT NULL PRIMARY KEY CHECK (year BETWEEN 1970 AND 9999),
    last BIGINT  NOT NULL CHECK (last >= 1)
);
COMMENT ON COLUMN request_year.year IS 'calendar year of the site';
COMMENT ON COLUMN request_year.last IS 'place of the last request that was numbered in it';

CREATE TABLE request (
    id             TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'req_'),
    number         TEXT    NOT NULL UNIQUE CHECK (length(number) BETWEEN 13 AND 20),
    year           BIGINT  NOT NULL CHECK (year BETWEEN 1970 AND 9999),
    place          BIGINT  NOT NULL CHECK (place >= 1),
    kind           TEXT    NOT NULL CHECK (kind IN ('open-records', 'law-enforcement')),
    state          TEXT    NOT NULL CHECK (state IN ('received', 'clarify', 'misdirected', 'scoped', 'proposed', 'decided', 'available', 'delivered', 'closed')),
    since_at       BIGINT  NOT NULL,
    channel        TEXT    NOT NULL CHECK (channel IN ('in-person', 'telephone', 'e-mail', 'letter', 'other')),
    received_at    BIGINT  NOT NULL,
    logged_at      BIGINT  NOT NULL CHECK (logged_at >= received_at),
    logged_by      TEXT    NOT NULL REFERENCES staff (id),
    late           TEXT    NOT NULL CHECK (length(late) <= 500),
    text           TEXT    NOT NULL CHECK (length(text) BETWEEN 1 AND 20000),
    oral           BOOLEAN NOT NULL,
    read_back      BOOLEAN NOT NULL,
    inspect        BOOLEAN NOT NULL,
    requester      TEXT    NOT NULL CHECK (length(requester) <= 200),
    contact        TEXT    NOT NULL CHECK (length(contact) <= 500),
    agency         TEXT    NOT NULL CHECK (length(agency) <= 200),
    officer        TEXT    NOT NULL CHECK (length(officer) <= 200),
    badge          TEXT    NOT NULL CHECK (length(badge) <= 60),
    case_number    TEXT    NOT NULL CHECK (length(case_number) <= 100),
    offence        TEXT    NOT NULL CHECK (length(offence) <= 2000),
    at_site        BOOLEAN NOT NULL,
    asked_start_at BIGINT,
    asked_end_at   BIGINT  CHECK (asked_end_at > asked_start_at),
    call_back      BIGINT  CHECK (call_back >= 1),
    pick_up        TEXT    NOT NULL CHECK (length(pick_up) = 8),
    due_at         BIGINT  NOT NULL,
    ended_at       BIGINT,
    closing        TEXT    CHECK (closing IN ('released', 'part-released', 'denied', 'inspected', 'no-record', 'withdrawn', 'abandoned', 'misdirected')),
    why            TEXT    CHECK (length(why) <= 2000),
    version        BIGINT  NOT NULL CHECK (version >= 1),
    ruling         BIGINT  NOT NULL CHECK (ruling >= 0),
    UNIQUE (year, place),
    CHECK ((asked_start_at IS NULL) = (asked_end_at IS NULL)),
    CHECK ((ended_at IS NULL) = (closing IS NULL) AND (ended_at IS NULL) = (why IS NULL)),
    CHECK ((ended_at IS NOT NULL) = (state = 'closed'))
);
COMMENT ON COLUMN request.id IS 'typed id of the request';
COMMENT ON COLUMN request.number IS 'what people call it: REQ, the site''s year, its place in it';
COMMENT ON COLUMN request.year IS 'the number''s year';
COMMENT ON COLUMN request.place IS 'its place in the year, from 1, without gaps';
COMMENT ON COLUMN request.kind IS 'who asks, and with it which law holds';
COMMENT ON COLUMN request.state IS 'where it is, as the table of states in desk/request allows';
COMMENT ON COLUMN request.since_at IS 'when it came into that state, microseconds UTC';
COMMENT ON COLUMN request.channel IS 'how it came in';
COMMENT ON COLUMN request.received_at IS 'when it reached any employee, from when the clocks run, microseconds UTC';
COMMENT ON COLUMN request.logged_at IS 'when it was logged, microseconds UTC';
COMMENT ON COLUMN request.logged_by IS 'who logged it';
COMMENT ON COLUMN request.late IS 'why it was logged more than two days after it was received; empty otherwise';
COMMENT ON COLUMN request.text IS 'what was asked, word for word';
COMMENT ON COLUMN request.oral IS 'whether it was spoken, and transcribed by staff';
COMMENT ON COLUMN request.read_back IS 'whether the transcript was read back to the requester';
COMMENT ON COLUMN request.inspect IS 'whether to look under supervision is enough';
COMMENT ON COLUMN request.requester IS 'who asks, as far as they say; may be empty';
COMMENT ON COLUMN request.contact IS 'how an answer reaches them; may be empty';
COMMENT ON COLUMN request.agency IS 'the officer''s agency; may be empty';
COMMENT ON COLUMN request.officer IS 'the officer''s name; may be empty';
COMMENT ON COLUMN request.badge IS 'the officer''s badge; may be empty';
COMMENT ON COLUMN request.case_number IS 'the agency''s own number of the case; may be empty';
COMMENT ON COLUMN request.offence IS 'what is said to have happened; may be empty';
COMMENT ON COLUMN request.at_site IS 'whether it is said to have happened at the library';
COMMENT ON COLUMN request.asked_start_at IS 'start of the time asked for, microseconds UTC; null if unknown';
COMMENT ON COLUMN request.asked_end_at IS 'first instant after it, microseconds UTC; null if unknown';
COMMENT ON COLUMN request.call_back IS 'which attempt to call back counts: the latest since the officer was named as they are; null if none';
COMMENT ON COLUMN request.pick_up IS 'the code with which somebody who gave no address asks how it stands';
COMMENT ON COLUMN request.due_at IS 'end of the day by which it is to be decided, microseconds UTC';
COMMENT ON COLUMN request.ended_at IS 'when it was closed, microseconds UTC; null while it is open';
COMMENT ON COLUMN request.closing IS 'how it ended; null while it is open';
COMMENT ON COLUMN request.why IS 'the reason of its closing, for the letter; null while it is open';
COMMENT ON COLUMN request.version IS 'row version for compare-and-swap, from 1, of the request with its items';
COMMENT ON COLUMN request.ruling IS 'grows with every change of what is decided about any item: a package is made of one ruling';

CREATE TABLE request_camera (
    request_id TEXT    NOT NULL REFERENCES request (id),
    camera_id  TEXT    NOT NULL REFERENCES camera (id),
    position   BIGINT  NOT NULL CHECK (position >= 0),
    PRIMARY KEY (request_id, camera_id)
);
COMMENT ON COLUMN request_camera.request_id IS 'the request';
COMMENT ON COLUMN request_camera.camera_id IS 'a camera that the requester named';
COMMENT ON COLUMN request_camera.position IS 'place in the order in which they were named, from 0';

CREATE TABLE request_concerned (
    request_id TEXT NOT NULL REFERENCES request (id),
    staff_id   TEXT NOT NULL REFERENCES staff (id),
    PRIMARY KEY (request_id, staff_id)
);
COMMENT ON COLUMN request_concerned.request_id IS 'the request';
COMMENT ON COLUMN request_concerned.staff_id IS 'who filed it or is its subject, and acts on nothing of it';

CREATE TABLE request_item (
    id                TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'itm_'),
    request_id        TEXT    NOT NULL REFERENCES request (id),
    place             BIGINT  NOT NULL CHECK (place BETWEEN 1 AND 64),
    camera_id         TEXT    NOT NULL REFERENCES camera (id),
    start_at          BIGINT  NOT NULL,
    end_at            BIGINT  NOT NULL CHECK (end_at > start_at),
    stage             TEXT    NOT NULL CHECK (stage IN ('scoped', 'proposed', 'decided', 'ended')),
    proposed_outcome  TEXT    CHECK (proposed_outcome IN ('grant', 'inspect-only', 'deny', 'no-record')),
    proposed_citation TEXT    CHECK (length(proposed_citation) <= 300),
    proposed_reason   TEXT    CHECK (length(proposed_reason) <= 2000),
    proposed_by       TEXT    REFERENCES staff (id),
    proposed_at       BIGINT,
    out_at            BIGINT,
    UNIQUE (request_id, place),
    CHECK ((proposed_outcome IS NULL) = (proposed_by IS NULL) AND (proposed_outcome IS NULL) = (proposed_at IS NULL)),
    CHECK ((proposed_outcome IS NULL) = (proposed_citation IS NULL) AND (proposed_outcome IS NULL) = (proposed_reason IS NULL)),
    CHECK (stage NOT IN ('proposed', 'decided') OR proposed_outcome IS NOT NULL),
    CHECK (stage <> 'scoped' OR proposed_outcome IS NULL),
    CHECK (out_at IS NULL OR stage = 'decided')
);
COMMENT ON COLUMN request_item.id IS 'typed id of the item';
COMMENT ON COLUMN request_item.request_id IS 'the request that it is part of';
COMMENT ON COLUMN request_item.place IS 'its place in the request, from 1, without gaps';
COMMENT ON COLUMN request_item.camera_id IS 'the camera whose footage it is about';
COMMENT ON COLUMN request_item.start_at IS 'first instant that it is about, microseconds UTC';
COMMENT ON COLUMN request_item.end_at IS 'first instant after it, microseconds UTC';
COMMENT ON COLUMN request_item.stage IS 'how far it is';
COMMENT ON COLUMN request_item.proposed_outcome IS 'what a preparer thinks right for exactly this camera and span; null if nobody did';
COMMENT ON COLUMN request_item.proposed_citation IS 'the proposal''s citation; empty for a grant';
COMMENT ON COLUMN request_item.proposed_reason IS 'why; may be empty';
COMMENT ON COLUMN request_item.proposed_by IS 'who proposed it';
COMMENT ON COLUMN request_item.proposed_at IS 'when, microseconds UTC';
COMMENT ON COLUMN request_item.out_at IS 'when a package with it was handed over, microseconds UTC; null before, and after a recall';

CREATE TABLE request_decision (
    item_id       TEXT    NOT NULL REFERENCES request_item (id),
    number        BIGINT  NOT NULL CHECK (number >= 1),
    camera_id     TEXT    NOT NULL REFERENCES camera (id),
    start_at      BIGINT  NOT NULL,
    end_at        BIGINT  NOT NULL CHECK (end_at > start_at),
    proposed_by   TEXT    NOT NULL REFERENCES staff (id),
    outcome       TEXT    NOT NULL CHECK (outcome IN ('grant', 'inspect-only', 'deny', 'no-record')),
    citation      TEXT    NOT NULL CHECK (length(citation) <= 300 AND (outcome = 'grant' OR length(citation) > 0)),
    reason        TEXT    NOT NULL CHECK (length(reason) <= 2000),
    decided_by    TEXT    NOT NULL REFERENCES staff (id) CHECK (decided_by <> proposed_by),
    decided_at    BIGINT  NOT NULL,
    lapses_at     BIGINT  NOT NULL CHECK (lapses_at > decided_at),
    superseded_at BIGINT,
    PRIMARY KEY (item_id, number)
);
COMMENT ON COLUMN request_decision.item_id IS 'the item that was decided';
COMMENT ON COLUMN request_decision.number IS 'which decision about it, from 1';
COMMENT ON COLUMN request_decision.camera_id IS 'the camera that was decided about';
COMMENT ON COLUMN request_decision.start_at IS 'first instant that was decided about, microseconds UTC';
COMMENT ON COLUMN request_decision.end_at IS 'first instant after it, microseconds UTC';
COMMENT ON COLUMN request_decision.proposed_by IS 'who had proposed it';
COMMENT ON COLUMN request_decision.outcome IS 'what was decided';
COMMENT ON COLUMN request_decision.citation IS 'the law that it rests on; empty only for a grant';
COMMENT ON COLUMN request_decision.reason IS 'why; may be empty';
COMMENT ON COLUMN request_decision.decided_by IS 'who decided, another person than who proposed';
COMMENT ON COLUMN request_decision.decided_at IS 'when, microseconds UTC';
COMMENT ON COLUMN request_decision.lapses_at IS 'first instant at which it no longer counts, microseconds UTC';
COMMENT ON COLUMN request_decision.superseded_at IS 'when another decision, a change of scope, a withdrawal or a recall took its place, microseconds UTC; null while it stands';

CREATE TABLE call_back (
    request_id TEXT    NOT NULL REFERENCES request (id),
    number     BIGINT  NOT NULL CHECK (number >= 1),
    agency_id  TEXT    NOT NULL REFERENCES agency (id),
    phone      TEXT    NOT NULL CHECK (length(phone) BETWEEN 3 AND 60),
    reached    BOOLEAN NOT NULL,
    spoke      TEXT    NOT NULL CHECK (length(spoke) <= 200),
    made_by    TEXT    NOT NULL REFERENCES staff (id),
    made_at    BIGINT  NOT NULL,
    PRIMARY KEY (request_id, number)
);
COMMENT ON COLUMN call_back.request_id IS 'the request about which it was called';
COMMENT ON COLUMN call_back.number IS 'which attempt, from 1';
COMMENT ON COLUMN call_back.agency_id IS 'the directory''s entry that was called';
COMMENT ON COLUMN call_back.phone IS 'the number, as the directory had it then';
COMMENT ON COLUMN call_back.reached IS 'whether the officer was reached and confirmed the request';
COMMENT ON COLUMN call_back.spoke IS 'with whom it was spoken; may be empty';
COMMENT ON COLUMN call_back.made_by IS 'who called';
COMMENT ON COLUMN call_back.made_at IS 'when, microseconds UTC';

CREATE TABLE request_note (
    request_id TEXT    NOT NULL REFERENCES request (id),
    number     BIGINT  NOT NULL CHECK (number >= 1),
    text       TEXT    NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
    made_by    TEXT    NOT NULL REFERENCES staff (id),
    made_at    BIGINT  NOT NULL,
    PRIMARY KEY (request_id, number)
);
COMMENT ON COLUMN request_note.request_id IS 'the request that it is about';
COMMENT ON COLUMN request_note.number IS 'which note, from 1';
COMMENT ON COLUMN request_note.text IS 'what it says';
COMMENT ON COLUMN request_note.made_by IS 'who wrote it';
COMMENT ON COLUMN request_note.made_at IS 'when, microseconds UTC';

CREATE TABLE request_attachment (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'att_'),
    request_id TEXT    NOT NULL REFERENCES request (id),
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    size       BIGINT  NOT NULL CHECK (size BETWEEN 1 AND 10485760),
    sha256     BYTEA   NOT NULL CHECK (length(sha256) = 32),
    added_by   TEXT    NOT NULL REFERENCES staff (id),
    added_at   BIGINT  NOT NULL
);
COMMENT ON COLUMN request_attachment.id IS 'typed id of the paper';
COMMENT ON COLUMN request_attachment.request_id IS 'the request that it came with';
COMMENT ON COLUMN request_attachment.name IS 'what it is called, without path and control characters';
COMMENT ON COLUMN request_attachment.size IS 'its length in bytes';
COMMENT ON COLUMN request_attachment.sha256 IS 'SHA-256 of its bytes';
COMMENT ON COLUMN request_attachment.added_by IS 'who added it';
COMMENT ON COLUMN request_attachment.added_at IS 'when, microseconds UTC';

CREATE TABLE request_attachment_part (
    attachment_id TEXT    NOT NULL REFERENCES request_attachment (id),
    part          BIGINT  NOT NULL CHECK (part >= 0),
    content       BYTEA   NOT NULL CHECK (length(content) BETWEEN 1 AND 1048576),
    PRIMARY KEY (attachment_id, part)
);
COMMENT ON COLUMN request_attachment_part.attachment_id IS 'the paper';
COMMENT ON COLUMN request_attachment_part.part IS 'which part of its bytes, from 0';
COMMENT ON COLUMN request_attachment_part.content IS 'the bytes, as they came';

CREATE INDEX request_open ON request (due_at, id) WHERE ended_at IS NULL;
CREATE INDEX request_logged ON request (logged_at, id);
CREATE INDEX request_camera_camera ON request_camera (camera_id);
CREATE INDEX request_concerned_staff ON request_concerned (staff_id);
CREATE INDEX request_item_camera ON request_item (camera_id, end_at);
CREATE UNIQUE INDEX request_decision_standing ON request_decision (item_id) WHERE superseded_at IS NULL;
CREATE INDEX request_attachment_request ON request_attachment (request_id);

-- What the rules look at raises the generation in the same transaction.
CREATE TRIGGER request_raises AFTER INSERT OR UPDATE OF version, call_back ON request FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER request_concerned_raises AFTER INSERT OR DELETE ON request_concerned FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER request_item_raises AFTER INSERT OR UPDATE ON request_item FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER request_decision_raises AFTER INSERT OR UPDATE ON request_decision FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER call_back_raises AFTER INSERT ON call_back FOR EACH ROW EXECUTE FUNCTION raise_access_generation();

-- What was asked, decided, noted and attached is never rewritten; a decision is superseded once, and nothing is deleted.
CREATE TRIGGER request_fixed BEFORE UPDATE OF id, number, year, place, kind, channel, logged_at, logged_by, text, oral, pick_up OR DELETE ON request FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_no_truncate BEFORE TRUNCATE ON request FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER request_item_fixed BEFORE UPDATE OF id, request_id, place OR DELETE ON request_item FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_item_no_truncate BEFORE TRUNCATE ON request_item FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER request_decision_fixed BEFORE UPDATE OF item_id, number, camera_id, start_at, end_at, proposed_by, outcome, citation, reason, decided_by, decided_at, lapses_at OR DELETE ON request_decision FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_decision_once BEFORE UPDATE OF superseded_at ON request_decision FOR EACH ROW WHEN (OLD.superseded_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_decision_no_truncate BEFORE TRUNCATE ON request_decision FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER call_back_fixed BEFORE UPDATE OF request_id, number, agency_id, phone, reached, spoke, made_by, made_at OR DELETE ON call_back FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER call_back_no_truncate BEFORE TRUNCATE ON call_back FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER request_note_fixed BEFORE UPDATE OF request_id, number, text, made_by, made_at OR DELETE ON request_note FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_note_no_truncate BEFORE TRUNCATE ON request_note FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER request_attachment_fixed BEFORE UPDATE OF id, request_id, name, size, sha256, added_by, added_at OR DELETE ON request_attachment FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_attachment_no_truncate BEFORE TRUNCATE ON request_attachment FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER request_attachment_part_fixed BEFORE UPDATE OF attachment_id, part, content OR DELETE ON request_attachment_part FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_attachment_part_no_truncate BEFORE TRUNCATE ON request_attachment_part FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER request_year_onwards BEFORE UPDATE ON request_year FOR EACH ROW WHEN (NEW.year <> OLD.year OR NEW.last <= OLD.last) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_year_no_delete BEFORE DELETE ON request_year FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_year_no_truncate BEFORE TRUNCATE ON request_year FOR EACH STATEMENT EXECUTE FUNCTION append_only();
