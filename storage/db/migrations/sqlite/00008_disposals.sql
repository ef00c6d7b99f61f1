-- +goose Up

-- Files of requests that were closed long ago are disposed of by two people (LAW.md). The row of the request, its items, outcomes, citations, dates
-- and digests stay: they are the tombstone. The words go. What stands in their place is in desk/request (Gone).
CREATE TABLE request_disposal (
    request_id   TEXT    NOT NULL PRIMARY KEY REFERENCES request (id), -- the closed request whose file it is
    proposed_by  TEXT    NOT NULL REFERENCES staff (id), -- who proposed that its file is disposed of
    proposed_at  INTEGER NOT NULL, -- when, microseconds UTC
    why          TEXT    NOT NULL CHECK (length(why) <= 500), -- a remark of theirs; may be empty
    confirmed_by TEXT    REFERENCES staff (id), -- the second person; null while it is only proposed
    disposed_at  INTEGER CHECK (disposed_at >= proposed_at), -- when the words were destroyed, microseconds UTC; null while it is only proposed
    authority    TEXT    CHECK (length(authority) BETWEEN 1 AND 300), -- the schedule under which; null while it is only proposed
    file_sha256  BLOB    CHECK (length(file_sha256) = 32), -- SHA-256 over what was destroyed (request.Words); null while it is only proposed
    final_at     INTEGER CHECK (final_at >= disposed_at), -- when the last backup that holds the words ages out, microseconds UTC; null while it is only proposed
    CHECK (confirmed_by <> proposed_by),
    CHECK ((disposed_at IS NULL) = (confirmed_by IS NULL) AND (disposed_at IS NULL) = (authority IS NULL)),
    CHECK ((disposed_at IS NULL) = (file_sha256 IS NULL) AND (disposed_at IS NULL) = (final_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE disposed_package (
    package_id TEXT    NOT NULL PRIMARY KEY REFERENCES package (id), -- a package whose key was destroyed with its request's file
    request_id TEXT    NOT NULL REFERENCES request (id), -- the request
    tried_at   INTEGER NOT NULL, -- when removing its object was last tried, microseconds UTC; 0 never
    purged_at  INTEGER -- when its object was removed, microseconds UTC; null before
) STRICT, WITHOUT ROWID;

CREATE INDEX request_ended ON request (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX disposed_package_left ON disposed_package (tried_at, package_id) WHERE purged_at IS NULL;

-- Who proposed and what was disposed of are facts of the rules.
-- +goose StatementBegin
CREATE TRIGGER request_disposal_insert_raises AFTER INSERT ON request_disposal
BEGIN UPDATE access_generation SET generation = generation + 1 WHERE id = 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_disposal_update_raises AFTER UPDATE ON request_disposal
BEGIN UPDATE access_generation SET generation = generation + 1 WHERE id = 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_disposal_delete_raises AFTER DELETE ON request_disposal
BEGIN UPDATE access_generation SET generation = generation + 1 WHERE id = 1; END;
-- +goose StatementEnd

-- A proposal is voided or carried out; what was disposed of stays so.
-- +goose StatementBegin
CREATE TRIGGER request_disposal_fixed BEFORE UPDATE OF request_id, proposed_by, proposed_at, why ON request_disposal
BEGIN SELECT raise(ABORT, 'append-only: request_disposal'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_disposal_once BEFORE UPDATE ON request_disposal WHEN OLD.disposed_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: request_disposal'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_disposal_no_delete BEFORE DELETE ON request_disposal WHEN OLD.disposed_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: request_disposal'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disposed_package_fixed BEFORE UPDATE OF package_id, request_id ON disposed_package
BEGIN SELECT raise(ABORT, 'append-only: disposed_package'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disposed_package_once BEFORE UPDATE ON disposed_package WHEN OLD.purged_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: disposed_package'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER disposed_package_no_delete BEFORE DELETE ON disposed_package
BEGIN SELECT raise(ABORT, 'append-only: disposed_package'); END;
-- +goose StatementEnd

-- Words may go only under a disposal, in the transaction that carries it out: until then they are never rewritten, and afterwards there are none.
DROP TRIGGER request_fixed;
DROP TRIGGER request_decision_fixed;
DROP TRIGGER call_back_fixed;
DROP TRIGGER request_note_fixed;
DROP TRIGGER request_attachment_fixed;
DROP TRIGGER request_attachment_part_no_delete;
DROP TRIGGER package_made_once;
DROP TRIGGER delivery_fixed;
DROP TRIGGER delivery_signed_once;
-- +goose StatementBegin
CREATE TRIGGER request_fixed BEFORE UPDATE OF id, number, year, place, kind, channel, logged_at, logged_by, oral ON request
BEGIN SELECT raise(ABORT, 'append-only: request'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_words BEFORE UPDATE OF text, pick_up ON request WHEN NOT EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: request'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_rests BEFORE UPDATE ON request WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.id AND x.disposed_at IS NOT NULL)
    AND (NEW.text <> '(disposed of)' OR NEW.pick_up <> 'DISPOSED' OR NEW.late <> '' OR NEW.requester <> '' OR NEW.contact <> '' OR NEW.agency <> '' OR NEW.officer <> '' OR NEW.badge <> '' OR NEW.case_number <> '' OR NEW.offence <> '' OR NEW.why <> ''
    OR (NEW.state, NEW.since_at, NEW.received_at, NEW.read_back, NEW.inspect, NEW.at_site, NEW.asked_start_at, NEW.asked_end_at, NEW.call_back, NEW.due_at, NEW.ended_at, NEW.closing, NEW.version, NEW.ruling)
    IS NOT (OLD.state, OLD.since_at, OLD.received_at, OLD.read_back, OLD.inspect, OLD.at_site, OLD.asked_start_at, OLD.asked_end_at, OLD.call_back, OLD.due_at, OLD.ended_at, OLD.closing, OLD.version, OLD.ruling))
BEGIN SELECT raise(ABORT, 'append-only: request'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_item_rests BEFORE UPDATE ON request_item WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.request_id AND x.disposed_at IS NOT NULL)
    AND (NEW.proposed_reason <> '' OR (NEW.camera_id, NEW.start_at, NEW.end_at, NEW.stage, NEW.proposed_outcome, NEW.proposed_citation, NEW.proposed_by, NEW.proposed_at, NEW.out_at)
    IS NOT (OLD.camera_id, OLD.start_at, OLD.end_at, OLD.stage, OLD.proposed_outcome, OLD.proposed_citation, OLD.proposed_by, OLD.proposed_at, OLD.out_at))
BEGIN SELECT raise(ABORT, 'append-only: request_item'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_decision_fixed BEFORE UPDATE OF item_id, number, camera_id, start_at, end_at, proposed_by, outcome, citation, decided_by, decided_at, lapses_at ON request_decision
BEGIN SELECT raise(ABORT, 'append-only: request_decision'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_decision_words BEFORE UPDATE OF reason ON request_decision WHEN NEW.reason <> '' OR NOT EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = (SELECT i.request_id FROM request_item i WHERE i.id = OLD.item_id) AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: request_decision'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER call_back_fixed BEFORE UPDATE OF request_id, number, agency_id, phone, reached, made_by, made_at ON call_back
BEGIN SELECT raise(ABORT, 'append-only: call_back'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER call_back_words BEFORE UPDATE OF spoke ON call_back WHEN NEW.spoke <> '' OR NOT EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: call_back'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_note_fixed BEFORE UPDATE OF request_id, number, made_by, made_at ON request_note
BEGIN SELECT raise(ABORT, 'append-only: request_note'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_note_words BEFORE UPDATE OF text ON request_note WHEN NEW.text <> '(disposed of)' OR NOT EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: request_note'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_attachment_fixed BEFORE UPDATE OF id, request_id, size, sha256, added_by, added_at ON request_attachment
BEGIN SELECT raise(ABORT, 'append-only: request_attachment'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_attachment_words BEFORE UPDATE OF name ON request_attachment WHEN NEW.name <> '(disposed of)' OR NOT EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: request_attachment'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_attachment_part_no_delete BEFORE DELETE ON request_attachment_part WHEN NOT EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = (SELECT a.request_id FROM request_attachment a WHERE a.id = OLD.attachment_id) AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: request_attachment_part'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_made_once BEFORE UPDATE OF made_at, size, digest, verdict ON package WHEN OLD.made_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: package'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_words BEFORE UPDATE OF report ON package WHEN OLD.made_at IS NOT NULL AND (NEW.report <> '{}' OR NOT EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.request_id AND x.disposed_at IS NOT NULL))
BEGIN SELECT raise(ABORT, 'append-only: package'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_rests BEFORE UPDATE ON package WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.request_id AND x.disposed_at IS NOT NULL)
    AND (NEW.why <> '' OR (NEW.state, NEW.done, NEW.total) IS NOT (OLD.state, OLD.done, OLD.total))
BEGIN SELECT raise(ABORT, 'append-only: package'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_fixed BEFORE UPDATE OF id, package_id, request_id, way, by_code, handed_by, handed_at ON delivery
BEGIN SELECT raise(ABORT, 'append-only: delivery'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_signed_once BEFORE UPDATE OF signed_at, noted_by ON delivery WHEN OLD.signed_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: delivery'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_words BEFORE UPDATE OF recipient, agency, badge ON delivery WHEN NOT EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: delivery'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_signer BEFORE UPDATE OF signed_by ON delivery WHEN OLD.signed_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: delivery'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_rests BEFORE UPDATE ON delivery WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = OLD.request_id AND x.disposed_at IS NOT NULL)
    AND (NEW.recipient <> '(disposed of)' OR NEW.agency <> '' OR NEW.badge <> '' OR COALESCE(NEW.signed_by, '(disposed of)') <> '(disposed of)'
    OR (NEW.signed_at, NEW.noted_by, NEW.recalled_at) IS NOT (OLD.signed_at, OLD.noted_by, OLD.recalled_at))
BEGIN SELECT raise(ABORT, 'append-only: delivery'); END;
-- +goose StatementEnd

-- Nothing comes into a file that was disposed of.
-- +goose StatementBegin
CREATE TRIGGER request_item_no_more BEFORE INSERT ON request_item WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = NEW.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: request_item'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_note_no_more BEFORE INSERT ON request_note WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = NEW.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: request_note'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_attachment_no_more BEFORE INSERT ON request_attachment WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = NEW.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: request_attachment'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER request_attachment_part_no_more BEFORE INSERT ON request_attachment_part WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = (SELECT a.request_id FROM request_attachment a WHERE a.id = NEW.attachment_id) AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: request_attachment_part'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER call_back_no_more BEFORE INSERT ON call_back WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = NEW.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: call_back'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_no_more BEFORE INSERT ON package WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = NEW.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: package'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER package_key_no_more BEFORE INSERT ON package_key WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = (SELECT p.request_id FROM package p WHERE p.id = NEW.package_id) AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: package_key'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_no_more BEFORE INSERT ON delivery WHEN EXISTS (SELECT 1 FROM request_disposal x WHERE x.request_id = NEW.request_id AND x.disposed_at IS NOT NULL)
BEGIN SELECT raise(ABORT, 'append-only: delivery'); END;
-- +goose StatementEnd
