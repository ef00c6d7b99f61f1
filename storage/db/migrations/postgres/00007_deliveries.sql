-- +goose Up

CREATE TABLE delivery (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'dlv_'),
    package_id  TEXT    NOT NULL REFERENCES package (id),
    request_id  TEXT    NOT NULL REFERENCES request (id),
    way         TEXT    NOT NULL CHECK (way IN ('folder', 'disc')),
    recipient   TEXT    NOT NULL CHECK (length(recipient) <= 200),
    agency      TEXT    NOT NULL CHECK (length(agency) <= 200),
    badge       TEXT    NOT NULL CHECK (length(badge) <= 60),
    by_code     BOOLEAN NOT NULL,
    handed_by   TEXT    NOT NULL REFERENCES staff (id),
    handed_at   BIGINT  NOT NULL,
    signed_at   BIGINT  CHECK (signed_at >= handed_at),
    signed_by   TEXT    CHECK (length(signed_by) BETWEEN 1 AND 200),
    noted_by    TEXT    REFERENCES staff (id),
    recalled_at BIGINT  CHECK (recalled_at >= handed_at),
    CHECK ((signed_at IS NULL) = (signed_by IS NULL) AND (signed_at IS NULL) = (noted_by IS NULL)),
    CHECK (recipient <> '' OR by_code),
    CHECK ((agency = '') = (badge = '') AND (agency = '' OR (recipient <> '' AND NOT by_code)))
);
COMMENT ON COLUMN delivery.id IS 'typed id of the hand-over';
COMMENT ON COLUMN delivery.package_id IS 'the package that was handed over';
COMMENT ON COLUMN delivery.request_id IS 'the request that the package is of';
COMMENT ON COLUMN delivery.way IS 'how it was handed over';
COMMENT ON COLUMN delivery.recipient IS 'who took it; may be empty if they brought the pick-up code';
COMMENT ON COLUMN delivery.agency IS 'the recipient''s agency; empty for open records';
COMMENT ON COLUMN delivery.badge IS 'the recipient''s badge; empty for open records';
COMMENT ON COLUMN delivery.by_code IS 'whether the recipient brought the request''s pick-up code';
COMMENT ON COLUMN delivery.handed_by IS 'who handed it over';
COMMENT ON COLUMN delivery.handed_at IS 'when, microseconds UTC';
COMMENT ON COLUMN delivery.signed_at IS 'when the receipt was recorded, microseconds UTC; null while it is out';
COMMENT ON COLUMN delivery.signed_by IS 'the name that stands on the receipt; null while it is out';
COMMENT ON COLUMN delivery.noted_by IS 'who recorded the receipt; null while it is out';
COMMENT ON COLUMN delivery.recalled_at IS 'when the package was recalled, microseconds UTC; null unless it was';

CREATE INDEX delivery_package ON delivery (package_id);
CREATE INDEX delivery_request ON delivery (request_id, handed_at, id);
CREATE INDEX delivery_latest ON delivery (handed_at, id);

-- Who took what is never rewritten: a delivery is signed for once and recalled once.
CREATE TRIGGER delivery_fixed BEFORE UPDATE OF id, package_id, request_id, way, recipient, agency, badge, by_code, handed_by, handed_at OR DELETE ON delivery FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER delivery_signed_once BEFORE UPDATE OF signed_at, signed_by, noted_by ON delivery FOR EACH ROW WHEN (OLD.signed_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER delivery_recalled_once BEFORE UPDATE OF recalled_at ON delivery FOR EACH ROW WHEN (OLD.recalled_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER delivery_no_truncate BEFORE TRUNCATE ON delivery FOR EACH STATEMENT EXECUTE FUNCTION append_only();
