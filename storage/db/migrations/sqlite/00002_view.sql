-- +goose Up

ALTER TABLE camera ADD COLUMN place /* where it hangs, for people; may be empty */ TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 120);
ALTER TABLE camera ADD COLUMN class /* what it shows, and with it which rules hold */ TEXT NOT NULL DEFAULT 'public-area' CHECK (class IN ('public-area', 'staff-area', 'library-record'));
ALTER TABLE camera ADD COLUMN retention_days /* how many days its footage is kept unless it is held; 0: the default of the site */ INTEGER NOT NULL DEFAULT 0 CHECK (retention_days BETWEEN 0 AND 3650);

CREATE TABLE staff (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'stf_'), -- typed id of the member of staff
    login           TEXT    NOT NULL UNIQUE CHECK (length(login) BETWEEN 3 AND 64 AND login = lower(login)), -- the name they sign in with; unique for ever, so that the diary never means another person
    name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 80), -- what colleagues call them
    enabled         INTEGER NOT NULL CHECK (enabled IN (0, 1)), -- whether they may sign in at all
    all_cameras     INTEGER NOT NULL CHECK (all_cameras IN (0, 1)), -- whether every camera is assigned, present and future
    added_at        INTEGER NOT NULL, -- when the account was made, microseconds UTC
    acknowledged_at INTEGER, -- when the policy was last acknowledged, microseconds UTC; null never
    policy          TEXT    NOT NULL CHECK (length(policy) <= 40), -- version of the policy that was acknowledged; empty if none
    version         INTEGER NOT NULL CHECK (version >= 1) -- row version for compare-and-swap, from 1
) STRICT, WITHOUT ROWID;

