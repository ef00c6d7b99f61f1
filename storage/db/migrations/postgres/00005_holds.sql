-- Holds, schedules and disposal (CONTRACTS 10, 25). A hold is a predicate, never a list of segments. What was disposed of leaves a tombstone.
-- +goose Up
CREATE TABLE hold (
    id           TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'hld_'),
    request_id   TEXT   REFERENCES request (id),
    camera_id    TEXT   REFERENCES camera (id),
    start_at     BIGINT NOT NULL,
    end_at       BIGINT NOT NULL CHECK (end_at > start_at),
    reason       TEXT   NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    placed_by    TEXT   NOT NULL CHECK (length(placed_by) BETWEEN 1 AND 128),
    placed_at    BIGINT NOT NULL,
    review_at    BIGINT NOT NULL,
    lapses_at    BIGINT,
    reviewed_at  BIGINT,
    verified_at  BIGINT,
    surveyed_at  BIGINT,
    objects      BIGINT NOT NULL CHECK (objects >= 0),
    lost         BIGINT NOT NULL CHECK (lost >= 0),
    lift_by      TEXT   REFERENCES staff (id),
    lift_why     TEXT   CHECK (length(lift_why) BETWEEN 1 AND 500),
    lifted_at    BIGINT,
    confirmed_by TEXT   REFERENCES staff (id),
    released_at  BIGINT,
    version      BIGINT NOT NULL CHECK (version >= 1),
    CHECK ((lift_by IS NULL) = (lift_why IS NULL)),
    CHECK (confirmed_by IS NULL OR (lifted_at IS NOT NULL AND confirmed_by <> lift_by)),
    CHECK (released_at IS NULL OR lifted_at IS NOT NULL)
);
COMMENT ON COLUMN hold.id IS 'typed id of the hold';
COMMENT ON COLUMN hold.request_id IS 'the request it follows from; null if none';
COMMENT ON COLUMN hold.camera_id IS 'the camera it covers; null for every camera, those added later too';
COMMENT ON COLUMN hold.start_at IS 'first instant it covers, microseconds UTC';
COMMENT ON COLUMN hold.end_at IS 'first instant after it, microseconds UTC; may lie in the future';
COMMENT ON COLUMN hold.reason IS 'why, for people';
COMMENT ON COLUMN hold.placed_by IS 'the actor who placed it';
COMMENT ON COLUMN hold.placed_at IS 'when it was placed, microseconds UTC';
COMMENT ON COLUMN hold.review_at IS 'when a person looks at it again, microseconds UTC; it does not end by itself then';
COMMENT ON COLUMN hold.lapses_at IS 'first instant at which it ends by itself unless somebody confirms it, microseconds UTC; null never';
COMMENT ON COLUMN hold.reviewed_at IS 'when a person last looked at it again, microseconds UTC; null never';
COMMENT ON COLUMN hold.verified_at IS 'when the last look at what it covers began, microseconds UTC; null before the first';
COMMENT ON COLUMN hold.surveyed_at IS 'when the last look at all that it covers began, microseconds UTC; null before the first';
COMMENT ON COLUMN hold.objects IS 'objects that were there at that look';
COMMENT ON COLUMN hold.lost IS 'rows of hold_loss';
COMMENT ON COLUMN hold.lift_by IS 'who proposed that it ends; null if nobody does';
COMMENT ON COLUMN hold.lift_why IS 'why it may end; null if nobody proposed it';
COMMENT ON COLUMN hold.lifted_at IS 'since when it stands no longer, microseconds UTC; null while it stands';
COMMENT ON COLUMN hold.confirmed_by IS 'the second person; null while it stands, and of one that lapsed';
COMMENT ON COLUMN hold.released_at IS 'when the objects'' own locks were taken off, microseconds UTC; null before';
COMMENT ON COLUMN hold.version IS 'row version for compare-and-swap, from 1';
CREATE INDEX hold_standing ON hold (camera_id, end_at) WHERE lifted_at IS NULL;
CREATE INDEX hold_request ON hold (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX hold_locked ON hold (id) WHERE lifted_at IS NOT NULL AND released_at IS NULL;

CREATE TABLE hold_round (
    hold_id   TEXT   NOT NULL PRIMARY KEY REFERENCES hold (id),
    began_at  BIGINT NOT NULL,
    from_at   BIGINT NOT NULL,
    stream_id TEXT   NOT NULL CHECK (length(stream_id) <= 64),
    start_at  BIGINT NOT NULL,
    seen      BIGINT NOT NULL CHECK (seen >= 0),
    missing   BIGINT NOT NULL CHECK (missing >= 0)
);
COMMENT ON COLUMN hold_round.hold_id IS 'the hold that is looked at';
COMMENT ON COLUMN hold_round.began_at IS 'when the look began, microseconds UTC';
COMMENT ON COLUMN hold_round.from_at IS 'it looks at what ends after this instant, microseconds UTC';
COMMENT ON COLUMN hold_round.stream_id IS 'the last object looked at belongs to this stream; empty before the first';
COMMENT ON COLUMN hold_round.start_at IS 'and starts here, microseconds UTC';
COMMENT ON COLUMN hold_round.seen IS 'objects that were there so far';
COMMENT ON COLUMN hold_round.missing IS 'objects that were not';

CREATE TABLE schedule (
    subject   TEXT   NOT NULL PRIMARY KEY CHECK (length(subject) BETWEEN 1 AND 64),
    camera_id TEXT   REFERENCES camera (id),
    class     TEXT   CHECK (class IN ('public-area', 'staff-area', 'library-record')),
    at_least  BIGINT NOT NULL CHECK (at_least BETWEEN 1 AND at_most),
    at_most   BIGINT NOT NULL CHECK (at_most <= 3650),
    version   BIGINT NOT NULL CHECK (version >= 1),
    CHECK (subject = COALESCE(camera_id, class, 'site')),
    CHECK (camera_id IS NULL OR class IS NULL)
);
COMMENT ON COLUMN schedule.subject IS 'the camera''s id, the class, or "site"';
COMMENT ON COLUMN schedule.camera_id IS 'the camera it is for; null if it is for several';
COMMENT ON COLUMN schedule.class IS 'the class it is for; null if it is for one camera or all';
COMMENT ON COLUMN schedule.at_least IS 'days before which nothing is disposed of';
COMMENT ON COLUMN schedule.at_most IS 'days after which footage is disposed of unless it is held';
COMMENT ON COLUMN schedule.version IS 'row version for compare-and-swap, from 1';

CREATE TABLE disposition (
    id          TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'dsp_'),
    camera_id   TEXT   NOT NULL REFERENCES camera (id),
    start_at    BIGINT NOT NULL,
    end_at      BIGINT NOT NULL CHECK (end_at > start_at),
    segments    BIGINT NOT NULL CHECK (segments >= 1),
    bytes       BIGINT NOT NULL CHECK (bytes >= 0),
    why         TEXT   NOT NULL CHECK (why IN ('schedule', 'disk-full')),
    rule_camera TEXT   REFERENCES camera (id),
    rule_class  TEXT   CHECK (rule_class IN ('public-area', 'staff-area', 'library-record')),
    at_least    BIGINT NOT NULL CHECK (at_least BETWEEN 1 AND at_most),
    at_most     BIGINT NOT NULL CHECK (at_most <= 3650),
    at          BIGINT NOT NULL,
    final_at    BIGINT NOT NULL CHECK (final_at >= at),
    purged_at   BIGINT
);
COMMENT ON COLUMN disposition.id IS 'typed id of the act of disposal';
COMMENT ON COLUMN disposition.camera_id IS 'whose footage it was';
COMMENT ON COLUMN disposition.start_at IS 'first instant of the first segment, microseconds UTC';
COMMENT ON COLUMN disposition.end_at IS 'first instant after the last one, microseconds UTC';
COMMENT ON COLUMN disposition.segments IS 'how many';
COMMENT ON COLUMN disposition.bytes IS 'bytes of their objects';
COMMENT ON COLUMN disposition.why IS 'what it was done for';
COMMENT ON COLUMN disposition.rule_camera IS 'the camera of the schedule that allowed it; null if it is no camera''s';
COMMENT ON COLUMN disposition.rule_class IS 'the class of the schedule; null if it is none''s';
COMMENT ON COLUMN disposition.at_least IS 'the schedule as it stood then, days';
COMMENT ON COLUMN disposition.at_most IS 'the schedule as it stood then, days';
COMMENT ON COLUMN disposition.at IS 'when the keys were destroyed, microseconds UTC';
COMMENT ON COLUMN disposition.final_at IS 'when the last backup that holds a key ages out, microseconds UTC';
COMMENT ON COLUMN disposition.purged_at IS 'when the last object was removed, microseconds UTC; null before';
CREATE INDEX disposition_time ON disposition (at, id);
CREATE INDEX disposition_camera ON disposition (camera_id, end_at);

