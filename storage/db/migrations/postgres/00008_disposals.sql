-- +goose Up

-- Files of requests that were closed long ago are disposed of by two people (LAW.md). The row of the request, its items, outcomes, citations, dates
-- and digests stay: they are the tombstone. The words go. What stands in their place is in desk/request (Gone).
CREATE TABLE request_disposal (
    request_id   TEXT    NOT NULL PRIMARY KEY REFERENCES request (id),
    proposed_by  TEXT    NOT NULL REFERENCES staff (id),
    proposed_at  BIGINT  NOT NULL,
    why          TEXT    NOT NULL CHECK (length(why) <= 500),
    confirmed_by TEXT    REFERENCES staff (id),
    disposed_at  BIGINT  CHECK (disposed_at >= proposed_at),
    authority    TEXT    CHECK (length(authority) BETWEEN 1 AND 300),
    file_sha256  BYTEA   CHECK (length(file_sha256) = 32),
    final_at     BIGINT  CHECK (final_at >= disposed_at),
    CHECK (confirmed_by <> proposed_by),
    CHECK ((disposed_at IS NULL) = (confirmed_by IS NULL) AND (disposed_at IS NULL) = (authority IS NULL)),
    CHECK ((disposed_at IS NULL) = (file_sha256 IS NULL) AND (disposed_at IS NULL) = (final_at IS NULL))
);
COMMENT ON COLUMN request_disposal.request_id IS 'the closed request whose file it is';
COMMENT ON COLUMN request_disposal.proposed_by IS 'who proposed that its file is disposed of';
COMMENT ON COLUMN request_disposal.proposed_at IS 'when, microseconds UTC';
COMMENT ON COLUMN request_disposal.why IS 'a remark of theirs; may be empty';
COMMENT ON COLUMN request_disposal.confirmed_by IS 'the second person; null while it is only proposed';
COMMENT ON COLUMN request_disposal.disposed_at IS 'when the words were destroyed, microseconds UTC; null while it is only proposed';
COMMENT ON COLUMN request_disposal.authority IS 'the schedule under which; null while it is only proposed';
COMMENT ON COLUMN request_disposal.file_sha256 IS 'SHA-256 over what was destroyed (request.Words); null while it is only proposed';
COMMENT ON COLUMN request_disposal.final_at IS 'when the last backup that holds the words ages out, microseconds UTC; null while it is only proposed';

CREATE TABLE disposed_package (
    package_id TEXT    NOT NULL PRIMARY KEY REFERENCES package (id),
    request_id TEXT    NOT NULL REFERENCES request (id),
    tried_at   BIGINT  NOT NULL,
    purged_at  BIGINT
);
COMMENT ON COLUMN disposed_package.package_id IS 'a package whose key was destroyed with its request''s file';
COMMENT ON COLUMN disposed_package.request_id IS 'the request';
COMMENT ON COLUMN disposed_package.tried_at IS 'when removing its object was last tried, microseconds UTC; 0 never';
COMMENT ON COLUMN disposed_package.purged_at IS 'when its object was removed, microseconds UTC; null before';

