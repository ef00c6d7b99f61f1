package db

// deliveryTables are what migration 00007 makes.
func deliveryTables() []table {
	return []table{
		{name: "delivery", key: "id", columns: []column{{"id", text, false}, {"package_id", text, false}, {"request_id", text, false},
			{"way", text, false}, {"recipient", text, false}, {"agency", text, false}, {"badge", text, false}, {"by_code", boolean, false},
			{"handed_by", text, false}, {"handed_at", integer, false}, {"signed_at", integer, true}, {"signed_by", text, true},
			{"noted_by", text, true}, {"recalled_at", integer, true}}},
	}
}