CREATE TABLE disposed_segment (
    segment_id     TEXT   NOT NULL PRIMARY KEY REFERENCES segment (id),
    disposition_id TEXT   NOT NULL REFERENCES disposition (id),
    key_id         TEXT   NOT NULL REFERENCES purpose_key (id),
    tried_at       BIGINT NOT NULL,
    purged_at      BIGINT
);
COMMENT ON COLUMN disposed_segment.segment_id IS 'the segment whose key was destroyed';
COMMENT ON COLUMN disposed_segment.disposition_id IS 'its tombstone';
COMMENT ON COLUMN disposed_segment.key_id IS 'the segment-wrap key that its key was encrypted under';
COMMENT ON COLUMN disposed_segment.tried_at IS 'when removing its object was last tried, microseconds UTC; 0 never';
COMMENT ON COLUMN disposed_segment.purged_at IS 'when its object was removed, microseconds UTC; null before';
CREATE INDEX disposed_segment_disposition ON disposed_segment (disposition_id);
CREATE INDEX disposed_segment_unpurged ON disposed_segment (tried_at, segment_id) WHERE purged_at IS NULL;

CREATE TABLE hold_loss (
    hold_id        TEXT   NOT NULL REFERENCES hold (id),
    subject        TEXT   NOT NULL CHECK (length(subject) = 30),
    camera_id      TEXT   NOT NULL REFERENCES camera (id),
    start_at       BIGINT NOT NULL,
    end_at         BIGINT NOT NULL CHECK (end_at > start_at),
    disposition_id TEXT   REFERENCES disposition (id),
    cause          TEXT   NOT NULL CHECK (length(cause) BETWEEN 1 AND 200),
    PRIMARY KEY (hold_id, subject)
);
COMMENT ON COLUMN hold_loss.hold_id IS 'the hold';
COMMENT ON COLUMN hold_loss.subject IS 'the act of disposal, or the segment whose object is not there';
COMMENT ON COLUMN hold_loss.camera_id IS 'whose footage is lost';
COMMENT ON COLUMN hold_loss.start_at IS 'first instant under the hold that is lost, microseconds UTC';
COMMENT ON COLUMN hold_loss.end_at IS 'first instant after it, microseconds UTC';
COMMENT ON COLUMN hold_loss.disposition_id IS 'the tombstone; null if it was not disposed of';
COMMENT ON COLUMN hold_loss.cause IS 'one sentence for people';

