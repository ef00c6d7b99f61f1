-- +goose Up

ALTER TABLE camera ADD COLUMN place TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 120);
COMMENT ON COLUMN camera.place IS 'where it hangs, for people; may be empty';
ALTER TABLE camera ADD COLUMN class TEXT NOT NULL DEFAULT 'public-area' CHECK (class IN ('public-area', 'staff-area', 'library-record'));
COMMENT ON COLUMN camera.class IS 'what it shows, and with it which rules hold';
ALTER TABLE camera ADD COLUMN retention_days BIGINT NOT NULL DEFAULT 0 CHECK (retention_days BETWEEN 0 AND 3650);
COMMENT ON COLUMN camera.retention_days IS 'how many days its footage is kept unless it is held; 0: the default of the site';

CREATE TABLE staff (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'stf_'),
    login           TEXT    NOT NULL UNIQUE CHECK (length(login) BETWEEN 3 AND 64 AND login = lower(login)),
    name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    enabled         BOOLEAN NOT NULL,
    all_cameras     BOOLEAN NOT NULL,
    added_at        BIGINT  NOT NULL,
    acknowledged_at BIGINT,
    policy          TEXT    NOT NULL CHECK (length(policy) <= 40),
    version         BIGINT  NOT NULL CHECK (version >= 1)
);
COMMENT ON COLUMN staff.id IS 'typed id of the member of staff';
COMMENT ON COLUMN staff.login IS 'the name they sign in with; unique for ever, so that the diary never means another person';
COMMENT ON COLUMN staff.name IS 'what colleagues call them';
COMMENT ON COLUMN staff.enabled IS 'whether they may sign in at all';
COMMENT ON COLUMN staff.all_cameras IS 'whether every camera is assigned, present and future';
COMMENT ON COLUMN staff.added_at IS 'when the account was made, microseconds UTC';
COMMENT ON COLUMN staff.acknowledged_at IS 'when the policy was last acknowledged, microseconds UTC; null never';
COMMENT ON COLUMN staff.policy IS 'version of the policy that was acknowledged; empty if none';
COMMENT ON COLUMN staff.version IS 'row version for compare-and-swap, from 1';

CREATE TABLE staff_secret (
    staff_id    TEXT    NOT NULL PRIMARY KEY REFERENCES staff (id),
    password    TEXT    CHECK (length(password) BETWEEN 1 AND 512),
    totp        BYTEA   CHECK (length(totp) BETWEEN 1 AND 1024),
    totp_key_id TEXT    REFERENCES purpose_key (id),
    totp_step   BIGINT  NOT NULL,
    codes       BYTEA   CHECK (length(codes) BETWEEN 32 AND 1024 AND length(codes) % 32 = 0),
    version     BIGINT  NOT NULL CHECK (version >= 1),
    CHECK ((totp IS NULL) = (totp_key_id IS NULL))
);
COMMENT ON COLUMN staff_secret.staff_id IS 'whose secrets they are';
COMMENT ON COLUMN staff_secret.password IS 'PHC string of the password''s hash; null before one was set';
COMMENT ON COLUMN staff_secret.totp IS 'second factor''s secret, encrypted; null if none';
COMMENT ON COLUMN staff_secret.totp_key_id IS 'the key that encrypts totp; null if none';
COMMENT ON COLUMN staff_secret.totp_step IS 'last time step whose code was accepted: a code is good once';
COMMENT ON COLUMN staff_secret.codes IS 'SHA-256 of each unused recovery code, one after another; null if none';
COMMENT ON COLUMN staff_secret.version IS 'row version for compare-and-swap, from 1';

CREATE TABLE camera_assignment (
    staff_id  TEXT    NOT NULL REFERENCES staff (id),
    camera_id TEXT    NOT NULL REFERENCES camera (id),
    PRIMARY KEY (staff_id, camera_id)
);
COMMENT ON COLUMN camera_assignment.staff_id IS 'who may look';
COMMENT ON COLUMN camera_assignment.camera_id IS 'at which camera';

