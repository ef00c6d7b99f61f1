package db

// requestTables hold requests with their items, decisions and papers, and the directory of agencies.
func requestTables() []table {
	return []table{
		{name: "agency", key: "id", columns: []column{{"id", text, false}, {"name", text, false}, {"phone", text, false},
			{"source", text, false}, {"removed", boolean, false}, {"version", integer, false}}},
		{name: "request_year", key: "year", columns: []column{{"year", integer, false}, {"last", integer, false}}},
		{name: "request", key: "id", columns: []column{{"id", text, false}, {"number", text, false}, {"year", integer, false},
			{"place", integer, false}, {"kind", text, false}, {"state", text, false}, {"since_at", integer, false}, {"channel", text, false},
			{"received_at", integer, false}, {"logged_at", integer, false}, {"logged_by", text, false}, {"late", text, false},
			{"text", text, false}, {"oral", boolean, false}, {"read_back", boolean, false}, {"inspect", boolean, false},
			{"requester", text, false}, {"contact", text, false}, {"agency", text, false}, {"officer", text, false}, {"badge", text, false},
			{"case_number", text, false}, {"offence", text, false}, {"at_site", boolean, false}, {"asked_start_at", integer, true},
			{"asked_end_at", integer, true}, {"call_back", integer, true}, {"pick_up", text, false}, {"due_at", integer, false},
			{"ended_at", integer, true}, {"closing", text, true}, {"why", text, true}, {"version", integer, false},
			{"ruling", integer, false}}},
		{name: "request_camera", key: "request_id, camera_id", columns: []column{{"request_id", text, false}, {"camera_id", text, false},
			{"position", integer, false}}},
		{name: "request_concerned", key: "request_id, staff_id", columns: []column{{"request_id", text, false}, {"staff_id", text, false}}},
		{name: "request_item", key: "id", columns: []column{{"id", text, false}, {"request_id", text, false}, {"place", integer, false},
			{"camera_id", text, false}, {"start_at", integer, false}, {"end_at", integer, false}, {"stage", text, false},
			{"proposed_outcome", text, true}, {"proposed_citation", text, true}, {"proposed_reason", text, true}, {"proposed_by", text, true},
			{"proposed_at", integer, true}, {"out_at", integer, true}}},
		{name: "request_decision", key: "item_id, number", columns: []column{{"item_id", text, false}, {"number", integer, false},
			{"camera_id", text, false}, {"start_at", integer, false}, {"end_at", integer, false}, {"proposed_by", text, false},
			{"outcome", text, false}, {"citation", text, false}, {"reason", text, false}, {"decided_by", text, false},
			{"decided_at", integer, false}, {"lapses_at", integer, false}, {"superseded_at", integer, true}}},
		{name: "call_back", key: "request_id, number", columns: []column{{"request_id", text, false}, {"number", integer, false},
			{"agency_id", text, false}, {"phone", text, false}, {"reached", boolean, false}, {"spoke", text, false}, {"made_by", text, false},
			{"made_at", integer, false}}},
		{name: "request_note", key: "request_id, number", columns: []column{{"request_id", text, false}, {"number", integer, false},
			{"text", text, false}, {"made_by", text, false}, {"made_at", integer, false}}},
		{name: "request_attachment", key: "id", columns: []column{{"id", text, false}, {"request_id", text, false}, {"name", text, false},
			{"size", integer, false}, {"sha256", blob, false}, {"added_by", text, false}, {"added_at", integer, false}}},
		{name: "request_attachment_part", key: "attachment_id, part", columns: []column{{"attachment_id", text, false},
			{"part", integer, false}, {"content", blob, false}}},
	}
}