-- The segments that still have their key, so that nobody steps over a year of disposed ones to find the oldest. Derived; triggers keep it.
CREATE TABLE kept_segment (
    stream_id  TEXT   NOT NULL,
    start_at   BIGINT NOT NULL,
    end_at     BIGINT NOT NULL,
    segment_id TEXT   NOT NULL UNIQUE REFERENCES segment (id),
    PRIMARY KEY (stream_id, start_at)
);
COMMENT ON COLUMN kept_segment.stream_id IS 'the stream of the segment';
COMMENT ON COLUMN kept_segment.start_at IS 'the segment''s start, microseconds UTC';
COMMENT ON COLUMN kept_segment.end_at IS 'the first instant after it, microseconds UTC';
COMMENT ON COLUMN kept_segment.segment_id IS 'the segment';
INSERT INTO kept_segment (stream_id, start_at, end_at, segment_id)
SELECT s.stream_id, s.start_at, s.end_at, s.id FROM segment s JOIN segment_key k ON k.segment_id = s.id;
-- +goose StatementBegin
CREATE FUNCTION segment_key_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kept_segment (stream_id, start_at, end_at, segment_id)
    SELECT stream_id, start_at, end_at, id FROM segment WHERE id = NEW.segment_id;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION segment_key_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM kept_segment WHERE segment_id = OLD.segment_id;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER segment_key_keeps AFTER INSERT ON segment_key FOR EACH ROW EXECUTE FUNCTION segment_key_keeps();
