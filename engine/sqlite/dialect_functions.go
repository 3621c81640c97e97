package sqlite

// scalarFunctions are the SQL functions that the dialect needs and SQLite lacks.
func scalarFunctions() []scalarFunction { return nil }
