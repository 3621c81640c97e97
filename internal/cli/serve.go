package cli

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/internal/webpage"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/server"
)

type serveFlags struct {
	host       string
	port       int
	maxBody    int
	maxFile    int
	files      string
	web        string
	migrate    string
	same       string
	noSnapshot bool
	wait       time.Duration
	protect    protectFlags

	lockTimeout, lockLimit time.Duration
}

func (p *program) serve() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Create the database or migrate it, then serve it",
		Long: `Serve the users and chats of a database on Open WebUI's REST paths.

An empty database is created, and one that Open WebUI or an older larder has
left at an earlier revision is migrated first (--migrate auto). Of several
servers that start together one does it, and the others wait. While it goes on
/health answers, /ready says how far it is, and requests for data wait. A SQLite
file is copied before it is migrated, and the log names the copy.

With --migrate check nothing is changed: a database that is not at the newest
revision, or not in order, ends the program with a sentence that says what to
do. With --migrate off, which ENABLE_DB_MIGRATIONS=false means too, it is left
alone, and served as soon as somebody else has migrated it.

A database that a newer program has migrated is served read-only, always.

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
			if f.maxFile < 1 || f.maxFile > 1<<20 {
				return &usageError{"--max-file-mb is between 1 and 1048576"}
			}
			if err := f.protect.check(); err != nil {
				return err
			}
			if f.lockTimeout <= 0 || f.lockLimit <= 0 {
				return &usageError{"--lock-timeout and --lock-limit are longer than 0"}
			}
			return p.runServe(cmd, f)
		},
	}
	cmd.Flags().StringVar(&f.host, "host", "127.0.0.1", "the address to listen on")
	cmd.Flags().IntVar(&f.port, "port", 8080, "the port to listen on; 0 is any that is free")
	cmd.Flags().IntVar(&f.maxBody, "max-body-mb", 128, "the largest request in megabytes")
	cmd.Flags().IntVar(&f.maxFile, "max-file-mb", 1024, "the largest file in megabytes; the settings of the instance may allow less")
	cmd.Flags().StringVar(&f.files, "files-url", "", "the object storage that keeps files: s3://bucket?region=..., gs://bucket, azblob://container; empty is <data dir>/uploads")
	cmd.Flags().StringVar(&f.web, "web", "", "a directory with the files of a web page to serve beside the API: open_webui/frontend of Open WebUI's wheel")
	cmd.Flags().StringVar(&f.migrate, "migrate", string(larder.MigrateAuto), "a database at an earlier revision: auto migrates it, check ends with what to do, off leaves it alone")
	sameEmailFlag(cmd.Flags(), &f.same)
	cmd.Flags().DurationVar(&f.lockTimeout, "lock-timeout", migrate.DefaultLockTimeout,
		"how long a migration waits for a lock before it lets others through and tries again")
	cmd.Flags().DurationVar(&f.lockLimit, "lock-limit", migrate.DefaultLockLimit, "how long it tries in all")
	cmd.Flags().BoolVar(&f.noSnapshot, "no-snapshot", false, "do not copy a database file before it is migrated")
	cmd.Flags().DurationVar(&f.wait, "wait", time.Minute, "how long to wait at the start for a database that cannot be reached")
	f.protect.register(cmd.Flags())
	return cmd
}

// migrateMode is what happens to a database at an earlier revision, and what
// has said so.
func (p *program) migrateMode(cmd *cobra.Command, f serveFlags) (mode larder.Mode, why string, err error) {
	const variable = "ENABLE_DB_MIGRATIONS"
	if v := p.env.get(variable); v != "" && !strings.EqualFold(v, "true") && !cmd.Flags().Changed("migrate") {
		return larder.MigrateOff, variable + "=" + v, nil // what is not true is false, as for Open WebUI
	}
	switch mode := larder.Mode(f.migrate); mode {
	case larder.MigrateAuto, larder.MigrateCheck, larder.MigrateOff:
		return mode, "--migrate " + f.migrate, nil
	}
	return "", "", &usageError{"--migrate is auto, check or off"}
}

// again is the command line with another flag. A password in it is not shown.
func again(cmd *cobra.Command, c dburl.Config) func(flag string) string {
	return func(flag string) string {
		name, _, _ := strings.Cut(strings.TrimPrefix(flag, "--"), " ")
		line := "larder " + cmd.Name()
		cmd.Flags().Visit(func(f *pflag.Flag) {
			switch v := f.Value.String(); {
			case f.Name == name:
			case f.Name == "database-url":
				line += " --database-url '" + c.URL.Redacted() + "'"
			case f.Value.Type() == "bool":
				line += " --" + f.Name + "=" + v
			default:
				line += " --" + f.Name + " " + v
			}
		})
		return line + " " + flag
	}
}

// serveWording is how the messages of package larder name our flags.
func serveWording(mode string, again func(flag string) string) larder.Wording {
	return larder.Wording{
		Mode: mode,
		Auto: "larder serve with --migrate auto",
		SameEmail: "run: " + again("--same-email "+string(migrations.KeepNewestEmail)) + ", or: " +
			again("--same-email "+string(migrations.RenameSameEmail)),
		Schema: "DATABASE_SCHEMA",
	}
}

func (p *program) runServe(cmd *cobra.Command, f serveFlags) error {
	mode, why, err := p.migrateMode(cmd, f)
	if err != nil {
		return err
	}
	same, err := sameEmail(f.same)
	if err != nil {
		return err
	}
	page, closePage, err := webPage(f.web)
	if err != nil {
		return err
	}
	defer closePage()
	log := p.logger()
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
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
		return &dberr.Error{Op: "serve", Code: dberr.Unavailable,
			Msg: "cannot listen on " + addr + "; choose another --port or --host", Err: err}
	}
	defer l.Close()
	conf, err := p.database(log)
	if err != nil {
		return err
	}
	if mode == larder.MigrateAuto {
		if err := p.makeDataDir(conf.URL); err != nil {
			return err
		}
	}
	o := larder.Options{
		Migrate: mode, SameEmail: same, NoSnapshot: f.noSnapshot, Wait: f.wait, Engine: p.engineOptions(conf, log), Logger: log, Build: build(),
		Wording: serveWording(why, again(cmd, conf)), LockTimeout: f.lockTimeout, LockLimit: f.lockLimit,
	}
	o.Replica, o.ReplicaLag = conf.Read, conf.ReadLag
	o.Store.Admins.ListsAsUsers = p.switchedOff("BYPASS_ADMIN_ACCESS_CONTROL")
	o.Store.Admins.NoChats = p.switchedOff("ENABLE_ADMIN_CHAT_ACCESS")
	o.Store.Unstored = p.switchedOff(unstoredVariable)
	if o.Store.Settings, err = p.settings(); err != nil {
		return err
	}
	if o.Store.Blobs, err = p.uploads(ctx, f.files); err != nil {
		return err
	}
	defer o.Store.Blobs.Close()
	db := larder.New(conf.URL, o)
	defer db.Close()
	defer p.global.statements.report(log)
	origins, hosts := f.protect.sites(&p.env, log)
	f.protect.limitHeap(p.env.get("GOMEMLIMIT"))
	srv, err := server.New(server.Options{
		Probe:        db.Probe(),
		Secret:       secret,
		Site:         server.Site{Name: p.env.get("WEBUI_NAME"), Locale: p.env.get("DEFAULT_LOCALE")},
		Program:      build(),
		Logger:       log,
		MaxBody:      int64(f.maxBody) << 20,
		MaxFile:      int64(f.maxFile) << 20,
		Memory:       int64(f.protect.memory) << 20,
		Connections:  f.protect.connections(),
		PerAddress:   f.protect.perAddress,
		Proxies:      f.protect.proxies,
		Timeout:      f.protect.timeout,
		Drain:        f.protect.drain,
		Origins:      origins,
		Hosts:        hosts,
		Page:         page,
		SecureCookie: p.env.get("WEBUI_AUTH_COOKIE_SECURE") == "true" || p.env.get("WEBUI_SESSION_COOKIE_SECURE") == "true",
	})
	if err != nil {
		return err
	}
	at := "http://" + l.Addr().String()
	log.Info("listening", "address", at, "database", conf.URL.String())
	return serveFrom(ctx, srv, l, db, log.With("address", at))
}

// webPage is the page in a directory; nil for none.
func webPage(dir string) (http.Handler, func(), error) {
	if dir == "" {
		return nil, func() {}, nil
	}
	wrong := func(err error) error { return &usageError{"--web " + dir + ": " + err.Error()} }
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, wrong(err)
	}
	page, err := webpage.New(root.FS())
	if err != nil {
		root.Close()
		return nil, nil, wrong(err)
	}
	return page, func() { root.Close() }, nil
}

// switchedOff reports whether a switch of Open WebUI that is on by default is off.
func (p *program) switchedOff(variable string) bool {
	v := p.env.get(variable)
	return v != "" && !strings.EqualFold(v, "true")
}

// serveFrom answers requests from now on, and brings the database to where it
// can be served meanwhile.
func serveFrom(signals context.Context, srv *server.Server, l net.Listener, db *larder.Database,
	log *slog.Logger) error {
	ctx, cancel := context.WithCancel(signals)
	defer cancel()
	served := make(chan error, 1)
	go func() {
		defer cancel() // a listener that fails ends what goes on beside it
		served <- srv.Serve(ctx, l)
	}()
	if err := db.Open(ctx); err != nil {
		if signals.Err() != nil {
			err = nil
			log.Info("stopped before the database was ready; the next start goes on from there")
		}
		cancel()
		return errors.Join(err, <-served)
	}
	leave, err := db.Announce(ctx)
	if err != nil && ctx.Err() == nil {
		log.WarnContext(ctx, "larder detach will not see that this server works on the database", "error", err)
	}
	defer leave()
	srv.Attach(db.Store())
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		sweepFiles(ctx, db.Store().Files.Sweep, log)
	}()
	indexed := make(chan struct{})
	go func() {
		defer close(indexed)
		keepIndex(ctx, db, log)
	}()
	defer func() { cancel(); <-swept; <-indexed }()
	log.Info("serving", "engine", db.Engine().Version(), "database", db.URL().String())
	err = <-served
	if errors.Is(err, dberr.ErrTimeout) && signals.Err() != nil {
		// Who was cut off has no answer, so that nothing is lost that somebody counts on.
		log.Warn("some requests did not end in time and were cut off")
		err = nil
	}
	log.Info("stopped")
	return err
}

// makeDataDir makes the data directory when the database is a file in it. A
// directory that somebody names in a URL is theirs to make.
func (p *program) makeDataDir(u *dburl.URL) error {
	dir := filepath.Clean(p.dataDir())
	if u.Database == "" || filepath.Clean(filepath.Dir(filepath.FromSlash(u.Database))) != dir {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &dberr.Error{Op: "serve", Code: dberr.Unavailable,
			Msg: "the data directory " + dir + " cannot be made", Err: err}
	}
	return nil
}
