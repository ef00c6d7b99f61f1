-- +goose Up

CREATE TABLE package (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'pkg_'),
    request_id TEXT    NOT NULL REFERENCES request (id),
    place      BIGINT  NOT NULL CHECK (place >= 1),
    number     TEXT    NOT NULL UNIQUE CHECK (length(number) BETWEEN 16 AND 30),
    ruling     BIGINT  NOT NULL CHECK (ruling >= 1),
    state      TEXT    NOT NULL CHECK (state IN ('building', 'ready', 'failed', 'recalled', 'replaced')),
    why        TEXT    NOT NULL CHECK (length(why) <= 2000),
    begun_at   BIGINT  NOT NULL,
    made_at    BIGINT  CHECK (made_at >= begun_at),
    size       BIGINT  NOT NULL CHECK (size >= 0),
    digest     BYTEA   CHECK (length(digest) = 32),
    verdict    TEXT    NOT NULL CHECK (length(verdict) <= 100),
    report     TEXT    NOT NULL CHECK (length(report) <= 8388608),
    done       BIGINT  NOT NULL CHECK (done >= 0),
    total      BIGINT  NOT NULL CHECK (total >= 0),
    UNIQUE (request_id, place),
    CHECK ((made_at IS NULL) = (digest IS NULL) AND (made_at IS NULL) = (state IN ('building', 'failed'))),
    CHECK ((made_at IS NULL) = (verdict = '') AND (made_at IS NULL) = (report = ''))
);
COMMENT ON COLUMN package.id IS 'typed id of the package; also the key of its object';
COMMENT ON COLUMN package.request_id IS 'the request whose decisions it carries out';
COMMENT ON COLUMN package.place IS 'which package of the request, from 1';
COMMENT ON COLUMN package.number IS 'what people call it: the request''s number, and which package of it';
COMMENT ON COLUMN package.ruling IS 'the request''s ruling that it was made of';
COMMENT ON COLUMN package.state IS 'how it stands';
COMMENT ON COLUMN package.why IS 'why it failed or was recalled; empty otherwise';
COMMENT ON COLUMN package.begun_at IS 'when it was begun, microseconds UTC';
COMMENT ON COLUMN package.made_at IS 'when it was verified and stored, microseconds UTC; null before';
COMMENT ON COLUMN package.size IS 'bytes of all its files together; 0 before it was made';
COMMENT ON COLUMN package.digest IS 'SHA-256 of its tagmanifest-sha256.txt, which names every file; null before it was made';
COMMENT ON COLUMN package.verdict IS 'what the program''s own verification said; empty before it was made';
COMMENT ON COLUMN package.report IS 'that verification''s report as JSON; empty before it was made';
COMMENT ON COLUMN package.done IS 'how far the building is, in bytes';
COMMENT ON COLUMN package.total IS 'of how many; 0 if it is not known';

CREATE TABLE package_item (
    package_id TEXT    NOT NULL REFERENCES package (id),
    item_id    TEXT    NOT NULL REFERENCES request_item (id),
    position   BIGINT  NOT NULL CHECK (position >= 0),
    PRIMARY KEY (package_id, item_id)
);
COMMENT ON COLUMN package_item.package_id IS 'a package that was made';
COMMENT ON COLUMN package_item.item_id IS 'an item that it holds footage of';
COMMENT ON COLUMN package_item.position IS 'its place in the package, from 0';

