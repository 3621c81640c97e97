package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder/server"
	"github.com/larder-db/larder/tables"
)

// versionInfo is what the program knows about itself.
type versionInfo struct {
	Version  string `json:"version"`  // of the module, or the commit it was built from
	API      string `json:"api"`      // release of Open WebUI whose API is served
	Revision string `json:"revision"` // of the database
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisVersion() versionInfo {
	v := versionInfo{Version: "devel", API: server.Version, Revision: tables.Head, Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH}
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if m := b.Main.Version; m != "" && m != "(devel)" {
		v.Version = m
		return v
	}
	for _, s := range b.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v.Version = "devel-" + s.Value[:12]
		}
	}
	return v
}

// build names the program, for records and for people: "larder v1.2.3".
func build() string { return "larder " + thisVersion().Version }

func (p *program) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the program, of the API and of the database",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := thisVersion()
			if p.global.output == "json" {
				return json.NewEncoder(p.env.Stdout).Encode(v)
			}
			_, err := fmt.Fprintf(p.env.Stdout, "larder %s\nAPI of Open WebUI %s, database at revision %s\n%s, %s\n", v.Version,
				v.API, v.Revision, v.Go, v.Platform)
			return err
		},
	}
}
