package debs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ErrNoApt says that the machine has no apt-get or no dpkg-deb.
var ErrNoApt = errors.New("this machine has no apt-get and dpkg-deb")

// ErrNoPackage says that no suite that was asked has one of the packages.
var ErrNoPackage = errors.New("no package source of this machine has the package")

// Request says what to fetch.
type Request struct {
	// Choices are sets of packages; the first set that a suite offers as a
	// whole is fetched with everything it depends on.
	Choices [][]string
	// Suites are tried, in order, after the configured ones: suites of the
	// same archives, under the same keys ("testing").
	Suites []string
	// Leave holds path.Match patterns of package names that are not fetched
	// although something depends on them.
	Leave []string
	// Attempts is how often the whole fetch is tried; 0 means once.
	Attempts int
	// Prune removes from the unpacked tree what is not wanted; nil for nothing.
	Prune func(tree string) error
	// Say is told what happens, in a few lines; nil for nobody.
	Say func(string)
}

// Fetch unpacks what r asks for into dir, which appears complete or not at
// all. It does nothing when dir exists. Two callers must not fetch the same
// dir at once.
func Fetch(ctx context.Context, dir string, r Request) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	for _, tool := range []string{"apt-get", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return ErrNoApt
		}
	}
	if r.Say == nil {
		r.Say = func(string) {}
	}
	var err error
	for attempt := range max(1, r.Attempts) {
		if attempt > 0 {
			r.Say(fmt.Sprintf("trying again: %v", err))
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(attempt) * 2 * time.Second):
			}
		}
		if err = fetchOnce(ctx, dir, r); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func fetchOnce(ctx context.Context, dir string, r Request) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	tree, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".new-")
	if err != nil {
		return err
	}
	defer removeAll(tree)
	// The work directory is apart from the tree: apt's lists are ten times as large.
	work, err := os.MkdirTemp("", "larder-debs-")
	if err != nil {
		return err
	}
	defer removeAll(work)
	a := apt{work: work, conf: filepath.Join(work, "apt.conf")}
	if err := a.configure(); err != nil {
		return err
	}
	wanted, err := a.choose(ctx, r)
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(wanted, func(p deb) bool { return matches(r.Leave, p.name) })
	r.Say(fmt.Sprintf("fetching %d packages, %d MB", len(kept), size(kept)>>20))
	if err := a.download(ctx, kept); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(a.work, "debs", "*.deb"))
	if err != nil {
		return err
	}
	if len(files) < len(kept) {
		return fmt.Errorf("apt-get download brought %d of %d packages", len(files), len(kept))
	}
	for _, f := range files {
		if _, err := run(exec.CommandContext(ctx, "dpkg-deb", "-x", f, tree)); err != nil {
			return err
		}
	}
	for _, d := range []string{"doc", "man", "locale", "lintian", "bug"} {
		removeAll(filepath.Join(tree, "usr/share", d))
	}
	if r.Prune != nil {
		if err := r.Prune(tree); err != nil {
			return err
		}
	}
	if err := os.Chmod(tree, 0o755); err != nil {
		return err
	}
	return os.Rename(tree, dir)
}

type apt struct{ work, conf string }

// configure writes a configuration that is read after the machine's own: its
// archives, keys and proxies stay, its state and its hooks do not.
func (a apt) configure() error {
	for _, d := range []string{"state/lists/partial", "cache/archives/partial", "debs"} {
		if err := os.MkdirAll(filepath.Join(a.work, d), 0o700); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(a.work, "status"), nil, 0o600); err != nil {
		return err
	}
	text := fmt.Sprintf(`#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Install::Pre-Invoke;
#clear APT::Install::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
Dir::State %[1]q;
Dir::State::lists %[2]q;
Dir::State::status %[3]q;
Dir::Cache %[4]q;
Dir::Cache::archives %[5]q;
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
`, filepath.Join(a.work, "state"), filepath.Join(a.work, "state/lists"), filepath.Join(a.work, "status"),
		filepath.Join(a.work, "cache"), filepath.Join(a.work, "cache/archives"))
	return os.WriteFile(a.conf, []byte(text), 0o600)
}

func (a apt) get(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "apt-get", append([]string{"-c", a.conf, "-q"}, args...)...)
	c.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	c.Dir = filepath.Join(a.work, "debs")
	return c
}

