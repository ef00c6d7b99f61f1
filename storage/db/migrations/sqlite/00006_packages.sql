-- +goose Up

CREATE TABLE package (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'pkg_'), -- typed id of the package; also the key of its object
    request_id TEXT    NOT NULL REFERENCES request (id), -- the request whose decisions it carries out
    place      INTEGER NOT NULL CHECK (place >= 1), -- which package of the request, from 1
    number     TEXT    NOT NULL UNIQUE CHECK (length(number) BETWEEN 16 AND 30), -- what people call it: the request's number, and which package of it
    ruling     INTEGER NOT NULL CHECK (ruling >= 1), -- the request's ruling that it was made of
    state      TEXT    NOT NULL CHECK (state IN ('building', 'ready', 'failed', 'recalled', 'replaced')), -- how it stands
    why        TEXT    NOT NULL CHECK (length(why) <= 2000), -- why it failed or was recalled; empty otherwise
    begun_at   INTEGER NOT NULL, -- when it was begun, microseconds UTC
    made_at    INTEGER CHECK (made_at >= begun_at), -- when it was verified and stored, microseconds UTC; null before
    size       INTEGER NOT NULL CHECK (size >= 0), -- bytes of all its files together; 0 before it was made
    digest     BLOB    CHECK (length(digest) = 32), -- SHA-256 of its tagmanifest-sha256.txt, which names every file; null before it was made
    verdict    TEXT    NOT NULL CHECK (length(verdict) <= 100), -- what the program's own verification said; empty before it was made
    report     TEXT    NOT NULL CHECK (length(report) <= 8388608), -- that verification's report as JSON; empty before it was made
    done       INTEGER NOT NULL CHECK (done >= 0), -- how far the building is, in bytes
    total      INTEGER NOT NULL CHECK (total >= 0), -- of how many; 0 if it is not known
    UNIQUE (request_id, place),
    CHECK ((made_at IS NULL) = (digest IS NULL) AND (made_at IS NULL) = (state IN ('building', 'failed'))),
    CHECK ((made_at IS NULL) = (verdict = '') AND (made_at IS NULL) = (report = ''))
) STRICT, WITHOUT ROWID;

CREATE TABLE package_item (
    package_id TEXT    NOT NULL REFERENCES package (id), -- a package that was made
    item_id    TEXT    NOT NULL REFERENCES request_item (id), -- an item that it holds footage of
    position   INTEGER NOT NULL CHECK (position >= 0), -- its place in the package, from 0
    PRIMARY KEY (package_id, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE package_film (
    package_id TEXT    NOT NULL REFERENCES package (id), -- a package that was made
    path       TEXT    NOT NULL CHECK (length(path) BETWEEN 1 AND 200), -- a media file of it
    kind       TEXT    NOT NULL CHECK (kind IN ('original', 'viewing', 'redacted')), -- how it was made
    codec      TEXT    NOT NULL CHECK (length(codec) <= 100), -- what it is coded in
    item_id    TEXT    NOT NULL REFERENCES request_item (id), -- the item that it shows
    camera_id  TEXT    NOT NULL REFERENCES camera (id), -- the camera that was decided about
    start_at   INTEGER NOT NULL, -- first instant that was decided about, microseconds UTC
    end_at     INTEGER NOT NULL CHECK (end_at > start_at), -- first instant after it, microseconds UTC
    sha256     BLOB    NOT NULL CHECK (length(sha256) = 32), -- SHA-256 of the file
    PRIMARY KEY (package_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE package_file (
    package_id TEXT    NOT NULL REFERENCES package (id), -- a package that was made
    path       TEXT    NOT NULL CHECK (length(path) BETWEEN 1 AND 200), -- a file of it
    size       INTEGER NOT NULL CHECK (size >= 0), -- the file's length in bytes
    sha256     BLOB    NOT NULL CHECK (length(sha256) = 32), -- SHA-256 of the file
    PRIMARY KEY (package_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE package_key (
    package_id    TEXT    NOT NULL PRIMARY KEY REFERENCES package (id), -- the package whose bytes it opens
    key_id        TEXT    NOT NULL REFERENCES purpose_key (id), -- the purpose key that wraps it
    wrapped       BLOB    NOT NULL CHECK (length(wrapped) BETWEEN 1 AND 1024), -- the package's key, encrypted
    object_size   INTEGER NOT NULL CHECK (object_size >= 1), -- length of the object in bytes
    object_digest BLOB    NOT NULL CHECK (length(object_digest) = 32) -- SHA-256 of the object
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX package_one_unfinished ON package (request_id) WHERE state IN ('building', 'failed');
CREATE UNIQUE INDEX package_one_ready ON package (request_id) WHERE state = 'ready';
CREATE INDEX package_unfinished ON package (state, begun_at) WHERE state = 'building';
CREATE INDEX package_film_item ON package_film (item_id);

-- Whether a package may be handed over is a fact of the rules: what changes it raises the generation in the same transaction. How far the
-- building is changes nothing.
-- +goose StatementBegin
CREATE TRIGGER package_insert_raises AFTER INSERT ON package BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_update_raises AFTER UPDATE OF state ON package BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_delete_raises AFTER DELETE ON package BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd

-- What was made is never rewritten; what was not made may be begun again.
-- +goose StatementBegin
CREATE TRIGGER package_fixed BEFORE UPDATE OF id, request_id, place, number, ruling, begun_at ON package
BEGIN SELECT raise(ABORT, 'append-only: package'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_made_once BEFORE UPDATE OF made_at, size, digest, verdict, report ON package WHEN OLD.made_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: package'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_no_delete BEFORE DELETE ON package WHEN OLD.made_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: package'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_item_fixed BEFORE UPDATE ON package_item BEGIN SELECT raise(ABORT, 'append-only: package_item'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_item_no_delete BEFORE DELETE ON package_item BEGIN SELECT raise(ABORT, 'append-only: package_item'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_film_fixed BEFORE UPDATE ON package_film BEGIN SELECT raise(ABORT, 'append-only: package_film'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_film_no_delete BEFORE DELETE ON package_film BEGIN SELECT raise(ABORT, 'append-only: package_film'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_file_fixed BEFORE UPDATE ON package_file BEGIN SELECT raise(ABORT, 'append-only: package_file'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_file_no_delete BEFORE DELETE ON package_file BEGIN SELECT raise(ABORT, 'append-only: package_file'); END;
-- +goose StatementEnd