CREATE TABLE role_grant (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'rol_'),
    staff_id   TEXT    NOT NULL REFERENCES staff (id),
    role       TEXT    NOT NULL CHECK (role IN ('viewer', 'preparer', 'redactor', 'reviewer', 'custodian', 'counsel', 'auditor', 'administrator')),
    from_at    BIGINT  NOT NULL,
    until_at   BIGINT  CHECK (until_at > from_at),
    given_by   TEXT    NOT NULL CHECK (length(given_by) BETWEEN 1 AND 128),
    given_at   BIGINT  NOT NULL,
    reason     TEXT    NOT NULL CHECK (length(reason) <= 2000),
    revoked_at BIGINT
);
COMMENT ON COLUMN role_grant.id IS 'typed id of the grant of a role';
COMMENT ON COLUMN role_grant.staff_id IS 'who has the role';
COMMENT ON COLUMN role_grant.role IS 'the role';
COMMENT ON COLUMN role_grant.from_at IS 'first instant at which it counts, microseconds UTC';
COMMENT ON COLUMN role_grant.until_at IS 'first instant at which it no longer counts, microseconds UTC; null for no end';
COMMENT ON COLUMN role_grant.given_by IS 'actor who gave it';
COMMENT ON COLUMN role_grant.given_at IS 'when it was given, microseconds UTC';
COMMENT ON COLUMN role_grant.reason IS 'why, in the giver''s words; may be empty';
COMMENT ON COLUMN role_grant.revoked_at IS 'when it was taken back, microseconds UTC; null while it stands';

CREATE TABLE passkey (
    id       BYTEA   NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 1023),
    staff_id TEXT    NOT NULL REFERENCES staff (id),
    label    TEXT    NOT NULL CHECK (length(label) <= 80),
    record   BYTEA   NOT NULL CHECK (length(record) BETWEEN 1 AND 65536),
    added_at BIGINT  NOT NULL,
    used_at  BIGINT
);
COMMENT ON COLUMN passkey.id IS 'the credential''s id';
COMMENT ON COLUMN passkey.staff_id IS 'whose it is';
COMMENT ON COLUMN passkey.label IS 'what its owner calls it';
COMMENT ON COLUMN passkey.record IS 'the credential as JSON: public key, sign count, flags';
COMMENT ON COLUMN passkey.added_at IS 'when it was enrolled, microseconds UTC';
COMMENT ON COLUMN passkey.used_at IS 'when it last signed somebody in, microseconds UTC; null never';

CREATE TABLE invitation (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'inv_'),
    staff_id   TEXT    NOT NULL REFERENCES staff (id),
    digest     BYTEA   NOT NULL UNIQUE CHECK (length(digest) = 32),
    made_at    BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    used_at    BIGINT
);
COMMENT ON COLUMN invitation.id IS 'typed id of the invitation';
COMMENT ON COLUMN invitation.staff_id IS 'who sets a password with it';
COMMENT ON COLUMN invitation.digest IS 'SHA-256 of the link''s token';
COMMENT ON COLUMN invitation.made_at IS 'when it was made, microseconds UTC';
COMMENT ON COLUMN invitation.expires_at IS 'first instant at which it is no longer good, microseconds UTC';
COMMENT ON COLUMN invitation.used_at IS 'when it was used, or lapsed for a later one, microseconds UTC; null while it is good';

CREATE TABLE session (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'ses_'),
    staff_id   TEXT    NOT NULL REFERENCES staff (id),
    opened_at  BIGINT  NOT NULL,
    seen_at    BIGINT  NOT NULL,
    fresh_at   BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    idle_at    BIGINT  NOT NULL,
    ended_at   BIGINT,
    enrol      BOOLEAN NOT NULL,
    method     TEXT    NOT NULL CHECK (length(method) <= 40),
    address    TEXT    NOT NULL CHECK (length(address) <= 128),
    bearer     BOOLEAN NOT NULL
);
COMMENT ON COLUMN session.id IS 'typed id of the session';
COMMENT ON COLUMN session.staff_id IS 'who is signed in';
COMMENT ON COLUMN session.opened_at IS 'when it was opened, microseconds UTC';
COMMENT ON COLUMN session.seen_at IS 'last use, to the minute, microseconds UTC';
COMMENT ON COLUMN session.fresh_at IS 'when credentials were last given in full, microseconds UTC';
COMMENT ON COLUMN session.expires_at IS 'first instant at which it ends whatever happens, microseconds UTC';
COMMENT ON COLUMN session.idle_at IS 'first instant at which it ends if it is not used, microseconds UTC';
COMMENT ON COLUMN session.ended_at IS 'when it was ended, microseconds UTC; null while it stands';
COMMENT ON COLUMN session.enrol IS 'whether only the enrolment of a second factor is open to it';
COMMENT ON COLUMN session.method IS 'how the member signed in';
COMMENT ON COLUMN session.address IS 'network address at sign-in';
COMMENT ON COLUMN session.bearer IS 'whether its token was given to a client that is no browser';