// choose returns the closure of the first choice that is to be had, from the
// configured suites or else from each of the further ones.
func (a apt) choose(ctx context.Context, r Request) ([]deb, error) {
	configured, err := a.sources(ctx)
	if err != nil {
		return nil, err
	}
	if len(configured) == 0 {
		return nil, fmt.Errorf("%w: no package source is configured", ErrNoPackage)
	}
	var said []string
	for _, suite := range append([]string{""}, r.Suites...) {
		if suite != "" {
			if err := a.use(configured, suite); err != nil {
				return nil, err
			}
		}
		// A source that is away must not hide those that answer, so a failed
		// update only counts when nothing is found afterwards.
		_, updateErr := run(a.get(ctx, "update"))
		for _, names := range r.Choices {
			out, err := run(a.get(ctx, append([]string{"-y", "--print-uris", "install"}, names...)...))
			if err == nil {
				if suite != "" {
					r.Say(fmt.Sprintf("%s is in the suite %s of the configured archive", names[0], suite))
				}
				return parseURIs(out), nil
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
		if updateErr != nil {
			said = append(said, updateErr.Error())
		}
	}
	msg := "asked for " + r.Choices[0][0] + " in the configured suites"
	if len(r.Suites) > 0 {
		msg += " and in " + strings.Join(r.Suites, ", ")
	}
	if len(said) > 0 {
		msg += "; " + strings.Join(said, "; ")
	}
	return nil, fmt.Errorf("%w: %s", ErrNoPackage, msg)
}

// archive is one component of a suite of a package source.
type archive struct{ uri, suite, component string }

var indexLine = regexp.MustCompile(`^'([^']+)/dists/([^']+)/([^/']+)/binary-[^/']+/Packages[^']*'`)

// sources lists the archives the machine is configured with. It asks for the
// addresses of an update, because the list of known indexes is empty on a
// machine whose package lists were deleted, as in most images.
func (a apt) sources(ctx context.Context) ([]archive, error) {
	out, err := run(a.get(ctx, "update", "--print-uris"))
	if err != nil {
		return nil, err
	}
	var all []archive
	for line := range strings.Lines(out) {
		if m := indexLine.FindStringSubmatch(line); m != nil {
			if s := (archive{m[1], m[2], m[3]}); !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// use replaces the machine's sources by suite of the same archives.
func (a apt) use(configured []archive, suite string) error {
	option := ""
	if keys := keyrings(); len(keys) > 0 {
		option = "[signed-by=" + strings.Join(keys, ",") + "] "
	}
	var lines []string
	for _, s := range configured {
		// Security, updates and the like are companions of one release and have no such suite.
		if strings.ContainsAny(s.suite, "-/") || strings.Contains(s.uri, "security") {
			continue
		}
		if s.component != "main" && s.component != "universe" {
			continue
		}
		if l := fmt.Sprintf("deb %s%s %s %s\n", option, s.uri, suite, s.component); !slices.Contains(lines, l) {
			lines = append(lines, l)
		}
	}
	list := filepath.Join(a.work, "sources.list")
	if err := os.WriteFile(list, []byte(strings.Join(lines, "")), 0o600); err != nil {
		return err
	}
	conf, err := os.ReadFile(a.conf)
	if err != nil {
		return err
	}
	if !bytes.Contains(conf, []byte("Dir::Etc::sourcelist")) {
		conf = fmt.Appendf(conf, "Dir::Etc::sourcelist %q;\nDir::Etc::sourceparts \"/dev/null\";\n", list)
		return os.WriteFile(a.conf, conf, 0o600)
	}
	return nil
}

var signedBy = regexp.MustCompile(`(?i)signed-by[=:]\s*([^\]\s]+)`)

// keyrings are the key files that the configured sources name and those of
// the distributions, as far as they are there.
func keyrings() []string {
	var files, keys []string
	for _, pattern := range []string{
		"/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list", "/etc/apt/sources.list.d/*.sources",
	} {
		m, _ := filepath.Glob(pattern)
		files = append(files, m...)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if m := signedBy.FindStringSubmatch(line); m != nil && !strings.HasPrefix(strings.TrimSpace(line), "#") {
				keys = append(keys, strings.Split(m[1], ",")...)
			}
		}
	}
	for _, k := range []string{"debian-archive-keyring.gpg", "debian-archive-keyring.pgp", "ubuntu-archive-keyring.gpg"} {
		keys = append(keys, "/usr/share/keyrings/"+k)
	}
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(k string) bool {
		i, err := os.Stat(k)
		return err != nil || !i.Mode().IsRegular() || i.Size() == 0
	})
}

// download brings the packages into the directory debs; apt checks their hashes.
func (a apt) download(ctx context.Context, packages []deb) error {
	args := []string{"download"}
	for _, p := range packages {
		args = append(args, p.name+"="+p.version)
	}
	_, err := run(a.get(ctx, args...))
	return err
}

// deb is one package file.
type deb struct {
	name, version string
	bytes         int64
}

var uriLine = regexp.MustCompile(`^'[^']+' ([^_\s]+)_([^_\s]+)_[^_\s]+\.deb (\d+)`)

// parseURIs reads what apt-get install --print-uris says.
func parseURIs(out string) []deb {
	var all []deb
	for line := range strings.Lines(out) {
		if m := uriLine.FindStringSubmatch(line); m != nil {
			var n int64
			_, _ = fmt.Sscan(m[3], &n)
			all = append(all, deb{m[1], strings.ReplaceAll(m[2], "%3a", ":"), n})
		}
	}
	return all
}

func size(packages []deb) (n int64) {
	for _, p := range packages {
		n += p.bytes
	}
	return n
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return err == nil && ok
	})
}

// run runs c; its error ends with the last lines the program said.
func run(c *exec.Cmd) (string, error) {
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
		return out.String(), fmt.Errorf("%s: %w: %s", filepath.Base(c.Path), err,
			strings.Join(lines[max(0, len(lines)-3):], " / "))
	}
	return out.String(), nil
}

// removeAll drops a directory of ours; what cannot be removed is left to the
// system's cleaning of temporary files.
func removeAll(dir string) { _ = os.RemoveAll(dir) }
