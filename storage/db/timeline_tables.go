package db

// timelineTables are what migration 00003 makes. Buckets are made again from segments, so a dump leaves them out.
func timelineTables() []table {
	return []table{
		{name: "segment_activity", key: "stream_id, start_at", columns: []column{{"stream_id", text, false}, {"start_at", integer, false},
			{"activity", blob, false}}},
		{name: "timeline_bucket", key: "stream_id, hours, start_at", transient: true, columns: []column{{"stream_id", text, false}, {"hours", integer, false},
			{"start_at", integer, false}, {"recorded", blob, false}, {"activity", blob, false}}},
	}
}
