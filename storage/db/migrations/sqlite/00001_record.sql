-- +goose Up

CREATE TABLE site_setting (
    key   TEXT NOT NULL PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 64), -- name of the setting, such as site.name
    value TEXT NOT NULL CHECK (length(value) <= 65536) -- the value as text; never a secret
) STRICT, WITHOUT ROWID;

CREATE TABLE camera (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'cam_'), -- typed id of the camera
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 80), -- what staff call it; unique among unremoved cameras
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)), -- whether it is to be recorded
    audio      INTEGER NOT NULL CHECK (audio IN (0, 1)), -- whether its sound is recorded too
    version    INTEGER NOT NULL CHECK (version >= 1), -- row version for compare-and-swap, from 1
    hold_epoch INTEGER NOT NULL CHECK (hold_epoch >= 0), -- raised first by every hold and every disposal of this camera
    added_at   INTEGER NOT NULL, -- when it was added, microseconds UTC
    removed_at INTEGER CHECK (removed_at >= added_at) -- when it was removed, microseconds UTC; null while it exists
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX camera_name ON camera (name) WHERE removed_at IS NULL;

CREATE TABLE purpose_key (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'key_'), -- typed id of the key
    purpose    TEXT    NOT NULL CHECK (length(purpose) BETWEEN 1 AND 64), -- the only thing the key may be used for
    wrapped    BLOB    NOT NULL CHECK (length(wrapped) BETWEEN 1 AND 4096), -- the key encrypted under the site key
    public_key BLOB    CHECK (length(public_key) BETWEEN 1 AND 4096), -- public half of a signing key, kept for ever; else null
    created_at INTEGER NOT NULL, -- when it was made, microseconds UTC
    retired_at INTEGER -- since when it is used for no new work, microseconds UTC; null while in use
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX purpose_key_in_use ON purpose_key (purpose) WHERE retired_at IS NULL;

