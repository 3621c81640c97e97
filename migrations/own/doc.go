// Package own has the history of the tables that Larder adds to a database of
// Open WebUI, one file per revision. It is a lineage of its own, with a version
// table of its own, so that the history that is shared with Open WebUI stays what
// Open WebUI knows.
//
//	migrate.Lineage{Name: "larder", VersionTable: "larder_version", Revisions: own.History(own.Options{Fold: fold}), Optional: true}
//
// A way down leaves a database that Open WebUI reads whole: what is in these tables
// alone is put where it belongs before they go.
//
// What it will not do: import today's tables, or refer to tables of Open WebUI.
package own