CREATE TRIGGER segment_key_goes AFTER DELETE ON segment_key FOR EACH ROW EXECUTE FUNCTION segment_key_goes();

-- Nothing held is disposed of (A4), whichever program asks.
-- +goose StatementBegin
CREATE FUNCTION segment_key_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM segment s JOIN hold h ON h.lifted_at IS NULL AND (h.camera_id = s.camera_id OR h.camera_id IS NULL)
        AND h.end_at > s.start_at AND h.start_at < s.end_at WHERE s.id = OLD.segment_id) THEN
        RAISE EXCEPTION 'append-only: segment_key' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER segment_key_held BEFORE DELETE ON segment_key FOR EACH ROW EXECUTE FUNCTION segment_key_held();

-- The rules look at holds and schedules. That objects were looked at changes nothing for them.
CREATE TRIGGER hold_raises AFTER INSERT OR UPDATE OF lapses_at, lift_by, lift_why, lifted_at ON hold FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER schedule_raises AFTER INSERT OR UPDATE ON schedule FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER camera_retention_raises AFTER UPDATE OF retention_days ON camera FOR EACH ROW EXECUTE FUNCTION raise_access_generation();

-- What was ordered and what was destroyed is never rewritten: a hold is lifted once, a tombstone stays.
CREATE TRIGGER hold_fixed BEFORE UPDATE OF id, request_id, camera_id, start_at, end_at, reason, placed_by, placed_at OR DELETE ON hold FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER hold_once BEFORE UPDATE OF lifted_at, confirmed_by, lift_by, lift_why ON hold FOR EACH ROW
    WHEN (OLD.lifted_at IS NOT NULL AND (NEW.lifted_at IS DISTINCT FROM OLD.lifted_at OR NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by
    OR NEW.lift_by IS DISTINCT FROM OLD.lift_by OR NEW.lift_why IS DISTINCT FROM OLD.lift_why)) EXECUTE FUNCTION append_only();
CREATE TRIGGER hold_no_truncate BEFORE TRUNCATE ON hold FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER hold_loss_fixed BEFORE UPDATE OR DELETE ON hold_loss FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER hold_loss_no_truncate BEFORE TRUNCATE ON hold_loss FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER disposition_fixed BEFORE UPDATE OF id, camera_id, start_at, end_at, segments, bytes, why, rule_camera, rule_class, at_least,
    at_most, at, final_at OR DELETE ON disposition FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER disposition_once BEFORE UPDATE OF purged_at ON disposition FOR EACH ROW WHEN (OLD.purged_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER disposition_no_truncate BEFORE TRUNCATE ON disposition FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER disposed_segment_fixed BEFORE UPDATE OF segment_id, disposition_id, key_id OR DELETE ON disposed_segment FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER disposed_segment_once BEFORE UPDATE OF purged_at ON disposed_segment FOR EACH ROW WHEN (OLD.purged_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER disposed_segment_no_truncate BEFORE TRUNCATE ON disposed_segment FOR EACH STATEMENT EXECUTE FUNCTION append_only();
