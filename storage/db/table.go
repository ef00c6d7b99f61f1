package db

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
}

// tables lists every table, parents before children: the order of a dump. It is built anew for each caller, so
// that nobody can change it for another.
func tables() []table {
	return append(recordTables(), logTables()...)
}

func recordTables() []table {
	return []table{
		{name: "site_setting", key: "key", columns: []column{{"key", text, false}, {"value", text, false}}},
		{name: "camera", key: "id", columns: []column{{"id", text, false}, {"name", text, false}, {"enabled", boolean, false},
			{"audio", boolean, false}, {"version", integer, false}, {"hold_epoch", integer, false}, {"added_at", integer, false},
			{"removed_at", integer, true}}},
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