CREATE TABLE sign_in_attempt (
    throttle      TEXT    NOT NULL PRIMARY KEY CHECK (length(throttle) BETWEEN 1 AND 64),
    failures      BIGINT  NOT NULL CHECK (failures >= 0),
    last_at       BIGINT  NOT NULL,
    blocked_until BIGINT
);
COMMENT ON COLUMN sign_in_attempt.throttle IS 'digest of what is throttled: an account or an address';
COMMENT ON COLUMN sign_in_attempt.failures IS 'failed attempts in a row';
COMMENT ON COLUMN sign_in_attempt.last_at IS 'the last of them, microseconds UTC';
COMMENT ON COLUMN sign_in_attempt.blocked_until IS 'no attempt is looked at before, microseconds UTC; null if not blocked';

CREATE TABLE restriction (
    id        TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'rst_'),
    camera_id TEXT    NOT NULL REFERENCES camera (id),
    start_at  BIGINT  NOT NULL,
    end_at    BIGINT  NOT NULL CHECK (end_at > start_at),
    kind      TEXT    NOT NULL CHECK (kind IN ('library-record', 'sealed', 'hold')),
    reason    TEXT    NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    placed_by TEXT    NOT NULL CHECK (length(placed_by) BETWEEN 1 AND 128),
    placed_at BIGINT  NOT NULL,
    lifted_at BIGINT
);
COMMENT ON COLUMN restriction.id IS 'typed id of the restriction';
COMMENT ON COLUMN restriction.camera_id IS 'the camera whose footage is closed';
COMMENT ON COLUMN restriction.start_at IS 'first instant that is closed, microseconds UTC';
COMMENT ON COLUMN restriction.end_at IS 'first instant after it, microseconds UTC';
COMMENT ON COLUMN restriction.kind IS 'why it is closed, as the rules know it';
COMMENT ON COLUMN restriction.reason IS 'why it is closed, for people';
COMMENT ON COLUMN restriction.placed_by IS 'actor who placed it';
COMMENT ON COLUMN restriction.placed_at IS 'when it was placed, microseconds UTC';
COMMENT ON COLUMN restriction.lifted_at IS 'when it was lifted, microseconds UTC; null while it stands';