CREATE TABLE package_film (
    package_id TEXT    NOT NULL REFERENCES package (id),
    path       TEXT    NOT NULL CHECK (length(path) BETWEEN 1 AND 200),
    kind       TEXT    NOT NULL CHECK (kind IN ('original', 'viewing', 'redacted')),
    codec      TEXT    NOT NULL CHECK (length(codec) <= 100),
    item_id    TEXT    NOT NULL REFERENCES request_item (id),
    camera_id  TEXT    NOT NULL REFERENCES camera (id),
    start_at   BIGINT  NOT NULL,
    end_at     BIGINT  NOT NULL CHECK (end_at > start_at),
    sha256     BYTEA   NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (package_id, path)
);
COMMENT ON COLUMN package_film.package_id IS 'a package that was made';
COMMENT ON COLUMN package_film.path IS 'a media file of it';
COMMENT ON COLUMN package_film.kind IS 'how it was made';
COMMENT ON COLUMN package_film.codec IS 'what it is coded in';
COMMENT ON COLUMN package_film.item_id IS 'the item that it shows';
COMMENT ON COLUMN package_film.camera_id IS 'the camera that was decided about';
COMMENT ON COLUMN package_film.start_at IS 'first instant that was decided about, microseconds UTC';
COMMENT ON COLUMN package_film.end_at IS 'first instant after it, microseconds UTC';
COMMENT ON COLUMN package_film.sha256 IS 'SHA-256 of the file';

CREATE TABLE package_file (
    package_id TEXT    NOT NULL REFERENCES package (id),
    path       TEXT    NOT NULL CHECK (length(path) BETWEEN 1 AND 200),
    size       BIGINT  NOT NULL CHECK (size >= 0),
    sha256     BYTEA   NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (package_id, path)
);
COMMENT ON COLUMN package_file.package_id IS 'a package that was made';
COMMENT ON COLUMN package_file.path IS 'a file of it';
COMMENT ON COLUMN package_file.size IS 'the file''s length in bytes';
COMMENT ON COLUMN package_file.sha256 IS 'SHA-256 of the file';

CREATE TABLE package_key (
    package_id    TEXT    NOT NULL PRIMARY KEY REFERENCES package (id),
    key_id        TEXT    NOT NULL REFERENCES purpose_key (id),
    wrapped       BYTEA   NOT NULL CHECK (length(wrapped) BETWEEN 1 AND 1024),
    object_size   BIGINT  NOT NULL CHECK (object_size >= 1),
    object_digest BYTEA   NOT NULL CHECK (length(object_digest) = 32)
);
COMMENT ON COLUMN package_key.package_id IS 'the package whose bytes it opens';
COMMENT ON COLUMN package_key.key_id IS 'the purpose key that wraps it';
COMMENT ON COLUMN package_key.wrapped IS 'the package''s key, encrypted';
COMMENT ON COLUMN package_key.object_size IS 'length of the object in bytes';
COMMENT ON COLUMN package_key.object_digest IS 'SHA-256 of the object';

CREATE UNIQUE INDEX package_one_unfinished ON package (request_id) WHERE state IN ('building', 'failed');
CREATE UNIQUE INDEX package_one_ready ON package (request_id) WHERE state = 'ready';
CREATE INDEX package_unfinished ON package (state, begun_at) WHERE state = 'building';
CREATE INDEX package_film_item ON package_film (item_id);

-- Whether a package may be handed over is a fact of the rules: what changes it raises the generation in the same transaction. How far the
-- building is changes nothing.
CREATE TRIGGER package_raises AFTER INSERT OR UPDATE OF state OR DELETE ON package FOR EACH ROW EXECUTE FUNCTION raise_access_generation();

-- What was made is never rewritten; what was not made may be begun again.
CREATE TRIGGER package_fixed BEFORE UPDATE OF id, request_id, place, number, ruling, begun_at ON package FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER package_made_once BEFORE UPDATE OF made_at, size, digest, verdict, report ON package FOR EACH ROW WHEN (OLD.made_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER package_no_delete BEFORE DELETE ON package FOR EACH ROW WHEN (OLD.made_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER package_no_truncate BEFORE TRUNCATE ON package FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER package_item_fixed BEFORE UPDATE OR DELETE ON package_item FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER package_item_no_truncate BEFORE TRUNCATE ON package_item FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER package_film_fixed BEFORE UPDATE OR DELETE ON package_film FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER package_film_no_truncate BEFORE TRUNCATE ON package_film FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER package_file_fixed BEFORE UPDATE OR DELETE ON package_file FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER package_file_no_truncate BEFORE TRUNCATE ON package_file FOR EACH STATEMENT EXECUTE FUNCTION append_only();
