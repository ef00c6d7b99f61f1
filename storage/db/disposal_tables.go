package db

// disposalTables are what migration 00008 makes. They stand behind all that they are about: nothing comes into a file that was disposed of.
func disposalTables() []table {
	return []table{
		{name: "request_disposal", key: "request_id", columns: []column{{"request_id", text, false}, {"proposed_by", text, false},
			{"proposed_at", integer, false}, {"why", text, false}, {"confirmed_by", text, true}, {"disposed_at", integer, true},
			{"authority", text, true}, {"file_sha256", blob, true}, {"final_at", integer, true}}},
		{name: "disposed_package", key: "package_id", columns: []column{{"package_id", text, false}, {"request_id", text, false},
			{"tried_at", integer, false}, {"purged_at", integer, true}}},
	}
}
