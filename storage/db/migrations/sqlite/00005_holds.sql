-- Holds, schedules and disposal (CONTRACTS 10, 25). A hold is a predicate, never a list of segments. What was disposed of leaves a tombstone.
-- +goose Up
CREATE TABLE hold (
    id           TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'hld_'), -- typed id of the hold
    request_id   TEXT    REFERENCES request (id), -- the request it follows from; null if none
    camera_id    TEXT    REFERENCES camera (id), -- the camera it covers; null for every camera, those added later too
    start_at     INTEGER NOT NULL, -- first instant it covers, microseconds UTC
    end_at       INTEGER NOT NULL CHECK (end_at > start_at), -- first instant after it, microseconds UTC; may lie in the future
    reason       TEXT    NOT NULL CHECK (length(reason) BETWEEN 1 AND 500), -- why, for people
    placed_by    TEXT    NOT NULL CHECK (length(placed_by) BETWEEN 1 AND 128), -- the actor who placed it
    placed_at    INTEGER NOT NULL, -- when it was placed, microseconds UTC
    review_at    INTEGER NOT NULL, -- when a person looks at it again, microseconds UTC; it does not end by itself then
    lapses_at    INTEGER, -- first instant at which it ends by itself unless somebody confirms it, microseconds UTC; null never
    reviewed_at  INTEGER, -- when a person last looked at it again, microseconds UTC; null never
    verified_at  INTEGER, -- when the last look at what it covers began, microseconds UTC; null before the first
    surveyed_at  INTEGER, -- when the last look at all that it covers began, microseconds UTC; null before the first
    objects      INTEGER NOT NULL CHECK (objects >= 0), -- objects that were there at that look
    lost         INTEGER NOT NULL CHECK (lost >= 0), -- rows of hold_loss
    lift_by      TEXT    REFERENCES staff (id), -- who proposed that it ends; null if nobody does
    lift_why     TEXT    CHECK (length(lift_why) BETWEEN 1 AND 500), -- why it may end; null if nobody proposed it
    lifted_at    INTEGER, -- since when it stands no longer, microseconds UTC; null while it stands
    confirmed_by TEXT    REFERENCES staff (id), -- the second person; null while it stands, and of one that lapsed
    released_at  INTEGER, -- when the objects' own locks were taken off, microseconds UTC; null before
    version      INTEGER NOT NULL CHECK (version >= 1), -- row version for compare-and-swap, from 1
    CHECK ((lift_by IS NULL) = (lift_why IS NULL)),
    CHECK (confirmed_by IS NULL OR (lifted_at IS NOT NULL AND confirmed_by <> lift_by)),
    CHECK (released_at IS NULL OR lifted_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_standing ON hold (camera_id, end_at) WHERE lifted_at IS NULL;
CREATE INDEX hold_request ON hold (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX hold_locked ON hold (id) WHERE lifted_at IS NOT NULL AND released_at IS NULL;

CREATE TABLE hold_round (
    hold_id   TEXT    NOT NULL PRIMARY KEY REFERENCES hold (id), -- the hold that is looked at
    began_at  INTEGER NOT NULL, -- when the look began, microseconds UTC
    from_at   INTEGER NOT NULL, -- it looks at what ends after this instant, microseconds UTC
    stream_id TEXT    NOT NULL CHECK (length(stream_id) <= 64), -- the last object looked at belongs to this stream; empty before the first
    start_at  INTEGER NOT NULL, -- and starts here, microseconds UTC
    seen      INTEGER NOT NULL CHECK (seen >= 0), -- objects that were there so far
    missing   INTEGER NOT NULL CHECK (missing >= 0) -- objects that were not
) STRICT, WITHOUT ROWID;

CREATE TABLE schedule (
    subject   TEXT    NOT NULL PRIMARY KEY CHECK (length(subject) BETWEEN 1 AND 64), -- the camera's id, the class, or "site"
    camera_id TEXT    REFERENCES camera (id), -- the camera it is for; null if it is for several
    class     TEXT    CHECK (class IN ('public-area', 'staff-area', 'library-record')), -- the class it is for; null if it is for one camera or all
    at_least  INTEGER NOT NULL CHECK (at_least BETWEEN 1 AND at_most), -- days before which nothing is disposed of
    at_most   INTEGER NOT NULL CHECK (at_most <= 3650), -- days after which footage is disposed of unless it is held
    version   INTEGER NOT NULL CHECK (version >= 1), -- row version for compare-and-swap, from 1
    CHECK (subject = COALESCE(camera_id, class, 'site')),
    CHECK (camera_id IS NULL OR class IS NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE disposition (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'dsp_'), -- typed id of the act of disposal
    camera_id   TEXT    NOT NULL REFERENCES camera (id), -- whose footage it was
    start_at    INTEGER NOT NULL, -- first instant of the first segment, microseconds UTC
    end_at      INTEGER NOT NULL CHECK (end_at > start_at), -- first instant after the last one, microseconds UTC
    segments    INTEGER NOT NULL CHECK (segments >= 1), -- how many
    bytes       INTEGER NOT NULL CHECK (bytes >= 0), -- bytes of their objects
    why         TEXT    NOT NULL CHECK (why IN ('schedule', 'disk-full')), -- what it was done for
    rule_camera TEXT    REFERENCES camera (id), -- the camera of the schedule that allowed it; null if it is no camera's
    rule_class  TEXT    CHECK (rule_class IN ('public-area', 'staff-area', 'library-record')), -- the class of the schedule; null if it is none's
    at_least    INTEGER NOT NULL CHECK (at_least BETWEEN 1 AND at_most), -- the schedule as it stood then, days
    at_most     INTEGER NOT NULL CHECK (at_most <= 3650), -- the schedule as it stood then, days
    at          INTEGER NOT NULL, -- when the keys were destroyed, microseconds UTC
    final_at    INTEGER NOT NULL CHECK (final_at >= at), -- when the last backup that holds a key ages out, microseconds UTC
    purged_at   INTEGER -- when the last object was removed, microseconds UTC; null before
) STRICT, WITHOUT ROWID;
CREATE INDEX disposition_time ON disposition (at, id);
CREATE INDEX disposition_camera ON disposition (camera_id, end_at);

CREATE TABLE disposed_segment (
    segment_id     TEXT    NOT NULL PRIMARY KEY REFERENCES segment (id), -- the segment whose key was destroyed
    disposition_id TEXT    NOT NULL REFERENCES disposition (id), -- its tombstone
    key_id         TEXT    NOT NULL REFERENCES purpose_key (id), -- the segment-wrap key that its key was encrypted under
    tried_at       INTEGER NOT NULL, -- when removing its object was last tried, microseconds UTC; 0 never
    purged_at      INTEGER -- when its object was removed, microseconds UTC; null before
) STRICT, WITHOUT ROWID;
CREATE INDEX disposed_segment_disposition ON disposed_segment (disposition_id);
CREATE INDEX disposed_segment_unpurged ON disposed_segment (tried_at, segment_id) WHERE purged_at IS NULL;

CREATE TABLE hold_loss (
    hold_id        TEXT    NOT NULL REFERENCES hold (id), -- the hold
    subject        TEXT    NOT NULL CHECK (length(subject) = 30), -- the act of disposal, or the segment whose object is not there
    camera_id      TEXT    NOT NULL REFERENCES camera (id), -- whose footage is lost
    start_at       INTEGER NOT NULL, -- first instant under the hold that is lost, microseconds UTC
    end_at         INTEGER NOT NULL CHECK (end_at > start_at), -- first instant after it, microseconds UTC
    disposition_id TEXT    REFERENCES disposition (id), -- the tombstone; null if it was not disposed of
    cause          TEXT    NOT NULL CHECK (length(cause) BETWEEN 1 AND 200), -- one sentence for people
    PRIMARY KEY (hold_id, subject)
) STRICT, WITHOUT ROWID;

-- The segments that still have their key, so that nobody steps over a year of disposed ones to find the oldest. Derived; triggers keep it.
CREATE TABLE kept_segment (
    stream_id  TEXT    NOT NULL, -- the stream of the segment
    start_at   INTEGER NOT NULL, -- the segment's start, microseconds UTC
    end_at     INTEGER NOT NULL, -- the first instant after it, microseconds UTC
    segment_id TEXT    NOT NULL UNIQUE REFERENCES segment (id), -- the segment
    PRIMARY KEY (stream_id, start_at)
) STRICT, WITHOUT ROWID;
INSERT INTO kept_segment (stream_id, start_at, end_at, segment_id)
SELECT s.stream_id, s.start_at, s.end_at, s.id FROM segment s JOIN segment_key k ON k.segment_id = s.id;
-- +goose StatementBegin
CREATE TRIGGER segment_key_keeps AFTER INSERT ON segment_key BEGIN
    INSERT INTO kept_segment (stream_id, start_at, end_at, segment_id)
    SELECT stream_id, start_at, end_at, id FROM segment WHERE id = NEW.segment_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER segment_key_goes AFTER DELETE ON segment_key BEGIN
    DELETE FROM kept_segment WHERE segment_id = OLD.segment_id;
END;
-- +goose StatementEnd

-- Nothing held is disposed of (A4), whichever program asks.
-- +goose StatementBegin
CREATE TRIGGER segment_key_held BEFORE DELETE ON segment_key
WHEN EXISTS (SELECT 1 FROM segment s JOIN hold h ON h.lifted_at IS NULL AND (h.camera_id = s.camera_id OR h.camera_id IS NULL)
    AND h.end_at > s.start_at AND h.start_at < s.end_at WHERE s.id = OLD.segment_id)
BEGIN SELECT raise(ABORT, 'append-only: segment_key'); END;
-- +goose StatementEnd

-- The rules look at holds and schedules. That objects were looked at changes nothing for them.
-- +goose StatementBegin
CREATE TRIGGER hold_insert_raises AFTER INSERT ON hold BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER hold_update_raises AFTER UPDATE OF lapses_at, lift_by, lift_why, lifted_at ON hold BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER schedule_insert_raises AFTER INSERT ON schedule BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER schedule_update_raises AFTER UPDATE ON schedule BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER camera_retention_raises AFTER UPDATE OF retention_days ON camera BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd

-- What was ordered and what was destroyed is never rewritten: a hold is lifted once, a tombstone stays.
-- +goose StatementBegin
CREATE TRIGGER hold_fixed BEFORE UPDATE OF id, request_id, camera_id, start_at, end_at, reason, placed_by, placed_at ON hold
BEGIN SELECT raise(ABORT, 'append-only: hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER hold_once BEFORE UPDATE OF lifted_at, confirmed_by, lift_by, lift_why ON hold WHEN OLD.lifted_at IS NOT NULL
    AND (NEW.lifted_at IS NOT OLD.lifted_at OR NEW.confirmed_by IS NOT OLD.confirmed_by
    OR NEW.lift_by IS NOT OLD.lift_by OR NEW.lift_why IS NOT OLD.lift_why)
BEGIN SELECT raise(ABORT, 'append-only: hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER hold_no_delete BEFORE DELETE ON hold BEGIN SELECT raise(ABORT, 'append-only: hold'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER hold_loss_no_update BEFORE UPDATE ON hold_loss BEGIN SELECT raise(ABORT, 'append-only: hold_loss'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER hold_loss_no_delete BEFORE DELETE ON hold_loss BEGIN SELECT raise(ABORT, 'append-only: hold_loss'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disposition_fixed BEFORE UPDATE OF id, camera_id, start_at, end_at, segments, bytes, why, rule_camera, rule_class, at_least,
    at_most, at, final_at ON disposition
BEGIN SELECT raise(ABORT, 'append-only: disposition'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disposition_once BEFORE UPDATE OF purged_at ON disposition WHEN OLD.purged_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: disposition'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disposition_no_delete BEFORE DELETE ON disposition BEGIN SELECT raise(ABORT, 'append-only: disposition'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disposed_segment_fixed BEFORE UPDATE OF segment_id, disposition_id, key_id ON disposed_segment
BEGIN SELECT raise(ABORT, 'append-only: disposed_segment'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disposed_segment_once BEFORE UPDATE OF purged_at ON disposed_segment WHEN OLD.purged_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: disposed_segment'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disposed_segment_no_delete BEFORE DELETE ON disposed_segment BEGIN SELECT raise(ABORT, 'append-only: disposed_segment'); END;
-- +goose StatementEnd
