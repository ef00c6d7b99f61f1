-- What the recording role may do. The owner of the tables runs this after every migration; :role stands for the
-- role's quoted name (deploy/ creates the role). Nothing is granted that is not listed here.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :role;
GRANT USAGE ON SCHEMA public TO :role;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :role;

-- Append-only for ever: the log and its checkpoints.
GRANT INSERT ON log_entry, log_node, checkpoint TO :role;
GRANT UPDATE ON log_head TO :role;

-- Appended, and disposed of on schedule: texts of events, keys of segments. A key may also be wrapped anew.
GRANT INSERT, DELETE ON event_body TO :role;
GRANT INSERT, UPDATE, DELETE ON segment_key TO :role;

-- Written once.
GRANT INSERT ON run, segment, clock_sample, time_sync, quarantine TO :role;

-- State that changes.
GRANT INSERT, UPDATE ON site_setting, camera, camera_stream, purpose_key, alarm TO :role;
GRANT UPDATE ON registry TO :role;
GRANT INSERT, UPDATE, DELETE ON gap TO :role;

-- People, rules and looks. Triggers keep what was given, closed and looked at from being rewritten.
GRANT INSERT, UPDATE ON staff, staff_secret, role_grant, invitation, session, restriction, viewing, look TO :role;
GRANT INSERT ON viewing_camera TO :role;
GRANT INSERT, DELETE ON camera_assignment TO :role;
GRANT INSERT, UPDATE, DELETE ON passkey, sign_in_attempt TO :role;
GRANT UPDATE ON rule_setting, access_generation TO :role;

-- Requests. Triggers keep what was asked, decided, noted and attached from being rewritten.
GRANT INSERT, UPDATE ON agency, request_year, request, request_item, request_decision TO :role;
GRANT INSERT, UPDATE, DELETE ON request_camera, request_concerned TO :role;
GRANT INSERT, UPDATE ON call_back, request_note, request_attachment TO :role;
GRANT INSERT, DELETE ON request_attachment_part TO :role;

-- Packages. Triggers keep what was made from being rewritten; what was not made may be begun again. A key may be wrapped anew.
GRANT INSERT, UPDATE, DELETE ON package, package_key TO :role;
GRANT INSERT ON package_item, package_film, package_file TO :role;

-- Hand-overs. Triggers keep who took what from being rewritten.
GRANT INSERT, UPDATE ON delivery TO :role;

-- Disposal of request files. Triggers let words go only under it, and keep what was disposed of.
GRANT INSERT, UPDATE, DELETE ON request_disposal TO :role;
GRANT INSERT, UPDATE ON disposed_package TO :role;

-- Derived from segments, and made anew when it is wanted.
GRANT INSERT, UPDATE, DELETE ON segment_activity, timeline_bucket TO :role;

-- Holds, schedules and tombstones. Triggers keep what was ordered and what was destroyed from being rewritten.
GRANT INSERT, UPDATE ON hold, schedule, disposition, disposed_segment TO :role;
GRANT INSERT ON hold_loss TO :role;
GRANT INSERT, UPDATE, DELETE ON hold_round TO :role;
GRANT INSERT, DELETE ON kept_segment TO :role;
