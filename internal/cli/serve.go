package cli

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/server"
	"github.com/larder-db/larder/store"
)

type serveFlags struct {
	host    string
	port    int
	maxBody int
}

func (p *program) serve() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Create the database if it is empty, then serve it",
		Long: `Serve the users and chats of a database on Open WebUI's REST paths.

An empty database is created first. A database of Open WebUI 0.12.4 is opened in
place. One at another revision is not touched: /ready says why, and requests for
data are answered with status 503.

Sessions are signed with WEBUI_SECRET_KEY. Without it a secret is made once and
kept in <data dir>/` + secretFile + `.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.port < 0 || f.port > 65535 {
				return &usageError{"--port is between 0 and 65535"}
			}
			if f.maxBody < 1 || f.maxBody > 2047 {
				return &usageError{"--max-body-mb is between 1 and 2047"}
			}
			return p.runServe(cmd.Context(), f)
		},
	}
	cmd.Flags().StringVar(&f.host, "host", "127.0.0.1", "the address to listen on")
	cmd.Flags().IntVar(&f.port, "port", 8080, "the port to listen on; 0 is any that is free")
	cmd.Flags().IntVar(&f.maxBody, "max-body-mb", 128, "the largest request in megabytes")
	return cmd
}

func (p *program) runServe(ctx context.Context, f serveFlags) error {
	log := p.logger()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// After the first signal a second one ends the process at once.
	context.AfterFunc(ctx, stop)

	secret, made, err := p.secret()
	if err != nil {
		return err
	}
	if made {
		log.Info("a secret for sessions was made; keep it with your backups", "file", filepath.Join(p.dataDir(), secretFile))
	}
	// The port is taken before the database is opened: of two servers by
	// mistake started on the same port the second one touches nothing.
	var lc net.ListenConfig
	addr := net.JoinHostPort(f.host, strconv.Itoa(f.port))
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return &dberr.Error{Op: "serve", Code: dberr.Unavailable, Msg: "cannot listen on " + addr + "; choose another --port or --host", Err: err}
	}
	defer l.Close()
	eng, err := p.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() {
		if err := eng.Close(); err != nil {
			log.Warn("closing the database failed", "error", err)
		}
	}()
	pr := &probe{eng: eng}
	if err := p.ready(ctx, log, pr); err != nil {
		return err
	}
	srv, err := server.New(server.Options{
		Store:        store.New(eng, store.Options{}),
		Probe:        pr,
		Secret:       secret,
		Program:      "larder " + thisVersion().Version,
		Logger:       log,
		MaxBody:      int64(f.maxBody) << 20,
		SecureCookie: p.env.get("WEBUI_AUTH_COOKIE_SECURE") == "true" || p.env.get("WEBUI_SESSION_COOKIE_SECURE") == "true",
	})
	if err != nil {
		return err
	}
	log.Info("serving", "address", "http://"+l.Addr().String(), "engine", eng.Version(), "database", eng.URL().String())
	err = srv.Serve(ctx, l)
	log.Info("stopped")
	return err
}

// open opens the database that flags and environment name.
func (p *program) open(ctx context.Context, log *slog.Logger) (*engine.Engine, error) {
	c, err := p.database(log)
	if err != nil {
		return nil, err
	}
	if err := p.makeDataDir(c.URL); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return engine.OpenURL(ctx, c.URL, engine.Options{Drivers: engines.All(), Schema: c.Schema, Pool: &c.Pool, SQLite: &c.SQLite, Logger: log})
}

// makeDataDir makes the data directory when the database is a file in it. A
// directory that somebody names in a URL is theirs to make.
func (p *program) makeDataDir(u *dburl.URL) error {
	dir := filepath.Clean(p.dataDir())
	if u.Database == "" || filepath.Clean(filepath.Dir(filepath.FromSlash(u.Database))) != dir {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &dberr.Error{Op: "serve", Code: dberr.Unavailable, Msg: "the data directory " + dir + " cannot be made", Err: err}
	}
	return nil
}

// ready creates an empty database, and says in the log what is wrong with one
// that cannot be served.
func (p *program) ready(ctx context.Context, log *slog.Logger, pr *probe) error {
	created, err := pr.prepare(ctx)
	if err != nil {
		return err
	}
	revision, reason, err := pr.Schema(ctx)
	switch {
	case err != nil:
		return err
	case reason != "":
		log.Error(reason, "revision", revision)
	case created:
		log.Info("the database was created", "revision", revision)
	}
	return nil
}