CREATE TABLE rule_setting (
    id               BIGINT  NOT NULL PRIMARY KEY CHECK (id = 1),
    viewing_minutes  BIGINT  NOT NULL CHECK (viewing_minutes BETWEEN 5 AND 480),
    viewer_age_days  BIGINT  NOT NULL CHECK (viewer_age_days BETWEEN 1 AND 3650),
    policy_version   TEXT    NOT NULL CHECK (length(policy_version) BETWEEN 1 AND 40),
    policy_text      TEXT    NOT NULL CHECK (length(policy_text) <= 20000),
    acknowledge_days BIGINT  NOT NULL CHECK (acknowledge_days BETWEEN 1 AND 3650),
    set_up_at        BIGINT,
    version          BIGINT  NOT NULL CHECK (version >= 1)
);
COMMENT ON COLUMN rule_setting.id IS 'always 1: the table has one row';
COMMENT ON COLUMN rule_setting.viewing_minutes IS 'how long a viewing lasts unless less is asked for';
COMMENT ON COLUMN rule_setting.viewer_age_days IS 'how old footage may be that a viewer without another role sees';
COMMENT ON COLUMN rule_setting.policy_version IS 'names the policy that staff acknowledge';
COMMENT ON COLUMN rule_setting.policy_text IS 'what they acknowledge';
COMMENT ON COLUMN rule_setting.acknowledge_days IS 'how long an acknowledgement lasts';
COMMENT ON COLUMN rule_setting.set_up_at IS 'when set-up was finished, microseconds UTC; null before';
COMMENT ON COLUMN rule_setting.version IS 'row version for compare-and-swap, from 1';
INSERT INTO rule_setting (id, viewing_minutes, viewer_age_days, policy_version, policy_text, acknowledge_days, set_up_at, version)
VALUES (1, 60, 30, '1', 'Cameras protect people, the building and what is in it. They serve no other purpose.
Only authorised staff look at recordings or live pictures, and only for a purpose that they state beforehand.
Every look is recorded: who, which camera, which minutes, and why. The record cannot be changed.
Look at no more than the purpose needs. Do not look out of curiosity, and not to watch a colleague or a patron.
Recordings are public records. Anyone may ask for them; pass every request on to the lawful custodian at once.
The police receive recordings of crimes at the library on request, through the custodian. Nobody gives a copy on their own.
What shows who read or borrowed what is confidential by law. Cameras of that class are for those whose work needs them.
Do not photograph, film or forward what a screen shows. Copies are made by the program alone, after a decision.
Sign in as yourself, keep your password and second factor to yourself, and sign out when you leave.
Report at once if you saw something that you should not have seen, or believe that somebody else did.', 365, NULL, 1);

CREATE TABLE access_generation (
    id         BIGINT  NOT NULL PRIMARY KEY CHECK (id = 1),
    generation BIGINT  NOT NULL CHECK (generation >= 0)
);
COMMENT ON COLUMN access_generation.id IS 'always 1: the table has one row';
COMMENT ON COLUMN access_generation.generation IS 'grows with every change of what the rules look at';
INSERT INTO access_generation (id, generation) VALUES (1, 0);

CREATE TABLE viewing (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'viw_'),
    staff_id   TEXT    NOT NULL REFERENCES staff (id),
    session_id TEXT    NOT NULL CHECK (length(session_id) = 30 AND substr(session_id, 1, 4) = 'ses_'),
    basis      TEXT    NOT NULL CHECK (basis IN ('incident', 'request', 'reason')),
    reference  TEXT    NOT NULL CHECK (length(reference) <= 200),
    purpose    TEXT    NOT NULL CHECK (length(purpose) BETWEEN 1 AND 500),
    live       BOOLEAN NOT NULL,
    start_at   BIGINT  NOT NULL,
    end_at     BIGINT  NOT NULL CHECK (end_at > start_at),
    opened_at  BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    closed_at  BIGINT,
    why        TEXT    CHECK (length(why) BETWEEN 1 AND 40),
    CHECK ((closed_at IS NULL) = (why IS NULL))
);
COMMENT ON COLUMN viewing.id IS 'typed id of the viewing';
COMMENT ON COLUMN viewing.staff_id IS 'who looks';
COMMENT ON COLUMN viewing.session_id IS 'the session they look in; its row does not survive a restore';
COMMENT ON COLUMN viewing.basis IS 'kind of the stated purpose';
COMMENT ON COLUMN viewing.reference IS 'the incident or the request''s number; empty if none';
COMMENT ON COLUMN viewing.purpose IS 'the stated purpose, in the viewer''s words';
COMMENT ON COLUMN viewing.live IS 'whether it looks at what happens now';
COMMENT ON COLUMN viewing.start_at IS 'start of the footage asked for, microseconds UTC';
COMMENT ON COLUMN viewing.end_at IS 'first instant after it, microseconds UTC';
COMMENT ON COLUMN viewing.opened_at IS 'when it was opened, microseconds UTC';
COMMENT ON COLUMN viewing.expires_at IS 'first instant at which it ends whatever happens, microseconds UTC';
COMMENT ON COLUMN viewing.closed_at IS 'when it was closed, microseconds UTC; null while it is open';
COMMENT ON COLUMN viewing.why IS 'why it was closed; null while it is open';

CREATE TABLE viewing_camera (
    viewing_id TEXT    NOT NULL REFERENCES viewing (id),
    camera_id  TEXT    NOT NULL REFERENCES camera (id),
    position   BIGINT  NOT NULL CHECK (position >= 0),
    PRIMARY KEY (viewing_id, camera_id)
);
COMMENT ON COLUMN viewing_camera.viewing_id IS 'the viewing';
COMMENT ON COLUMN viewing_camera.camera_id IS 'a camera it asked for';
COMMENT ON COLUMN viewing_camera.position IS 'place in the order asked for, from 0';

CREATE TABLE look (
    viewing_id TEXT    NOT NULL,
    camera_id  TEXT    NOT NULL,
    minute_at  BIGINT  NOT NULL CHECK (minute_at % 60000000 = 0),
    kind       TEXT    NOT NULL CHECK (kind IN ('recorded', 'still', 'live')),
    leased_at  BIGINT  NOT NULL,
    served     BOOLEAN NOT NULL,
    PRIMARY KEY (viewing_id, camera_id, minute_at, kind),
    FOREIGN KEY (viewing_id, camera_id) REFERENCES viewing_camera (viewing_id, camera_id)
);
COMMENT ON COLUMN look.viewing_id IS 'the viewing it was leased to';
COMMENT ON COLUMN look.camera_id IS 'the camera looked at';
COMMENT ON COLUMN look.minute_at IS 'start of the minute of footage, microseconds UTC';
COMMENT ON COLUMN look.kind IS 'how it is looked at';
COMMENT ON COLUMN look.leased_at IS 'when the lease was committed, microseconds UTC';
COMMENT ON COLUMN look.served IS 'false if the viewing ended without a byte of it';

