-- +goose Up

CREATE TABLE site_setting (
    key   TEXT    NOT NULL PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 64),
    value TEXT    NOT NULL CHECK (length(value) <= 65536)
);
COMMENT ON COLUMN site_setting.key IS 'name of the setting, such as site.name';
COMMENT ON COLUMN site_setting.value IS 'the value as text; never a secret';

CREATE TABLE camera (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'cam_'),
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    enabled    BOOLEAN NOT NULL,
    audio      BOOLEAN NOT NULL,
    version    BIGINT  NOT NULL CHECK (version >= 1),
    hold_epoch BIGINT  NOT NULL CHECK (hold_epoch >= 0),
    added_at   BIGINT  NOT NULL,
    removed_at BIGINT  CHECK (removed_at >= added_at)
);
COMMENT ON COLUMN camera.id IS 'typed id of the camera';
COMMENT ON COLUMN camera.name IS 'what staff call it; unique among unremoved cameras';
COMMENT ON COLUMN camera.enabled IS 'whether it is to be recorded';
COMMENT ON COLUMN camera.audio IS 'whether its sound is recorded too';
COMMENT ON COLUMN camera.version IS 'row version for compare-and-swap, from 1';
COMMENT ON COLUMN camera.hold_epoch IS 'raised first by every hold and every disposal of this camera';
COMMENT ON COLUMN camera.added_at IS 'when it was added, microseconds UTC';
COMMENT ON COLUMN camera.removed_at IS 'when it was removed, microseconds UTC; null while it exists';
CREATE UNIQUE INDEX camera_name ON camera (name) WHERE removed_at IS NULL;

CREATE TABLE purpose_key (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'key_'),
    purpose    TEXT    NOT NULL CHECK (length(purpose) BETWEEN 1 AND 64),
    wrapped    BYTEA   NOT NULL CHECK (length(wrapped) BETWEEN 1 AND 4096),
    public_key BYTEA   CHECK (length(public_key) BETWEEN 1 AND 4096),
    created_at BIGINT  NOT NULL,
    retired_at BIGINT
);
COMMENT ON COLUMN purpose_key.id IS 'typed id of the key';
COMMENT ON COLUMN purpose_key.purpose IS 'the only thing the key may be used for';
COMMENT ON COLUMN purpose_key.wrapped IS 'the key encrypted under the site key';
COMMENT ON COLUMN purpose_key.public_key IS 'public half of a signing key, kept for ever; else null';
COMMENT ON COLUMN purpose_key.created_at IS 'when it was made, microseconds UTC';
COMMENT ON COLUMN purpose_key.retired_at IS 'since when it is used for no new work, microseconds UTC; null while in use';
CREATE UNIQUE INDEX purpose_key_in_use ON purpose_key (purpose) WHERE retired_at IS NULL;

CREATE TABLE camera_stream (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'str_'),
    camera_id     TEXT    NOT NULL REFERENCES camera (id),
    position      BIGINT  NOT NULL CHECK (position >= 0),
    role          TEXT    NOT NULL CHECK (role IN ('main', 'sub')),
    url           TEXT    NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
    transport     TEXT    NOT NULL CHECK (transport IN ('tcp', 'udp')),
    secret        BYTEA   CHECK (length(secret) BETWEEN 1 AND 4096),
    secret_key_id TEXT    REFERENCES purpose_key (id),
    removed_at    BIGINT,
    UNIQUE (id, camera_id),
    CHECK ((secret IS NULL) = (secret_key_id IS NULL))
);
COMMENT ON COLUMN camera_stream.id IS 'typed id of the stream';
COMMENT ON COLUMN camera_stream.camera_id IS 'the camera it belongs to';
COMMENT ON COLUMN camera_stream.position IS 'place in the camera''s list of streams, from 0';
COMMENT ON COLUMN camera_stream.role IS 'which of the camera''s streams it is';
COMMENT ON COLUMN camera_stream.url IS 'RTSP address without credentials';
COMMENT ON COLUMN camera_stream.transport IS 'how RTP travels';
COMMENT ON COLUMN camera_stream.secret IS 'user and password, encrypted; null if none';
COMMENT ON COLUMN camera_stream.secret_key_id IS 'the key that encrypts secret; null if none';
COMMENT ON COLUMN camera_stream.removed_at IS 'when the camera lost this stream, microseconds UTC; null while it has it';
CREATE UNIQUE INDEX camera_stream_role ON camera_stream (camera_id, role) WHERE removed_at IS NULL;

