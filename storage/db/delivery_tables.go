package db

// deliveryTables are described by their migration.
func deliveryTables() []table { return nil }
