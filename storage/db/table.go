package db

import "slices"

// kind is a column's type, as both databases and the dump know it.
type kind uint8

const (
	integer kind = iota + 1 // int64
	boolean
	text // UTF-8 without NUL
	blob
)

type column struct {
	name     string
	kind     kind
	nullable bool
}

// table describes one table to the dump. A test holds it against the live schemas.
type table struct {
	name    string
	columns []column
	key     string // ORDER BY of a dump
	seeded  bool   // has one row from its migration, which Load replaces
	// transient rows are of the running site only: a dump leaves them out, so that a restore revives no session, no link
	// and no block that was ended since.
	transient bool
}

// tables lists every table, parents before children: the order of a dump. It is built anew for each caller, so
// that nobody can change it for another.
func tables() []table {
	return slices.Concat(recordTables(), peopleTables(), timelineTables(), requestTables(), holdTables(), packageTables(), deliveryTables(), disposalTables(), generationTables(), logTables())
}

// dumped lists the tables that a dump takes.
func dumped() []table {
	return slices.DeleteFunc(tables(), func(t table) bool { return t.transient })
}

func recordTables() []table {
	return []table{
		{name: "site_setting", key: "key", columns: []column{{"key", text, false}, {"value", text, false}}},
		{name: "camera", key: "id", columns: []column{{"id", text, false}, {"name", text, false}, {"enabled", boolean, false},
			{"audio", boolean, false}, {"version", integer, false}, {"hold_epoch", integer, false}, {"added_at", integer, false},
			{"removed_at", integer, true}, {"place", text, false}, {"class", text, false}, {"retention_days", integer, false}}},
		{name: "purpose_key", key: "id", columns: []column{{"id", text, false}, {"purpose", text, false}, {"wrapped", blob, false},
			{"public_key", blob, true}, {"created_at", integer, false}, {"retired_at", integer, true}}},
		{name: "camera_stream", key: "id", columns: []column{{"id", text, false}, {"camera_id", text, false},
			{"position", integer, false}, {"role", text, false}, {"url", text, false}, {"transport", text, false},
			{"secret", blob, true}, {"secret_key_id", text, true}, {"removed_at", integer, true}}},
		{name: "registry", key: "id", seeded: true, columns: []column{{"id", integer, false}, {"generation", integer, false}}},
		{name: "run", key: "id", columns: []column{{"id", text, false}, {"stream_id", text, false}, {"camera_id", text, false},
			{"started_at", integer, false}, {"header", text, false}}},
		{name: "segment", key: "stream_id, start_at", columns: []column{{"id", text, false}, {"camera_id", text, false},
			{"stream_id", text, false}, {"run_id", text, false}, {"number", integer, false}, {"continuation", boolean, false},
			{"start_at", integer, false}, {"end_at", integer, false}, {"media_ticks", integer, false}, {"timescale", integer, false},
			{"units", integer, false}, {"damaged", integer, false}, {"root", blob, false}, {"leaves", integer, false},
			{"object_size", integer, false}, {"object_digest", blob, false}, {"camera_offset", integer, true},
			{"fragments", blob, false}, {"recovered", boolean, false}, {"sealed_at", integer, false}}},
		{name: "segment_key", key: "segment_id", columns: []column{{"segment_id", text, false}, {"key_id", text, false}, {"wrapped", blob, false}}},
		{name: "gap", key: "stream_id, start_at, id", columns: []column{{"id", text, false}, {"camera_id", text, false},
			{"stream_id", text, false}, {"start_at", integer, false}, {"end_at", integer, true}, {"cause", text, false}, {"detail", text, false}}},
		{name: "clock_sample", key: "stream_id, sampled_at", columns: []column{{"stream_id", text, false}, {"sampled_at", integer, false},
			{"run_id", text, false}, {"offset_us", integer, false}}},
		{name: "time_sync", key: "sampled_at", columns: []column{{"sampled_at", integer, false}, {"state", text, false},
			{"offset_us", integer, false}, {"max_error_us", integer, false}}},
		{name: "quarantine", key: "object_key", columns: []column{{"object_key", text, false}, {"seen_at", integer, false}, {"reason", text, false}}},
		{name: "alarm", key: "kind, subject, raised_at", columns: []column{{"kind", text, false}, {"subject", text, false},
			{"raised_at", integer, false}, {"cleared_at", integer, true}, {"sentence", text, false}}},
	}
}