CREATE TABLE registry (
    id         BIGINT  NOT NULL PRIMARY KEY CHECK (id = 1),
    generation BIGINT  NOT NULL CHECK (generation >= 0)
);
COMMENT ON COLUMN registry.id IS 'always 1: the table has one row';
COMMENT ON COLUMN registry.generation IS 'grows with every change of cameras and streams';
INSERT INTO registry (id, generation) VALUES (1, 0);

CREATE TABLE run (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'run_'),
    stream_id  TEXT    NOT NULL,
    camera_id  TEXT    NOT NULL,
    started_at BIGINT  NOT NULL,
    header     TEXT    NOT NULL CHECK (length(header) BETWEEN 2 AND 1048576),
    UNIQUE (id, stream_id),
    FOREIGN KEY (stream_id, camera_id) REFERENCES camera_stream (id, camera_id)
);
COMMENT ON COLUMN run.id IS 'typed id of the run';
COMMENT ON COLUMN run.stream_id IS 'the stream it recorded';
COMMENT ON COLUMN run.camera_id IS 'the camera of that stream';
COMMENT ON COLUMN run.started_at IS 'when it began, microseconds UTC';
COMMENT ON COLUMN run.header IS 'the run header as JSON: SDP, tracks, source';
CREATE INDEX run_time ON run (stream_id, started_at);

CREATE TABLE segment (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'seg_'),
    camera_id     TEXT    NOT NULL REFERENCES camera (id),
    stream_id     TEXT    NOT NULL,
    run_id        TEXT    NOT NULL,
    number        BIGINT  NOT NULL CHECK (number BETWEEN 0 AND 4294967295),
    continuation  BOOLEAN NOT NULL,
    start_at      BIGINT  NOT NULL,
    end_at        BIGINT  NOT NULL CHECK (end_at > start_at),
    media_ticks   BIGINT  NOT NULL CHECK (media_ticks >= 0),
    timescale     BIGINT  NOT NULL CHECK (timescale BETWEEN 1 AND 4294967295),
    units         BIGINT  NOT NULL CHECK (units >= 0),
    damaged       BIGINT  NOT NULL CHECK (damaged BETWEEN 0 AND units),
    root          BYTEA   NOT NULL CHECK (length(root) = 32),
    leaves        BIGINT  NOT NULL CHECK (leaves >= 0),
    object_size   BIGINT  NOT NULL CHECK (object_size >= 0),
    object_digest BYTEA   NOT NULL CHECK (length(object_digest) = 32),
    camera_offset BIGINT,
    fragments     BYTEA   NOT NULL CHECK (length(fragments) <= 1048576),
    recovered     BOOLEAN NOT NULL,
    sealed_at     BIGINT  NOT NULL,
    UNIQUE (run_id, number),
    FOREIGN KEY (run_id, stream_id) REFERENCES run (id, stream_id),
    FOREIGN KEY (stream_id, camera_id) REFERENCES camera_stream (id, camera_id)
);
COMMENT ON COLUMN segment.id IS 'typed id; also the object''s key';
COMMENT ON COLUMN segment.camera_id IS 'the camera that sent it';
COMMENT ON COLUMN segment.stream_id IS 'the stream that sent it';
COMMENT ON COLUMN segment.run_id IS 'the run it belongs to';
COMMENT ON COLUMN segment.number IS 'place in its run, from 0';
COMMENT ON COLUMN segment.continuation IS 'closed by a hard limit before a random access unit';
COMMENT ON COLUMN segment.start_at IS 'derived wall time of its first instant, microseconds UTC';
COMMENT ON COLUMN segment.end_at IS 'derived wall time of the first instant after it, microseconds UTC';
COMMENT ON COLUMN segment.media_ticks IS 'media duration of track 1 in ticks';
COMMENT ON COLUMN segment.timescale IS 'ticks per second of track 1';
COMMENT ON COLUMN segment.units IS 'access units in it';
COMMENT ON COLUMN segment.damaged IS 'access units touched by packet loss';
COMMENT ON COLUMN segment.root IS 'Merkle root over its leaves';
COMMENT ON COLUMN segment.leaves IS 'number of leaves under root';
COMMENT ON COLUMN segment.object_size IS 'bytes of the object';
COMMENT ON COLUMN segment.object_digest IS 'SHA-256 of the object';
COMMENT ON COLUMN segment.camera_offset IS 'camera clock minus station clock, microseconds; null if never reported';
COMMENT ON COLUMN segment.fragments IS 'packed fragment index';
COMMENT ON COLUMN segment.recovered IS 'settled by recovery after a crash';
COMMENT ON COLUMN segment.sealed_at IS 'when it was sealed, microseconds UTC';
CREATE UNIQUE INDEX segment_time ON segment (stream_id, start_at);