CREATE TABLE staff_secret (
    staff_id    TEXT    NOT NULL PRIMARY KEY REFERENCES staff (id), -- whose secrets they are
    password    TEXT    CHECK (length(password) BETWEEN 1 AND 512), -- PHC string of the password's hash; null before one was set
    totp        BLOB    CHECK (length(totp) BETWEEN 1 AND 1024), -- second factor's secret, encrypted; null if none
    totp_key_id TEXT    REFERENCES purpose_key (id), -- the key that encrypts totp; null if none
    totp_step   INTEGER NOT NULL, -- last time step whose code was accepted: a code is good once
    codes       BLOB    CHECK (length(codes) BETWEEN 32 AND 1024 AND length(codes) % 32 = 0), -- SHA-256 of each unused recovery code, one after another; null if none
    version     INTEGER NOT NULL CHECK (version >= 1), -- row version for compare-and-swap, from 1
    CHECK ((totp IS NULL) = (totp_key_id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE camera_assignment (
    staff_id  TEXT    NOT NULL REFERENCES staff (id), -- who may look
    camera_id TEXT    NOT NULL REFERENCES camera (id), -- at which camera
    PRIMARY KEY (staff_id, camera_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE role_grant (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'rol_'), -- typed id of the grant of a role
    staff_id   TEXT    NOT NULL REFERENCES staff (id), -- who has the role
    role       TEXT    NOT NULL CHECK (role IN ('viewer', 'preparer', 'redactor', 'reviewer', 'custodian', 'counsel', 'auditor', 'administrator')), -- the role
    from_at    INTEGER NOT NULL, -- first instant at which it counts, microseconds UTC
    until_at   INTEGER CHECK (until_at > from_at), -- first instant at which it no longer counts, microseconds UTC; null for no end
    given_by   TEXT    NOT NULL CHECK (length(given_by) BETWEEN 1 AND 128), -- actor who gave it
    given_at   INTEGER NOT NULL, -- when it was given, microseconds UTC
    reason     TEXT    NOT NULL CHECK (length(reason) <= 2000), -- why, in the giver's words; may be empty
    revoked_at INTEGER -- when it was taken back, microseconds UTC; null while it stands
) STRICT, WITHOUT ROWID;

CREATE TABLE passkey (
    id       BLOB    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 1023), -- the credential's id
    staff_id TEXT    NOT NULL REFERENCES staff (id), -- whose it is
    label    TEXT    NOT NULL CHECK (length(label) <= 80), -- what its owner calls it
    record   BLOB    NOT NULL CHECK (length(record) BETWEEN 1 AND 65536), -- the credential as JSON: public key, sign count, flags
    added_at INTEGER NOT NULL, -- when it was enrolled, microseconds UTC
    used_at  INTEGER -- when it last signed somebody in, microseconds UTC; null never
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'inv_'), -- typed id of the invitation
    staff_id   TEXT    NOT NULL REFERENCES staff (id), -- who sets a password with it
    digest     BLOB    NOT NULL UNIQUE CHECK (length(digest) = 32), -- SHA-256 of the link's token
    made_at    INTEGER NOT NULL, -- when it was made, microseconds UTC
    expires_at INTEGER NOT NULL, -- first instant at which it is no longer good, microseconds UTC
    used_at    INTEGER -- when it was used, or lapsed for a later one, microseconds UTC; null while it is good
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'ses_'), -- typed id of the session
    staff_id   TEXT    NOT NULL REFERENCES staff (id), -- who is signed in
    opened_at  INTEGER NOT NULL, -- when it was opened, microseconds UTC
    seen_at    INTEGER NOT NULL, -- last use, to the minute, microseconds UTC
    fresh_at   INTEGER NOT NULL, -- when credentials were last given in full, microseconds UTC
    expires_at INTEGER NOT NULL, -- first instant at which it ends whatever happens, microseconds UTC
    idle_at    INTEGER NOT NULL, -- first instant at which it ends if it is not used, microseconds UTC
    ended_at   INTEGER, -- when it was ended, microseconds UTC; null while it stands
    enrol      INTEGER NOT NULL CHECK (enrol IN (0, 1)), -- whether only the enrolment of a second factor is open to it
    method     TEXT    NOT NULL CHECK (length(method) <= 40), -- how the member signed in
    address    TEXT    NOT NULL CHECK (length(address) <= 128), -- network address at sign-in
    bearer     INTEGER NOT NULL CHECK (bearer IN (0, 1)) -- whether its token was given to a client that is no browser
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_in_attempt (
    throttle      TEXT    NOT NULL PRIMARY KEY CHECK (length(throttle) BETWEEN 1 AND 64), -- digest of what is throttled: an account or an address
    failures      INTEGER NOT NULL CHECK (failures >= 0), -- failed attempts in a row
    last_at       INTEGER NOT NULL, -- the last of them, microseconds UTC
    blocked_until INTEGER -- no attempt is looked at before, microseconds UTC; null if not blocked
) STRICT, WITHOUT ROWID;

CREATE TABLE restriction (
    id        TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'rst_'), -- typed id of the restriction
    camera_id TEXT    NOT NULL REFERENCES camera (id), -- the camera whose footage is closed
    start_at  INTEGER NOT NULL, -- first instant that is closed, microseconds UTC
    end_at    INTEGER NOT NULL CHECK (end_at > start_at), -- first instant after it, microseconds UTC
    kind      TEXT    NOT NULL CHECK (kind IN ('library-record', 'sealed', 'hold')), -- why it is closed, as the rules know it
    reason    TEXT    NOT NULL CHECK (length(reason) BETWEEN 1 AND 500), -- why it is closed, for people
    placed_by TEXT    NOT NULL CHECK (length(placed_by) BETWEEN 1 AND 128), -- actor who placed it
    placed_at INTEGER NOT NULL, -- when it was placed, microseconds UTC
    lifted_at INTEGER -- when it was lifted, microseconds UTC; null while it stands
) STRICT, WITHOUT ROWID;

CREATE TABLE rule_setting (
    id               INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), -- always 1: the table has one row
    viewing_minutes  INTEGER NOT NULL CHECK (viewing_minutes BETWEEN 5 AND 480), -- how long a viewing lasts unless less is asked for
    viewer_age_days  INTEGER NOT NULL CHECK (viewer_age_days BETWEEN 1 AND 3650), -- how old footage may be that a viewer without another role sees
    policy_version   TEXT    NOT NULL CHECK (length(policy_version) BETWEEN 1 AND 40), -- names the policy that staff acknowledge
    policy_text      TEXT    NOT NULL CHECK (length(policy_text) <= 20000), -- what they acknowledge
    acknowledge_days INTEGER NOT NULL CHECK (acknowledge_days BETWEEN 1 AND 3650), -- how long an acknowledgement lasts
    set_up_at        INTEGER, -- when set-up was finished, microseconds UTC; null before
    version          INTEGER NOT NULL CHECK (version >= 1) -- row version for compare-and-swap, from 1
) STRICT;
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
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), -- always 1: the table has one row
    generation INTEGER NOT NULL CHECK (generation >= 0) -- grows with every change of what the rules look at
) STRICT;
INSERT INTO access_generation (id, generation) VALUES (1, 0);