func peopleTables() []table {
	return []table{
		{name: "staff", key: "id", columns: []column{{"id", text, false}, {"login", text, false}, {"name", text, false}, {"enabled", boolean, false},
			{"all_cameras", boolean, false}, {"added_at", integer, false}, {"acknowledged_at", integer, true}, {"policy", text, false},
			{"version", integer, false}}},
		{name: "staff_secret", key: "staff_id", columns: []column{{"staff_id", text, false}, {"password", text, true}, {"totp", blob, true},
			{"totp_key_id", text, true}, {"totp_step", integer, false}, {"codes", blob, true}, {"version", integer, false}}},
		{name: "camera_assignment", key: "staff_id, camera_id", columns: []column{{"staff_id", text, false}, {"camera_id", text, false}}},
		{name: "role_grant", key: "id", columns: []column{{"id", text, false}, {"staff_id", text, false}, {"role", text, false},
			{"from_at", integer, false}, {"until_at", integer, true}, {"given_by", text, false}, {"given_at", integer, false}, {"reason", text, false},
			{"revoked_at", integer, true}}},
		{name: "passkey", key: "id", columns: []column{{"id", blob, false}, {"staff_id", text, false}, {"label", text, false},
			{"record", blob, false}, {"added_at", integer, false}, {"used_at", integer, true}}},
		{name: "invitation", key: "id", transient: true, columns: []column{{"id", text, false}, {"staff_id", text, false}, {"digest", blob, false},
			{"made_at", integer, false}, {"expires_at", integer, false}, {"used_at", integer, true}}},
		{name: "session", key: "id", transient: true, columns: []column{{"id", text, false}, {"staff_id", text, false}, {"opened_at", integer, false},
			{"seen_at", integer, false}, {"fresh_at", integer, false}, {"expires_at", integer, false}, {"idle_at", integer, false},
			{"ended_at", integer, true}, {"enrol", boolean, false}, {"method", text, false}, {"address", text, false}, {"bearer", boolean, false}}},
		{name: "sign_in_attempt", key: "throttle", transient: true, columns: []column{{"throttle", text, false}, {"failures", integer, false},
			{"last_at", integer, false}, {"blocked_until", integer, true}}},
		{name: "restriction", key: "id", columns: []column{{"id", text, false}, {"camera_id", text, false}, {"start_at", integer, false},
			{"end_at", integer, false}, {"kind", text, false}, {"reason", text, false}, {"placed_by", text, false}, {"placed_at", integer, false},
			{"lifted_at", integer, true}}},
		{name: "rule_setting", key: "id", seeded: true, columns: []column{{"id", integer, false}, {"viewing_minutes", integer, false},
			{"viewer_age_days", integer, false}, {"policy_version", text, false}, {"policy_text", text, false}, {"acknowledge_days", integer, false},
			{"set_up_at", integer, true}, {"version", integer, false}}},
		{name: "viewing", key: "id", columns: []column{{"id", text, false}, {"staff_id", text, false}, {"session_id", text, false},
			{"basis", text, false}, {"reference", text, false}, {"purpose", text, false}, {"live", boolean, false}, {"start_at", integer, false},
			{"end_at", integer, false}, {"opened_at", integer, false}, {"expires_at", integer, false}, {"closed_at", integer, true}, {"why", text, true}}},
		{name: "viewing_camera", key: "viewing_id, camera_id", columns: []column{{"viewing_id", text, false}, {"camera_id", text, false},
			{"position", integer, false}}},
		{name: "look", key: "viewing_id, camera_id, minute_at, kind", columns: []column{{"viewing_id", text, false}, {"camera_id", text, false},
			{"minute_at", integer, false}, {"kind", text, false}, {"leased_at", integer, false}, {"served", boolean, false}}},
	}
}

// generationTables stand after every table whose rows raise the generation when they are loaded.
func generationTables() []table {
	return []table{
		{name: "access_generation", key: "id", seeded: true, columns: []column{{"id", integer, false}, {"generation", integer, false}}},
	}
}

func logTables() []table {
	return []table{
		{name: "log_head", key: "id", seeded: true, columns: []column{{"id", integer, false}, {"epoch", integer, false},
			{"size", integer, false}, {"root", blob, false}}},
		{name: "log_entry", key: "epoch, idx", columns: []column{{"epoch", integer, false}, {"idx", integer, false},
			{"type", text, false}, {"digest", blob, false}, {"leaf", blob, false}}},
		{name: "log_node", key: "epoch, idx", columns: []column{{"epoch", integer, false}, {"idx", integer, false}, {"hash", blob, false}}},
		{name: "event_body", key: "epoch, idx", columns: []column{{"epoch", integer, false}, {"idx", integer, false},
			{"event_id", text, false}, {"at", integer, false}, {"actor", text, false}, {"camera_id", text, true}, {"subject", text, true},
			{"salt", blob, false}, {"body", blob, false}}},
		{name: "checkpoint", key: "epoch, size", columns: []column{{"epoch", integer, false}, {"size", integer, false},
			{"note", blob, false}, {"signed_at", integer, false}}},
	}
}

func (t *table) columnNames() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}
