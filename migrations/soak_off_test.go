//go:build !soak

package migrations_test

// everyFixture on every engine, not only on those that Open WebUI runs on; the
// schema statements of the others take long.
const everyFixture = false
