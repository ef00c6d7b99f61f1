package db

// requestTables are described by their migration.
func requestTables() []table { return nil }
