-- The timeline: hints where to look, and what was recorded when in a form that thirty days of many cameras can be read from at once.
-- Everything here is derived from segments and can be made again; no proof depends on it.
-- +goose Up
CREATE TABLE segment_activity (
    stream_id TEXT   NOT NULL,
    start_at  BIGINT NOT NULL,
    activity  BYTEA  NOT NULL CHECK (length(activity) BETWEEN 1 AND 4096),
    PRIMARY KEY (stream_id, start_at),
    FOREIGN KEY (stream_id, start_at) REFERENCES segment (stream_id, start_at)
);
COMMENT ON COLUMN segment_activity.stream_id IS 'the stream of the segment';
COMMENT ON COLUMN segment_activity.start_at IS 'the segment''s start, microseconds UTC';
COMMENT ON COLUMN segment_activity.activity IS 'packed bytes between pictures, a hint of movement';

CREATE TABLE timeline_bucket (
    stream_id TEXT   NOT NULL REFERENCES camera_stream (id),
    hours     BIGINT NOT NULL CHECK (hours IN (1, 24)),
    start_at  BIGINT NOT NULL,
    recorded  BYTEA  NOT NULL CHECK (length(recorded) <= 65536),
    activity  BYTEA  NOT NULL CHECK (length(activity) <= 1440),
    PRIMARY KEY (stream_id, hours, start_at)
);
COMMENT ON COLUMN timeline_bucket.stream_id IS 'the stream it sums up';
COMMENT ON COLUMN timeline_bucket.hours IS 'its length';
COMMENT ON COLUMN timeline_bucket.start_at IS 'its first instant, a multiple of its length since 1970, microseconds UTC';
COMMENT ON COLUMN timeline_bucket.recorded IS 'packed spans in which footage lies';
COMMENT ON COLUMN timeline_bucket.activity IS 'one byte a minute on a logarithmic scale; empty if nothing is known';

-- A bucket is true or absent: whatever changes its footage removes it, and it is made anew when somebody asks.
-- +goose StatementBegin
CREATE FUNCTION segment_unrolls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM timeline_bucket WHERE stream_id = NEW.stream_id AND hours IN (1, 24)
        AND start_at > NEW.start_at - 3600000000 * hours AND start_at < NEW.end_at;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION segment_key_unrolls() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    s segment;
BEGIN
    SELECT * INTO s FROM segment WHERE id = OLD.segment_id;
    DELETE FROM timeline_bucket WHERE stream_id = s.stream_id AND hours IN (1, 24)
        AND start_at > s.start_at - 3600000000 * hours AND start_at < s.end_at;
    DELETE FROM segment_activity WHERE stream_id = s.stream_id AND start_at = s.start_at;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER segment_unrolls AFTER INSERT ON segment FOR EACH ROW EXECUTE FUNCTION segment_unrolls();
CREATE TRIGGER segment_key_unrolls AFTER DELETE ON segment_key FOR EACH ROW EXECUTE FUNCTION segment_key_unrolls();