CREATE INDEX camera_assignment_camera ON camera_assignment (camera_id);
CREATE INDEX role_grant_staff ON role_grant (staff_id);
CREATE INDEX passkey_staff ON passkey (staff_id);
CREATE INDEX invitation_staff ON invitation (staff_id) WHERE used_at IS NULL;
CREATE INDEX session_staff ON session (staff_id) WHERE ended_at IS NULL;
CREATE INDEX sign_in_attempt_last ON sign_in_attempt (last_at);
CREATE INDEX restriction_standing ON restriction (camera_id, end_at) WHERE lifted_at IS NULL;
CREATE INDEX viewing_opened ON viewing (opened_at, id);
CREATE INDEX viewing_staff ON viewing (staff_id, opened_at, id);
CREATE INDEX viewing_open ON viewing (id) WHERE closed_at IS NULL;
CREATE INDEX viewing_camera_camera ON viewing_camera (camera_id);
CREATE INDEX look_minute ON look (camera_id, minute_at);

-- How the diary is asked: by time, by person, by kind. Most entries are the system's sealing of segments; those are found by time.
CREATE INDEX event_body_at ON event_body (at);
CREATE INDEX event_body_actor ON event_body (actor, at) WHERE actor <> 'system';
CREATE INDEX log_entry_type ON log_entry (type) WHERE type <> 'segment.sealed';

-- Whoever changes what the rules look at raises the generation in the same transaction, whichever program it is.
-- +goose StatementBegin
CREATE FUNCTION raise_access_generation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER staff_raises AFTER INSERT OR UPDATE ON staff FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER staff_secret_raises AFTER INSERT OR UPDATE ON staff_secret FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER camera_assignment_raises AFTER INSERT OR DELETE ON camera_assignment FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER role_grant_raises AFTER INSERT OR UPDATE ON role_grant FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER passkey_raises AFTER INSERT OR DELETE ON passkey FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER invitation_raises AFTER INSERT OR UPDATE ON invitation FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER session_raises AFTER INSERT OR UPDATE OF fresh_at, expires_at, ended_at, enrol OR DELETE ON session FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER restriction_raises AFTER INSERT OR UPDATE ON restriction FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER rule_setting_raises AFTER UPDATE ON rule_setting FOR EACH ROW EXECUTE FUNCTION raise_access_generation();
CREATE TRIGGER camera_raises AFTER INSERT OR UPDATE OF version, class, removed_at ON camera FOR EACH ROW EXECUTE FUNCTION raise_access_generation();

-- Who was given what, who looked and what was closed is never rewritten: each of these rows ends once.
CREATE TRIGGER staff_fixed BEFORE UPDATE OF id, login, added_at OR DELETE ON staff FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER staff_no_truncate BEFORE TRUNCATE ON staff FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER role_grant_fixed BEFORE UPDATE OF id, staff_id, role, from_at, until_at, given_by, given_at, reason OR DELETE ON role_grant FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER role_grant_once BEFORE UPDATE OF revoked_at ON role_grant FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER role_grant_no_truncate BEFORE TRUNCATE ON role_grant FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER restriction_fixed BEFORE UPDATE OF id, camera_id, start_at, end_at, kind, reason, placed_by, placed_at OR DELETE ON restriction FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER restriction_once BEFORE UPDATE OF lifted_at ON restriction FOR EACH ROW WHEN (OLD.lifted_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER restriction_no_truncate BEFORE TRUNCATE ON restriction FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER viewing_fixed BEFORE UPDATE OF id, staff_id, session_id, basis, reference, purpose, live, start_at, end_at, opened_at, expires_at OR DELETE ON viewing FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER viewing_once BEFORE UPDATE OF closed_at, why ON viewing FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION append_only();
CREATE TRIGGER viewing_no_truncate BEFORE TRUNCATE ON viewing FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER viewing_camera_fixed BEFORE UPDATE OF viewing_id, camera_id, position OR DELETE ON viewing_camera FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER viewing_camera_no_truncate BEFORE TRUNCATE ON viewing_camera FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER look_fixed BEFORE UPDATE OF viewing_id, camera_id, minute_at, kind, leased_at OR DELETE ON look FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER look_once BEFORE UPDATE OF served ON look FOR EACH ROW WHEN (NEW.served AND NOT OLD.served) EXECUTE FUNCTION append_only();
CREATE TRIGGER look_no_truncate BEFORE TRUNCATE ON look FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER session_fixed BEFORE UPDATE OF id, staff_id, opened_at, method, address, bearer ON session FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER session_once BEFORE UPDATE OF ended_at ON session FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION append_only();
