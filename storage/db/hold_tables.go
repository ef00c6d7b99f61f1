package db

// holdTables are what migration 00005 makes. How far a look has come is of the running site; the kept segments follow from their keys.
func holdTables() []table {
	return []table{
		{name: "hold", key: "id", columns: []column{{"id", text, false}, {"request_id", text, true}, {"camera_id", text, true},
			{"start_at", integer, false}, {"end_at", integer, false}, {"reason", text, false}, {"placed_by", text, false}, {"placed_at", integer, false},
			{"review_at", integer, false}, {"lapses_at", integer, true}, {"reviewed_at", integer, true}, {"verified_at", integer, true},
			{"surveyed_at", integer, true}, {"objects", integer, false}, {"lost", integer, false}, {"lift_by", text, true}, {"lift_why", text, true},
			{"lifted_at", integer, true}, {"confirmed_by", text, true}, {"released_at", integer, true}, {"version", integer, false}}},
		{name: "hold_round", key: "hold_id", transient: true, columns: []column{{"hold_id", text, false}, {"began_at", integer, false},
			{"from_at", integer, false}, {"stream_id", text, false}, {"start_at", integer, false}, {"seen", integer, false}, {"missing", integer, false}}},
		{name: "schedule", key: "subject", columns: []column{{"subject", text, false}, {"camera_id", text, true}, {"class", text, true},
			{"at_least", integer, false}, {"at_most", integer, false}, {"version", integer, false}}},
		{name: "disposition", key: "id", columns: []column{{"id", text, false}, {"camera_id", text, false}, {"start_at", integer, false},
			{"end_at", integer, false}, {"segments", integer, false}, {"bytes", integer, false}, {"why", text, false}, {"rule_camera", text, true},
			{"rule_class", text, true}, {"at_least", integer, false}, {"at_most", integer, false}, {"at", integer, false}, {"final_at", integer, false},
			{"purged_at", integer, true}}},
		{name: "disposed_segment", key: "segment_id", columns: []column{{"segment_id", text, false}, {"disposition_id", text, false},
			{"key_id", text, false}, {"tried_at", integer, false}, {"purged_at", integer, true}}},
		{name: "hold_loss", key: "hold_id, subject", columns: []column{{"hold_id", text, false}, {"subject", text, false}, {"camera_id", text, false},
			{"start_at", integer, false}, {"end_at", integer, false}, {"disposition_id", text, true}, {"cause", text, false}}},
		{name: "kept_segment", key: "stream_id, start_at", transient: true, columns: []column{{"stream_id", text, false}, {"start_at", integer, false},
			{"end_at", integer, false}, {"segment_id", text, false}}},
	}
}
