//go:build !soak

package migrate_test

// killStep says at every how many places of a run on a server the process is
// killed; with the build tag soak it is all of them.
const killStep = 4
