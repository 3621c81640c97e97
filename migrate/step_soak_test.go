//go:build soak

package migrate_test

const killStep = 1