CREATE TABLE camera_stream (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'str_'), -- typed id of the stream
    camera_id     TEXT    NOT NULL REFERENCES camera (id), -- the camera it belongs to
    position      INTEGER NOT NULL CHECK (position >= 0), -- place in the camera's list of streams, from 0
    role          TEXT    NOT NULL CHECK (role IN ('main', 'sub')), -- which of the camera's streams it is
    url           TEXT    NOT NULL CHECK (length(url) BETWEEN 1 AND 2048), -- RTSP address without credentials
    transport     TEXT    NOT NULL CHECK (transport IN ('tcp', 'udp')), -- how RTP travels
    secret        BLOB    CHECK (length(secret) BETWEEN 1 AND 4096), -- user and password, encrypted; null if none
    secret_key_id TEXT    REFERENCES purpose_key (id), -- the key that encrypts secret; null if none
    removed_at    INTEGER, -- when the camera lost this stream, microseconds UTC; null while it has it
    UNIQUE (id, camera_id),
    CHECK ((secret IS NULL) = (secret_key_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX camera_stream_role ON camera_stream (camera_id, role) WHERE removed_at IS NULL;

CREATE TABLE registry (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), -- always 1: the table has one row
    generation INTEGER NOT NULL CHECK (generation >= 0) -- grows with every change of cameras and streams
) STRICT;
INSERT INTO registry (id, generation) VALUES (1, 0);

CREATE TABLE run (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'run_'), -- typed id of the run
    stream_id  TEXT    NOT NULL, -- the stream it recorded
    camera_id  TEXT    NOT NULL, -- the camera of that stream
    started_at INTEGER NOT NULL, -- when it began, microseconds UTC
    header     TEXT    NOT NULL CHECK (length(header) BETWEEN 2 AND 1048576), -- the run header as JSON: SDP, tracks, source
    UNIQUE (id, stream_id),
    FOREIGN KEY (stream_id, camera_id) REFERENCES camera_stream (id, camera_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_time ON run (stream_id, started_at);

CREATE TABLE segment (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'seg_'), -- typed id; also the object's key
    camera_id     TEXT    NOT NULL REFERENCES camera (id), -- the camera that sent it
    stream_id     TEXT    NOT NULL, -- the stream that sent it
    run_id        TEXT    NOT NULL, -- the run it belongs to
    number        INTEGER NOT NULL CHECK (number BETWEEN 0 AND 4294967295), -- place in its run, from 0
    continuation  INTEGER NOT NULL CHECK (continuation IN (0, 1)), -- closed by a hard limit before a random access unit
    start_at      INTEGER NOT NULL, -- derived wall time of its first instant, microseconds UTC
    end_at        INTEGER NOT NULL CHECK (end_at > start_at), -- derived wall time of the first instant after it, microseconds UTC
    media_ticks   INTEGER NOT NULL CHECK (media_ticks >= 0), -- media duration of track 1 in ticks
    timescale     INTEGER NOT NULL CHECK (timescale BETWEEN 1 AND 4294967295), -- ticks per second of track 1
    units         INTEGER NOT NULL CHECK (units >= 0), -- access units in it
    damaged       INTEGER NOT NULL CHECK (damaged BETWEEN 0 AND units), -- access units touched by packet loss
    root          BLOB    NOT NULL CHECK (length(root) = 32), -- Merkle root over its leaves
    leaves        INTEGER NOT NULL CHECK (leaves >= 0), -- number of leaves under root
    object_size   INTEGER NOT NULL CHECK (object_size >= 0), -- bytes of the object
    object_digest BLOB    NOT NULL CHECK (length(object_digest) = 32), -- SHA-256 of the object
    camera_offset INTEGER, -- camera clock minus station clock, microseconds; null if never reported
    fragments     BLOB    NOT NULL CHECK (length(fragments) <= 1048576), -- packed fragment index
    recovered     INTEGER NOT NULL CHECK (recovered IN (0, 1)), -- settled by recovery after a crash
    sealed_at     INTEGER NOT NULL, -- when it was sealed, microseconds UTC
    UNIQUE (run_id, number),
    FOREIGN KEY (run_id, stream_id) REFERENCES run (id, stream_id),
    FOREIGN KEY (stream_id, camera_id) REFERENCES camera_stream (id, camera_id)
) STRICT;
CREATE UNIQUE INDEX segment_time ON segment (stream_id, start_at);

CREATE TABLE segment_key (
    segment_id TEXT NOT NULL PRIMARY KEY REFERENCES segment (id), -- the segment it opens; the row is deleted to dispose of it
    key_id     TEXT NOT NULL REFERENCES purpose_key (id), -- the segment-wrap key
    wrapped    BLOB NOT NULL CHECK (length(wrapped) BETWEEN 1 AND 1024) -- the segment's key encrypted under key_id
) STRICT, WITHOUT ROWID;

CREATE TABLE gap (
    id        TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'gap_'), -- typed id of the gap
    camera_id TEXT    NOT NULL, -- the camera whose footage is absent
    stream_id TEXT    NOT NULL, -- the stream whose footage is absent
    start_at  INTEGER NOT NULL, -- first instant without footage, microseconds UTC
    end_at    INTEGER CHECK (end_at > start_at), -- first instant with footage again, microseconds UTC; null while open
    cause     TEXT    NOT NULL CHECK (length(cause) BETWEEN 1 AND 40), -- why footage is absent
    detail    TEXT    NOT NULL CHECK (length(detail) <= 200), -- one sentence for people
    FOREIGN KEY (stream_id, camera_id) REFERENCES camera_stream (id, camera_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX gap_open ON gap (stream_id) WHERE end_at IS NULL;
CREATE INDEX gap_time ON gap (stream_id, start_at, id, end_at);
CREATE INDEX gap_end ON gap (stream_id, end_at);

CREATE TABLE clock_sample (
    stream_id  TEXT    NOT NULL, -- the stream whose sender report was heard
    sampled_at INTEGER NOT NULL, -- station time of the report, microseconds UTC
    run_id     TEXT    NOT NULL, -- the run it was heard in
    offset_us  INTEGER NOT NULL, -- camera time minus station time, microseconds
    PRIMARY KEY (stream_id, sampled_at),
    FOREIGN KEY (run_id, stream_id) REFERENCES run (id, stream_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE time_sync (
    sampled_at   INTEGER NOT NULL PRIMARY KEY, -- station time of the sample, microseconds UTC
    state        TEXT    NOT NULL CHECK (length(state) BETWEEN 1 AND 40), -- the kernel's time state (adjtimex)
    offset_us    INTEGER NOT NULL, -- the kernel's estimate of its offset, microseconds
    max_error_us INTEGER NOT NULL -- the kernel's bound on its error, microseconds
) STRICT;

CREATE TABLE quarantine (
    object_key TEXT    NOT NULL PRIMARY KEY CHECK (length(object_key) BETWEEN 1 AND 1024), -- key of an object nobody knows
    seen_at    INTEGER NOT NULL, -- when it was first seen, microseconds UTC
    reason     TEXT    NOT NULL CHECK (length(reason) <= 200) -- one sentence: why it is set apart
) STRICT, WITHOUT ROWID;

CREATE TABLE alarm (
    kind       TEXT    NOT NULL CHECK (length(kind) BETWEEN 1 AND 64), -- the condition
    subject    TEXT    NOT NULL CHECK (length(subject) <= 128), -- what it concerns; empty for the whole site
    raised_at  INTEGER NOT NULL, -- when it arose, microseconds UTC
    cleared_at INTEGER CHECK (cleared_at >= raised_at), -- when it passed, microseconds UTC; null while it lasts
    sentence   TEXT    NOT NULL CHECK (length(sentence) <= 500), -- one sentence for people, without secrets
    PRIMARY KEY (kind, subject, raised_at)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX alarm_open ON alarm (kind, subject) WHERE cleared_at IS NULL;

CREATE TABLE log_head (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), -- always 1: the table has one row
    epoch INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295), -- the log now written; a restore begins the next
    size  INTEGER NOT NULL CHECK (size >= 0), -- number of its entries
    root  BLOB    NOT NULL CHECK (length(root) = 32) -- its RFC 6962 tree hash
) STRICT;
INSERT INTO log_head (id, epoch, size, root)
VALUES (1, 1, 0, X'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

CREATE TABLE log_entry (
    epoch  INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295), -- the log it belongs to
    idx    INTEGER NOT NULL CHECK (idx >= 0), -- its place, from 0
    type   TEXT    NOT NULL CHECK (length(type) BETWEEN 3 AND 64), -- event type; stays for ever
    digest BLOB    NOT NULL CHECK (length(digest) = 32), -- SHA-256 of salt and body; stays for ever
    leaf   BLOB    NOT NULL CHECK (length(leaf) = 32), -- RFC 6962 record hash over type and digest
    PRIMARY KEY (epoch, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_node (
    epoch INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295), -- the log it belongs to
    idx   INTEGER NOT NULL CHECK (idx >= 0), -- tlog storage index of the hash
    hash  BLOB    NOT NULL CHECK (length(hash) = 32), -- RFC 6962 hash of a complete subtree
    PRIMARY KEY (epoch, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_body (
    epoch     INTEGER NOT NULL, -- the log of its entry
    idx       INTEGER NOT NULL, -- the place of its entry
    event_id  TEXT    NOT NULL UNIQUE CHECK (length(event_id) = 30 AND substr(event_id, 1, 4) = 'evt_'), -- typed id of the event
    at        INTEGER NOT NULL, -- when it happened, microseconds UTC
    actor     TEXT    NOT NULL CHECK (length(actor) BETWEEN 1 AND 128), -- who did it: system, operator or a staff id
    camera_id TEXT    CHECK (length(camera_id) BETWEEN 1 AND 64), -- the camera it concerns; null if none
    subject   TEXT    CHECK (length(subject) BETWEEN 1 AND 128), -- id of what it is about; null if none
    salt      BLOB    NOT NULL CHECK (length(salt) = 16), -- random; hides a disposed body from guessing
    body      BLOB    NOT NULL CHECK (length(body) BETWEEN 1 AND 1048576), -- the event's exact bytes, as hashed
    PRIMARY KEY (epoch, idx),
    FOREIGN KEY (epoch, idx) REFERENCES log_entry (epoch, idx)
) STRICT;
CREATE INDEX event_body_camera ON event_body (camera_id, at) WHERE camera_id IS NOT NULL;
CREATE INDEX event_body_subject ON event_body (subject, at) WHERE subject IS NOT NULL;

CREATE TABLE checkpoint (
    epoch     INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295), -- the log it signs
    size      INTEGER NOT NULL CHECK (size >= 0), -- number of entries it covers
    note      BLOB    NOT NULL CHECK (length(note) BETWEEN 1 AND 65536), -- the signed C2SP tlog-checkpoint note
    signed_at INTEGER NOT NULL, -- when it was signed, microseconds UTC
    PRIMARY KEY (epoch, size)
) STRICT, WITHOUT ROWID;

-- What is sealed never changes, and the log only grows.
-- +goose StatementBegin
CREATE TRIGGER log_entry_no_update BEFORE UPDATE ON log_entry BEGIN SELECT raise(ABORT, 'append-only: log_entry'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_entry_no_delete BEFORE DELETE ON log_entry BEGIN SELECT raise(ABORT, 'append-only: log_entry'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_node_no_update BEFORE UPDATE ON log_node BEGIN SELECT raise(ABORT, 'append-only: log_node'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_node_no_delete BEFORE DELETE ON log_node BEGIN SELECT raise(ABORT, 'append-only: log_node'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint BEGIN SELECT raise(ABORT, 'append-only: checkpoint'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint BEGIN SELECT raise(ABORT, 'append-only: checkpoint'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER event_body_no_update BEFORE UPDATE ON event_body BEGIN SELECT raise(ABORT, 'append-only: event_body'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER segment_no_update BEFORE UPDATE ON segment BEGIN SELECT raise(ABORT, 'append-only: segment'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER run_no_update BEFORE UPDATE ON run BEGIN SELECT raise(ABORT, 'append-only: run'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_head_no_delete BEFORE DELETE ON log_head BEGIN SELECT raise(ABORT, 'append-only: log_head'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_head_forward BEFORE UPDATE ON log_head
WHEN NEW.epoch < OLD.epoch OR (NEW.epoch = OLD.epoch AND NEW.size < OLD.size)
BEGIN SELECT raise(ABORT, 'append-only: log_head'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_entry_no_replace BEFORE INSERT ON log_entry
WHEN EXISTS (SELECT 1 FROM log_entry WHERE epoch = NEW.epoch AND idx = NEW.idx)
BEGIN SELECT raise(ABORT, 'append-only: log_entry'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_node_no_replace BEFORE INSERT ON log_node
WHEN EXISTS (SELECT 1 FROM log_node WHERE epoch = NEW.epoch AND idx = NEW.idx)
BEGIN SELECT raise(ABORT, 'append-only: log_node'); END;
-- +goose StatementEnd
