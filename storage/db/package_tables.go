package db

// packageTables are what migration 00006 makes.
func packageTables() []table {
	return []table{
		{name: "package", key: "id", columns: []column{{"id", text, false}, {"request_id", text, false}, {"place", integer, false},
			{"number", text, false}, {"ruling", integer, false}, {"state", text, false}, {"why", text, false}, {"begun_at", integer, false},
			{"made_at", integer, true}, {"size", integer, false}, {"digest", blob, true}, {"verdict", text, false}, {"report", text, false},
			{"done", integer, false}, {"total", integer, false}}},
		{name: "package_item", key: "package_id, item_id", columns: []column{{"package_id", text, false}, {"item_id", text, false},
			{"position", integer, false}}},
		{name: "package_film", key: "package_id, path", columns: []column{{"package_id", text, false}, {"path", text, false},
			{"kind", text, false}, {"codec", text, false}, {"item_id", text, false}, {"camera_id", text, false}, {"start_at", integer, false},
			{"end_at", integer, false}, {"sha256", blob, false}}},
		{name: "package_file", key: "package_id, path", columns: []column{{"package_id", text, false}, {"path", text, false},
			{"size", integer, false}, {"sha256", blob, false}}},
		{name: "package_key", key: "package_id", columns: []column{{"package_id", text, false}, {"key_id", text, false},
			{"wrapped", blob, false}, {"object_size", integer, false}, {"object_digest", blob, false}}},
	}
}