CREATE TABLE segment_key (
    segment_id TEXT    NOT NULL PRIMARY KEY REFERENCES segment (id),
    key_id     TEXT    NOT NULL REFERENCES purpose_key (id),
    wrapped    BYTEA   NOT NULL CHECK (length(wrapped) BETWEEN 1 AND 1024)
);
COMMENT ON COLUMN segment_key.segment_id IS 'the segment it opens; the row is deleted to dispose of it';
COMMENT ON COLUMN segment_key.key_id IS 'the segment-wrap key';
COMMENT ON COLUMN segment_key.wrapped IS 'the segment''s key encrypted under key_id';

CREATE TABLE gap (
    id        TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'gap_'),
    camera_id TEXT    NOT NULL,
    stream_id TEXT    NOT NULL,
    start_at  BIGINT  NOT NULL,
    end_at    BIGINT  CHECK (end_at > start_at),
    cause     TEXT    NOT NULL CHECK (length(cause) BETWEEN 1 AND 40),
    detail    TEXT    NOT NULL CHECK (length(detail) <= 200),
    FOREIGN KEY (stream_id, camera_id) REFERENCES camera_stream (id, camera_id)
);
COMMENT ON COLUMN gap.id IS 'typed id of the gap';
COMMENT ON COLUMN gap.camera_id IS 'the camera whose footage is absent';
COMMENT ON COLUMN gap.stream_id IS 'the stream whose footage is absent';
COMMENT ON COLUMN gap.start_at IS 'first instant without footage, microseconds UTC';
COMMENT ON COLUMN gap.end_at IS 'first instant with footage again, microseconds UTC; null while open';
COMMENT ON COLUMN gap.cause IS 'why footage is absent';
COMMENT ON COLUMN gap.detail IS 'one sentence for people';
CREATE UNIQUE INDEX gap_open ON gap (stream_id) WHERE end_at IS NULL;
CREATE INDEX gap_time ON gap (stream_id, start_at, id, end_at);
CREATE INDEX gap_end ON gap (stream_id, end_at);

CREATE TABLE clock_sample (
    stream_id  TEXT    NOT NULL,
    sampled_at BIGINT  NOT NULL,
    run_id     TEXT    NOT NULL,
    offset_us  BIGINT  NOT NULL,
    PRIMARY KEY (stream_id, sampled_at),
    FOREIGN KEY (run_id, stream_id) REFERENCES run (id, stream_id)
);
COMMENT ON COLUMN clock_sample.stream_id IS 'the stream whose sender report was heard';
COMMENT ON COLUMN clock_sample.sampled_at IS 'station time of the report, microseconds UTC';
COMMENT ON COLUMN clock_sample.run_id IS 'the run it was heard in';
COMMENT ON COLUMN clock_sample.offset_us IS 'camera time minus station time, microseconds';

