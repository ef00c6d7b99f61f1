package db

// packageTables are described by their migration.
func packageTables() []table { return nil }
