package db

// holdTables are described by their migration.
func holdTables() []table { return nil }