CREATE TABLE time_sync (
    sampled_at   BIGINT  NOT NULL PRIMARY KEY,
    state        TEXT    NOT NULL CHECK (length(state) BETWEEN 1 AND 40),
    offset_us    BIGINT  NOT NULL,
    max_error_us BIGINT  NOT NULL
);
COMMENT ON COLUMN time_sync.sampled_at IS 'station time of the sample, microseconds UTC';
COMMENT ON COLUMN time_sync.state IS 'the kernel''s time state (adjtimex)';
COMMENT ON COLUMN time_sync.offset_us IS 'the kernel''s estimate of its offset, microseconds';
COMMENT ON COLUMN time_sync.max_error_us IS 'the kernel''s bound on its error, microseconds';

CREATE TABLE quarantine (
    object_key TEXT    NOT NULL PRIMARY KEY CHECK (length(object_key) BETWEEN 1 AND 1024),
    seen_at    BIGINT  NOT NULL,
    reason     TEXT    NOT NULL CHECK (length(reason) <= 200)
);
COMMENT ON COLUMN quarantine.object_key IS 'key of an object nobody knows';
COMMENT ON COLUMN quarantine.seen_at IS 'when it was first seen, microseconds UTC';
COMMENT ON COLUMN quarantine.reason IS 'one sentence: why it is set apart';

CREATE TABLE alarm (
    kind       TEXT    NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    subject    TEXT    NOT NULL CHECK (length(subject) <= 128),
    raised_at  BIGINT  NOT NULL,
    cleared_at BIGINT  CHECK (cleared_at >= raised_at),
    sentence   TEXT    NOT NULL CHECK (length(sentence) <= 500),
    PRIMARY KEY (kind, subject, raised_at)
);
COMMENT ON COLUMN alarm.kind IS 'the condition';
COMMENT ON COLUMN alarm.subject IS 'what it concerns; empty for the whole site';
COMMENT ON COLUMN alarm.raised_at IS 'when it arose, microseconds UTC';
COMMENT ON COLUMN alarm.cleared_at IS 'when it passed, microseconds UTC; null while it lasts';
COMMENT ON COLUMN alarm.sentence IS 'one sentence for people, without secrets';
CREATE UNIQUE INDEX alarm_open ON alarm (kind, subject) WHERE cleared_at IS NULL;

CREATE TABLE log_head (
    id    BIGINT  NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch BIGINT  NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295),
    size  BIGINT  NOT NULL CHECK (size >= 0),
    root  BYTEA   NOT NULL CHECK (length(root) = 32)
);
COMMENT ON COLUMN log_head.id IS 'always 1: the table has one row';
COMMENT ON COLUMN log_head.epoch IS 'the log now written; a restore begins the next';
COMMENT ON COLUMN log_head.size IS 'number of its entries';
COMMENT ON COLUMN log_head.root IS 'its RFC 6962 tree hash';
INSERT INTO log_head (id, epoch, size, root)
VALUES (1, 1, 0, '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

CREATE TABLE log_entry (
    epoch  BIGINT  NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295),
    idx    BIGINT  NOT NULL CHECK (idx >= 0),
    type   TEXT    NOT NULL CHECK (length(type) BETWEEN 3 AND 64),
    digest BYTEA   NOT NULL CHECK (length(digest) = 32),
    leaf   BYTEA   NOT NULL CHECK (length(leaf) = 32),
    PRIMARY KEY (epoch, idx)
);
COMMENT ON COLUMN log_entry.epoch IS 'the log it belongs to';
COMMENT ON COLUMN log_entry.idx IS 'its place, from 0';
COMMENT ON COLUMN log_entry.type IS 'event type; stays for ever';
COMMENT ON COLUMN log_entry.digest IS 'SHA-256 of salt and body; stays for ever';
COMMENT ON COLUMN log_entry.leaf IS 'RFC 6962 record hash over type and digest';

