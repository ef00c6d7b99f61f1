-- The timeline: hints where to look, and what was recorded when in a form that thirty days of many cameras can be read from at once.
-- Everything here is derived from segments and can be made again; no proof depends on it.
-- +goose Up
CREATE TABLE segment_activity (
    stream_id TEXT    NOT NULL, -- the stream of the segment
    start_at  INTEGER NOT NULL, -- the segment's start, microseconds UTC
    activity  BLOB    NOT NULL CHECK (length(activity) BETWEEN 1 AND 4096), -- packed bytes between pictures, a hint of movement
    PRIMARY KEY (stream_id, start_at),
    FOREIGN KEY (stream_id, start_at) REFERENCES segment (stream_id, start_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE timeline_bucket (
    stream_id TEXT    NOT NULL REFERENCES camera_stream (id), -- the stream it sums up
    hours     INTEGER NOT NULL CHECK (hours IN (1, 24)), -- its length
    start_at  INTEGER NOT NULL, -- its first instant, a multiple of its length since 1970, microseconds UTC
    recorded  BLOB    NOT NULL CHECK (length(recorded) <= 65536), -- packed spans in which footage lies
    activity  BLOB    NOT NULL CHECK (length(activity) <= 1440), -- one byte a minute on a logarithmic scale; empty if nothing is known
    PRIMARY KEY (stream_id, hours, start_at)
) STRICT, WITHOUT ROWID;

-- A bucket is true or absent: whatever changes its footage removes it, and it is made anew when somebody asks.
-- +goose StatementBegin
CREATE TRIGGER segment_unrolls AFTER INSERT ON segment BEGIN
    DELETE FROM timeline_bucket WHERE stream_id = NEW.stream_id AND hours = 1
        AND start_at > NEW.start_at - 3600000000 AND start_at < NEW.end_at;
    DELETE FROM timeline_bucket WHERE stream_id = NEW.stream_id AND hours = 24
        AND start_at > NEW.start_at - 86400000000 AND start_at < NEW.end_at;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER segment_key_unrolls AFTER DELETE ON segment_key BEGIN
    DELETE FROM timeline_bucket WHERE hours IN (1, 24)
        AND stream_id = (SELECT stream_id FROM segment WHERE id = OLD.segment_id)
        AND start_at > (SELECT start_at FROM segment WHERE id = OLD.segment_id) - 3600000000 * hours
        AND start_at < (SELECT end_at FROM segment WHERE id = OLD.segment_id);
    DELETE FROM segment_activity WHERE stream_id = (SELECT stream_id FROM segment WHERE id = OLD.segment_id)
        AND start_at = (SELECT start_at FROM segment WHERE id = OLD.segment_id);
END;
-- +goose StatementEnd