CREATE INDEX request_ended ON request (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX disposed_package_left ON disposed_package (tried_at, package_id) WHERE purged_at IS NULL;

CREATE FUNCTION file_disposed(request TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE AS
    'SELECT EXISTS (SELECT 1 FROM public.request_disposal x WHERE x.request_id = $1 AND x.disposed_at IS NOT NULL)';
CREATE FUNCTION item_disposed(item TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE AS
    'SELECT EXISTS (SELECT 1 FROM public.request_item i WHERE i.id = $1 AND public.file_disposed(i.request_id))';
CREATE FUNCTION paper_disposed(paper TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE AS
    'SELECT EXISTS (SELECT 1 FROM public.request_attachment a WHERE a.id = $1 AND public.file_disposed(a.request_id))';
CREATE FUNCTION package_disposed(package TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE AS
    'SELECT EXISTS (SELECT 1 FROM public.package p WHERE p.id = $1 AND public.file_disposed(p.request_id))';

-- Who proposed and what was disposed of are facts of the rules.
CREATE TRIGGER request_disposal_raises AFTER INSERT OR UPDATE OR DELETE ON request_disposal FOR EACH ROW EXECUTE FUNCTION raise_access_generation();

-- A proposal is voided or carried out; what was disposed of stays so.
CREATE TRIGGER request_disposal_fixed BEFORE UPDATE OF request_id, proposed_by, proposed_at, why ON request_disposal FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_disposal_once BEFORE UPDATE OR DELETE ON request_disposal FOR EACH ROW WHEN (OLD.disposed_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_disposal_no_truncate BEFORE TRUNCATE ON request_disposal FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER disposed_package_fixed BEFORE UPDATE OF package_id, request_id OR DELETE ON disposed_package FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER disposed_package_once BEFORE UPDATE ON disposed_package FOR EACH ROW WHEN (OLD.purged_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER disposed_package_no_truncate BEFORE TRUNCATE ON disposed_package FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Words may go only under a disposal, in the transaction that carries it out: until then they are never rewritten, and afterwards there are none.
DROP TRIGGER request_fixed ON request;
DROP TRIGGER request_decision_fixed ON request_decision;
DROP TRIGGER call_back_fixed ON call_back;
DROP TRIGGER request_note_fixed ON request_note;
DROP TRIGGER request_attachment_fixed ON request_attachment;
DROP TRIGGER request_attachment_part_fixed ON request_attachment_part;
DROP TRIGGER package_made_once ON package;
DROP TRIGGER delivery_fixed ON delivery;
DROP TRIGGER delivery_signed_once ON delivery;
CREATE TRIGGER request_fixed BEFORE UPDATE OF id, number, year, place, kind, channel, logged_at, logged_by, oral OR DELETE ON request FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_words BEFORE UPDATE OF text, pick_up ON request FOR EACH ROW WHEN (NOT file_disposed(OLD.id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_rests BEFORE UPDATE ON request FOR EACH ROW WHEN (file_disposed(OLD.id) AND (NEW.text <> '(disposed of)' OR NEW.pick_up <> 'DISPOSED' OR NEW.late <> '' OR NEW.requester <> '' OR NEW.contact <> '' OR NEW.agency <> '' OR NEW.officer <> '' OR NEW.badge <> '' OR NEW.case_number <> '' OR NEW.offence <> '' OR NEW.why <> ''
    OR (NEW.state, NEW.since_at, NEW.received_at, NEW.read_back, NEW.inspect, NEW.at_site, NEW.asked_start_at, NEW.asked_end_at, NEW.call_back, NEW.due_at, NEW.ended_at, NEW.closing, NEW.version, NEW.ruling)
    IS DISTINCT FROM (OLD.state, OLD.since_at, OLD.received_at, OLD.read_back, OLD.inspect, OLD.at_site, OLD.asked_start_at, OLD.asked_end_at, OLD.call_back, OLD.due_at, OLD.ended_at, OLD.closing, OLD.version, OLD.ruling))) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_item_rests BEFORE UPDATE ON request_item FOR EACH ROW WHEN (file_disposed(OLD.request_id) AND (NEW.proposed_reason <> ''
    OR (NEW.camera_id, NEW.start_at, NEW.end_at, NEW.stage, NEW.proposed_outcome, NEW.proposed_citation, NEW.proposed_by, NEW.proposed_at, NEW.out_at)
    IS DISTINCT FROM (OLD.camera_id, OLD.start_at, OLD.end_at, OLD.stage, OLD.proposed_outcome, OLD.proposed_citation, OLD.proposed_by, OLD.proposed_at, OLD.out_at))) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_decision_fixed BEFORE UPDATE OF item_id, number, camera_id, start_at, end_at, proposed_by, outcome, citation, decided_by, decided_at, lapses_at OR DELETE ON request_decision FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_decision_words BEFORE UPDATE OF reason ON request_decision FOR EACH ROW WHEN (NEW.reason <> '' OR NOT item_disposed(OLD.item_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER call_back_fixed BEFORE UPDATE OF request_id, number, agency_id, phone, reached, made_by, made_at OR DELETE ON call_back FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER call_back_words BEFORE UPDATE OF spoke ON call_back FOR EACH ROW WHEN (NEW.spoke <> '' OR NOT file_disposed(OLD.request_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_note_fixed BEFORE UPDATE OF request_id, number, made_by, made_at OR DELETE ON request_note FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_note_words BEFORE UPDATE OF text ON request_note FOR EACH ROW WHEN (NEW.text <> '(disposed of)' OR NOT file_disposed(OLD.request_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_attachment_fixed BEFORE UPDATE OF id, request_id, size, sha256, added_by, added_at OR DELETE ON request_attachment FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_attachment_words BEFORE UPDATE OF name ON request_attachment FOR EACH ROW WHEN (NEW.name <> '(disposed of)' OR NOT file_disposed(OLD.request_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_attachment_part_fixed BEFORE UPDATE OF attachment_id, part, content ON request_attachment_part FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER request_attachment_part_no_delete BEFORE DELETE ON request_attachment_part FOR EACH ROW WHEN (NOT paper_disposed(OLD.attachment_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER package_made_once BEFORE UPDATE OF made_at, size, digest, verdict ON package FOR EACH ROW WHEN (OLD.made_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER package_words BEFORE UPDATE OF report ON package FOR EACH ROW WHEN (OLD.made_at IS NOT NULL AND (NEW.report <> '{}' OR NOT file_disposed(OLD.request_id))) EXECUTE FUNCTION append_only();
CREATE TRIGGER package_rests BEFORE UPDATE ON package FOR EACH ROW WHEN (file_disposed(OLD.request_id) AND (NEW.why <> ''
    OR (NEW.state, NEW.done, NEW.total)
    IS DISTINCT FROM (OLD.state, OLD.done, OLD.total))) EXECUTE FUNCTION append_only();
CREATE TRIGGER delivery_fixed BEFORE UPDATE OF id, package_id, request_id, way, by_code, handed_by, handed_at OR DELETE ON delivery FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER delivery_signed_once BEFORE UPDATE OF signed_at, noted_by ON delivery FOR EACH ROW WHEN (OLD.signed_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER delivery_words BEFORE UPDATE OF recipient, agency, badge ON delivery FOR EACH ROW WHEN (NOT file_disposed(OLD.request_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER delivery_signer BEFORE UPDATE OF signed_by ON delivery FOR EACH ROW WHEN (OLD.signed_by IS NOT NULL AND NOT file_disposed(OLD.request_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER delivery_rests BEFORE UPDATE ON delivery FOR EACH ROW WHEN (file_disposed(OLD.request_id) AND (NEW.recipient <> '(disposed of)' OR NEW.agency <> '' OR NEW.badge <> '' OR COALESCE(NEW.signed_by, '(disposed of)') <> '(disposed of)'
    OR (NEW.signed_at, NEW.noted_by, NEW.recalled_at)
    IS DISTINCT FROM (OLD.signed_at, OLD.noted_by, OLD.recalled_at))) EXECUTE FUNCTION append_only();

-- Nothing comes into a file that was disposed of.
CREATE TRIGGER request_item_no_more BEFORE INSERT ON request_item FOR EACH ROW WHEN (file_disposed(NEW.request_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_note_no_more BEFORE INSERT ON request_note FOR EACH ROW WHEN (file_disposed(NEW.request_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_attachment_no_more BEFORE INSERT ON request_attachment FOR EACH ROW WHEN (file_disposed(NEW.request_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER request_attachment_part_no_more BEFORE INSERT ON request_attachment_part FOR EACH ROW WHEN (paper_disposed(NEW.attachment_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER call_back_no_more BEFORE INSERT ON call_back FOR EACH ROW WHEN (file_disposed(NEW.request_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER package_no_more BEFORE INSERT ON package FOR EACH ROW WHEN (file_disposed(NEW.request_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER package_key_no_more BEFORE INSERT ON package_key FOR EACH ROW WHEN (package_disposed(NEW.package_id)) EXECUTE FUNCTION append_only();
CREATE TRIGGER delivery_no_more BEFORE INSERT ON delivery FOR EACH ROW WHEN (file_disposed(NEW.request_id)) EXECUTE FUNCTION append_only();