CREATE TABLE viewing (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 30 AND substr(id, 1, 4) = 'viw_'), -- typed id of the viewing
    staff_id   TEXT    NOT NULL REFERENCES staff (id), -- who looks
    session_id TEXT    NOT NULL CHECK (length(session_id) = 30 AND substr(session_id, 1, 4) = 'ses_'), -- the session they look in; its row does not survive a restore
    basis      TEXT    NOT NULL CHECK (basis IN ('incident', 'request', 'reason')), -- kind of the stated purpose
    reference  TEXT    NOT NULL CHECK (length(reference) <= 200), -- the incident or the request's number; empty if none
    purpose    TEXT    NOT NULL CHECK (length(purpose) BETWEEN 1 AND 500), -- the stated purpose, in the viewer's words
    live       INTEGER NOT NULL CHECK (live IN (0, 1)), -- whether it looks at what happens now
    start_at   INTEGER NOT NULL, -- start of the footage asked for, microseconds UTC
    end_at     INTEGER NOT NULL CHECK (end_at > start_at), -- first instant after it, microseconds UTC
    opened_at  INTEGER NOT NULL, -- when it was opened, microseconds UTC
    expires_at INTEGER NOT NULL, -- first instant at which it ends whatever happens, microseconds UTC
    closed_at  INTEGER, -- when it was closed, microseconds UTC; null while it is open
    why        TEXT    CHECK (length(why) BETWEEN 1 AND 40), -- why it was closed; null while it is open
    CHECK ((closed_at IS NULL) = (why IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE viewing_camera (
    viewing_id TEXT    NOT NULL REFERENCES viewing (id), -- the viewing
    camera_id  TEXT    NOT NULL REFERENCES camera (id), -- a camera it asked for
    position   INTEGER NOT NULL CHECK (position >= 0), -- place in the order asked for, from 0
    PRIMARY KEY (viewing_id, camera_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE look (
    viewing_id TEXT    NOT NULL, -- the viewing it was leased to
    camera_id  TEXT    NOT NULL, -- the camera looked at
    minute_at  INTEGER NOT NULL CHECK (minute_at % 60000000 = 0), -- start of the minute of footage, microseconds UTC
    kind       TEXT    NOT NULL CHECK (kind IN ('recorded', 'still', 'live')), -- how it is looked at
    leased_at  INTEGER NOT NULL, -- when the lease was committed, microseconds UTC
    served     INTEGER NOT NULL CHECK (served IN (0, 1)), -- false if the viewing ended without a byte of it
    PRIMARY KEY (viewing_id, camera_id, minute_at, kind),
    FOREIGN KEY (viewing_id, camera_id) REFERENCES viewing_camera (viewing_id, camera_id)
) STRICT, WITHOUT ROWID;

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
CREATE TRIGGER staff_insert_raises AFTER INSERT ON staff BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER staff_update_raises AFTER UPDATE ON staff BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER staff_secret_insert_raises AFTER INSERT ON staff_secret BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER staff_secret_update_raises AFTER UPDATE ON staff_secret BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER camera_assignment_insert_raises AFTER INSERT ON camera_assignment BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER camera_assignment_delete_raises AFTER DELETE ON camera_assignment BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER role_grant_insert_raises AFTER INSERT ON role_grant BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER role_grant_update_raises AFTER UPDATE ON role_grant BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER passkey_insert_raises AFTER INSERT ON passkey BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER passkey_delete_raises AFTER DELETE ON passkey BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invitation_insert_raises AFTER INSERT ON invitation BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invitation_update_raises AFTER UPDATE ON invitation BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER session_insert_raises AFTER INSERT ON session BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER session_update_raises AFTER UPDATE OF fresh_at, expires_at, ended_at, enrol ON session BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER session_delete_raises AFTER DELETE ON session BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER restriction_insert_raises AFTER INSERT ON restriction BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER restriction_update_raises AFTER UPDATE ON restriction BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rule_setting_update_raises AFTER UPDATE ON rule_setting BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER camera_insert_raises AFTER INSERT ON camera BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER camera_update_raises AFTER UPDATE OF version, class, removed_at ON camera BEGIN
    UPDATE access_generation SET generation = generation + 1 WHERE id = 1;
END;
-- +goose StatementEnd

-- Who was given what, who looked and what was closed is never rewritten: each of these rows ends once.
-- +goose StatementBegin
CREATE TRIGGER staff_fixed BEFORE UPDATE OF id, login, added_at ON staff
BEGIN SELECT raise(ABORT, 'append-only: staff'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER staff_no_delete BEFORE DELETE ON staff BEGIN SELECT raise(ABORT, 'append-only: staff'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER role_grant_fixed BEFORE UPDATE OF id, staff_id, role, from_at, until_at, given_by, given_at, reason ON role_grant
BEGIN SELECT raise(ABORT, 'append-only: role_grant'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER role_grant_once BEFORE UPDATE OF revoked_at ON role_grant WHEN OLD.revoked_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: role_grant'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER role_grant_no_delete BEFORE DELETE ON role_grant BEGIN SELECT raise(ABORT, 'append-only: role_grant'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER restriction_fixed BEFORE UPDATE OF id, camera_id, start_at, end_at, kind, reason, placed_by, placed_at ON restriction
BEGIN SELECT raise(ABORT, 'append-only: restriction'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER restriction_once BEFORE UPDATE OF lifted_at ON restriction WHEN OLD.lifted_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: restriction'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER restriction_no_delete BEFORE DELETE ON restriction BEGIN SELECT raise(ABORT, 'append-only: restriction'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER viewing_fixed BEFORE UPDATE OF id, staff_id, session_id, basis, reference, purpose, live, start_at, end_at, opened_at, expires_at ON viewing
BEGIN SELECT raise(ABORT, 'append-only: viewing'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER viewing_once BEFORE UPDATE OF closed_at, why ON viewing WHEN OLD.closed_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: viewing'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER viewing_no_delete BEFORE DELETE ON viewing BEGIN SELECT raise(ABORT, 'append-only: viewing'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER viewing_camera_fixed BEFORE UPDATE OF viewing_id, camera_id, position ON viewing_camera
BEGIN SELECT raise(ABORT, 'append-only: viewing_camera'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER viewing_camera_no_delete BEFORE DELETE ON viewing_camera BEGIN SELECT raise(ABORT, 'append-only: viewing_camera'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER look_fixed BEFORE UPDATE OF viewing_id, camera_id, minute_at, kind, leased_at ON look
BEGIN SELECT raise(ABORT, 'append-only: look'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER look_once BEFORE UPDATE OF served ON look WHEN NEW.served AND NOT OLD.served
BEGIN SELECT raise(ABORT, 'append-only: look'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER look_no_delete BEFORE DELETE ON look BEGIN SELECT raise(ABORT, 'append-only: look'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER session_fixed BEFORE UPDATE OF id, staff_id, opened_at, method, address, bearer ON session
BEGIN SELECT raise(ABORT, 'append-only: session'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER session_once BEFORE UPDATE OF ended_at ON session WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'append-only: session'); END;
-- +goose StatementEnd
