-- +goose Up

CREATE TABLE delivery (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'dlv_'), -- typed id of the hand-over
    package_id  TEXT    NOT NULL REFERENCES package (id), -- the package that was handed over
    request_id  TEXT    NOT NULL REFERENCES request (id), -- the request that the package is of
    way         TEXT    NOT NULL CHECK (way IN ('folder', 'disc')), -- how it was handed over
    recipient   TEXT    NOT NULL CHECK (length(recipient) <= 200), -- who took it; may be empty if they brought the pick-up code
    agency      TEXT    NOT NULL CHECK (length(agency) <= 200), -- the recipient's agency; empty for open records
    badge       TEXT    NOT NULL CHECK (length(badge) <= 60), -- the recipient's badge; empty for open records
    by_code     INTEGER NOT NULL CHECK (by_code IN (0, 1)), -- whether the recipient brought the request's pick-up code
    handed_by   TEXT    NOT NULL REFERENCES staff (id), -- who handed it over
    handed_at   INTEGER NOT NULL, -- when, microseconds UTC
    signed_at   INTEGER CHECK (signed_at >= handed_at), -- when the receipt was recorded, microseconds UTC; null while it is out
    signed_by   TEXT    CHECK (length(signed_by) BETWEEN 1 AND 200), -- the name that stands on the receipt; null while it is out
    noted_by    TEXT    REFERENCES staff (id), -- who recorded the receipt; null while it is out
    recalled_at INTEGER CHECK (recalled_at >= handed_at), -- when the package was recalled, microseconds UTC; null unless it was
    CHECK ((signed_at IS NULL) = (signed_by IS NULL) AND (signed_at IS NULL) = (noted_by IS NULL)),
    CHECK (recipient <> '' OR by_code = 1),
    CHECK ((agency = '') = (badge = '') AND (agency = '' OR (recipient <> '' AND by_code = 0)))
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_package ON delivery (package_id);
CREATE INDEX delivery_request ON delivery (request_id, handed_at, id);
CREATE INDEX delivery_latest ON delivery (handed_at, id);

-- Who took what is never rewritten: a delivery is signed for once and recalled once.
-- +goose StatementBegin
CREATE TRIGGER delivery_fixed BEFORE UPDATE OF id, package_id, request_id, way, recipient, agency, badge, by_code, handed_by, handed_at ON delivery
BEGIN SELECT raise(ABORT, 'append-only: delivery'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_signed_once BEFORE UPDATE OF signed_at, signed_by, noted_by ON delivery WHEN OLD.signed_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: delivery'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_recalled_once BEFORE UPDATE OF recalled_at ON delivery WHEN OLD.recalled_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: delivery'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_no_delete BEFORE DELETE ON delivery BEGIN SELECT raise(ABORT, 'append-only: delivery'); END;
-- +goose StatementEnd