CREATE TABLE log_node (
    epoch BIGINT  NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295),
    idx   BIGINT  NOT NULL CHECK (idx >= 0),
    hash  BYTEA   NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (epoch, idx)
);
COMMENT ON COLUMN log_node.epoch IS 'the log it belongs to';
COMMENT ON COLUMN log_node.idx IS 'tlog storage index of the hash';
COMMENT ON COLUMN log_node.hash IS 'RFC 6962 hash of a complete subtree';

CREATE TABLE event_body (
    epoch     BIGINT  NOT NULL,
    idx       BIGINT  NOT NULL,
    event_id  TEXT    NOT NULL UNIQUE CHECK (length(event_id) = 30 AND substr(event_id, 1, 4) = 'evt_'),
    at        BIGINT  NOT NULL,
    actor     TEXT    NOT NULL CHECK (length(actor) BETWEEN 1 AND 128),
    camera_id TEXT    CHECK (length(camera_id) BETWEEN 1 AND 64),
    subject   TEXT    CHECK (length(subject) BETWEEN 1 AND 128),
    salt      BYTEA   NOT NULL CHECK (length(salt) = 16),
    body      BYTEA   NOT NULL CHECK (length(body) BETWEEN 1 AND 1048576),
    PRIMARY KEY (epoch, idx),
    FOREIGN KEY (epoch, idx) REFERENCES log_entry (epoch, idx)
);
COMMENT ON COLUMN event_body.epoch IS 'the log of its entry';
COMMENT ON COLUMN event_body.idx IS 'the place of its entry';
COMMENT ON COLUMN event_body.event_id IS 'typed id of the event';
COMMENT ON COLUMN event_body.at IS 'when it happened, microseconds UTC';
COMMENT ON COLUMN event_body.actor IS 'who did it: system, operator or a staff id';
COMMENT ON COLUMN event_body.camera_id IS 'the camera it concerns; null if none';
COMMENT ON COLUMN event_body.subject IS 'id of what it is about; null if none';
COMMENT ON COLUMN event_body.salt IS 'random; hides a disposed body from guessing';
COMMENT ON COLUMN event_body.body IS 'the event''s exact bytes, as hashed';
CREATE INDEX event_body_camera ON event_body (camera_id, at) WHERE camera_id IS NOT NULL;
CREATE INDEX event_body_subject ON event_body (subject, at) WHERE subject IS NOT NULL;

CREATE TABLE checkpoint (
    epoch     BIGINT  NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295),
    size      BIGINT  NOT NULL CHECK (size >= 0),
    note      BYTEA   NOT NULL CHECK (length(note) BETWEEN 1 AND 65536),
    signed_at BIGINT  NOT NULL,
    PRIMARY KEY (epoch, size)
);
COMMENT ON COLUMN checkpoint.epoch IS 'the log it signs';
COMMENT ON COLUMN checkpoint.size IS 'number of entries it covers';
COMMENT ON COLUMN checkpoint.note IS 'the signed C2SP tlog-checkpoint note';
COMMENT ON COLUMN checkpoint.signed_at IS 'when it was signed, microseconds UTC';

-- What is sealed never changes, and the log only grows.
-- +goose StatementBegin
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: %', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER log_entry_fixed BEFORE UPDATE OR DELETE ON log_entry FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER log_node_fixed BEFORE UPDATE OR DELETE ON log_node FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER checkpoint_fixed BEFORE UPDATE OR DELETE ON checkpoint FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER event_body_fixed BEFORE UPDATE ON event_body FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER segment_fixed BEFORE UPDATE ON segment FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER run_fixed BEFORE UPDATE ON run FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER log_head_fixed BEFORE DELETE ON log_head FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER log_entry_no_truncate BEFORE TRUNCATE ON log_entry FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER log_node_no_truncate BEFORE TRUNCATE ON log_node FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER checkpoint_no_truncate BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER log_head_no_truncate BEFORE TRUNCATE ON log_head FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER log_head_forward BEFORE UPDATE ON log_head FOR EACH ROW
    WHEN (NEW.epoch < OLD.epoch OR (NEW.epoch = OLD.epoch AND NEW.size < OLD.size)) EXECUTE FUNCTION append_only();
