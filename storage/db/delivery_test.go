package db_test

// rewritesDeliveries are ways to rewrite who took what, when there is one hand-over, signed for and recalled.
func rewritesDeliveries() []string {
	out := []string{`DELETE FROM delivery`}
	for _, column := range []string{"id = 'dlv_' || substr(id, 5)", "recipient = 'nobody'", "agency = ''", "badge = ''", "by_code = NOT by_code", "handed_at = handed_at - 1",
		"handed_by = handed_by", "way = 'disc'", "package_id = package_id", "request_id = request_id", "signed_at = NULL, signed_by = NULL, noted_by = NULL",
		"signed_by = 'somebody'", "recalled_at = NULL", "recalled_at = recalled_at + 1"} {
		out = append(out, `UPDATE delivery SET `+column)
	}
	return out
}
