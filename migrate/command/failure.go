package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate"
)

// failure is an error as JSON.
type failure struct {
	Code     dberr.Code `json:"code"` // of package dberr; "usage" for wrong usage
	Message  string     `json:"message"`
	Revision string     `json:"revision,omitempty"` // that a run stopped in
	Stands   []string   `json:"stands,omitempty"`   // what of it took effect and stays
	Status   int        `json:"status"`             // of the process
}

// WriteError writes what went wrong for people, as "name: message", or for
// programs, as one line {"error": {...}}; it returns the exit status.
func WriteError(w io.Writer, name string, err error, asJSON bool) int {
	f := failure{Code: dberr.CodeOf(err), Message: err.Error(), Status: Failed}
	var wrong *UsageError
	if errors.As(err, &wrong) {
		f.Code, f.Status = "usage", Usage
	}
	var stopped *migrate.StoppedError
	if errors.As(err, &stopped) {
		f.Revision, f.Stands = stopped.Revision, stopped.Applied
	}
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(map[string]failure{"error": f}) // there is nobody left to tell
		return f.Status
	}
	_, _ = fmt.Fprintf(w, "%s: %v\n", name, err)
	return f.Status
}
