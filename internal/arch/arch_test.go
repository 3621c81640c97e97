package arch_test

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/larder-db/larder/"

// within is the package of this module that an import path names: "." for the
// one at its root.
func within(path string) (pkg string, ours bool) {
	if path+"/" == module {
		return ".", true
	}
	return strings.CutPrefix(path, module)
}

// imports says which packages of this module a package may import outside of
// tests. A package that is not listed may not exist. "engine/*" stands for the
// three engines.
var imports = map[string][]string{
	".":                               {"dberr", "dburl", "driver", "health", "schema", "query", "engine", "engine/engines", "migrate", "migrate/fresh", "migrations", "migrations/own", "store", "tables", "tables/own", "transfer", "transfer/canon"},
	"dberr":                           {},
	"dburl":                           {"dberr"},
	"credential":                      {"dberr"},
	"jsonvalue":                       {"internal/jsontext"},
	"model":                           {"jsonvalue"},
	"model/chatdoc":                   {"jsonvalue", "dberr", "internal/jsontext", "model"},
	"schema":                          {"dberr", "schema/sqltext"},
	"schema/sqltext":                  {},
	"driver":                          {"dberr", "dburl", "schema", "schema/sqltext"},
	"driver/ddltext":                  {"dberr", "driver", "schema", "schema/sqltext"},
	"driver/namedlock":                {"dberr", "driver"},
	"driver/netfault":                 {"dberr", "driver"},
	"driver/drivertest":               {"dberr", "dburl", "schema", "driver", "engine", "query"},
	"driver/prepared":                 {},
	"driver/value":                    {"dberr", "schema", "internal/jsontext"},
	"driver/fold":                     {},
	"driver/jsonparts":                {"dberr", "schema", "driver"},
	"engine":                          {"dberr", "dburl", "schema", "driver"},
	"engine/sqlite":                   {"dberr", "dburl", "schema", "schema/sqltext", "driver", "driver/ddltext", "driver/namedlock", "driver/prepared", "driver/value", "driver/fold", "driver/jsonparts"},
	"engine/postgres":                 {"dberr", "dburl", "schema", "schema/sqltext", "driver", "driver/ddltext", "driver/namedlock", "driver/netfault", "driver/value", "driver/fold", "driver/jsonparts"},
	"engine/mysql":                    {"dberr", "dburl", "schema", "schema/sqltext", "driver", "driver/ddltext", "driver/namedlock", "driver/netfault", "driver/prepared", "driver/value", "driver/fold", "driver/jsonparts"},
	"engine/engines":                  {"driver", "engine/sqlite", "engine/postgres", "engine/mysql"},
	"engine/enginetest":               {"dberr", "dburl", "driver", "engine", "engine/engines", "internal/testdb"},
	"query":                           {"dberr", "jsonvalue", "schema", "driver", "driver/value", "engine"},
	"schema/gogen":                    {"dberr", "schema"},
	"tables":                          {"jsonvalue", "schema", "query", "tables/declared"},
	"tables/declared":                 {"schema"},
	"tables/own":                      {"jsonvalue", "schema", "query"},
	"migrate":                         {"engine", "schema", "migrate/history", "migrate/ledger", "migrate/op", "migrate/plan", "migrate/rescue", "migrate/run", "migrate/status"},
	"migrate/revision":                {"dberr"},
	"migrate/op":                      {"jsonvalue", "dberr", "schema", "schema/sqltext", "driver", "engine", "query"},
	"migrate/history":                 {"dberr", "driver", "engine", "schema", "migrate/op", "migrate/revision"},
	"migrate/ledger":                  {"dberr", "driver", "engine", "query", "schema", "migrate/history", "migrate/op", "migrate/revision"},
	"migrate/plan":                    {"dberr", "driver", "schema", "migrate/history", "migrate/ledger", "migrate/op", "migrate/revision"},
	"migrate/rescue":                  {"engine", "query", "schema", "migrate/history", "migrate/ledger", "migrate/op"},
	"migrate/status":                  {"driver", "engine", "schema", "migrate/history", "migrate/ledger", "migrate/op", "migrate/rescue", "migrate/revision"},
	"migrate/run":                     {"dberr", "driver", "engine", "schema", "migrate/history", "migrate/ledger", "migrate/op", "migrate/plan", "migrate/rescue", "migrate/revision", "migrate/status"},
	"migrate/autogen":                 {"dberr", "engine", "schema", "schema/gogen", "migrate/history", "migrate/ledger", "migrate/op", "migrate/plan", "migrate/rescue", "migrate/revision", "migrate/status"},
	"migrate/command":                 {"dberr", "dburl", "driver", "engine", "schema", "schema/gogen", "migrate", "migrate/autogen", "migrate/revision"},
	"migrate/fresh":                   {"dberr", "driver", "engine", "schema", "migrate/history", "migrate/ledger", "migrate/revision"},
	"migrate/migratetest":             {"dberr", "schema", "driver", "engine", "engine/enginetest", "migrate", "migrate/revision", "migrate/op"},
	"migrations":                      {"jsonvalue", "dberr", "dburl", "schema", "driver", "engine", "migrate", "migrate/op", "internal/jsontext"},
	"migrations/own":                  {"schema", "engine", "migrate", "migrate/op"},
	"search":                          {"driver/fold", "internal/jsontext"},
	"blobs":                           {"dberr"},
	"cloud":                           {"blobs", "dberr"}, // a module of its own, for its dependencies
	"cloud/cmd/larder":                {"cloud", "internal/cli"},
	"store":                           {"blobs", "jsonvalue", "dberr", "internal/jsontext", "schema", "query", "engine", "model", "model/chatdoc", "search", "tables", "tables/own"},
	"store/storetest":                 {"blobs", "jsonvalue", "dberr", "schema", "query", "engine", "engine/enginetest", "model", "model/chatdoc", "tables", "tables/own", "store", "migrate/fresh"},
	"transfer":                        {"dberr", "schema", "driver", "query", "engine", "transfer/archive", "transfer/canon", "transfer/policy"},
	"transfer/archive":                {"dberr", "schema", "internal/jsontext", "transfer/canon"},
	"transfer/canon":                  {"schema", "driver/value", "internal/jsontext"},
	"transfer/policy":                 {"dberr", "schema", "driver", "internal/jsontext", "transfer/canon"},
	"server":                          {"blobs", "jsonvalue", "dberr", "health", "internal/jsontext", "internal/limit", "model", "model/chatdoc", "store"},
	"health":                          {},
	"internal/cli":                    {".", "blobs", "credential", "dberr", "dburl", "engine", "engine/engines", "jsonvalue", "migrate", "migrate/command", "migrations", "model", "server", "store", "tables", "transfer", "transfer/archive", "transfer/canon", "transfer/policy", "internal/retention", "internal/webpage"},
	"cmd/larder":                      {"internal/cli"},
	"internal/arch":                   {},
	"internal/jsontext":               {},
	"internal/retention":              {},
	"internal/limit":                  {},
	"internal/webpage":                {"dberr"},
	"internal/testdb":                 {"internal/testdb/server"},
	"internal/testdb/server":          {"internal/testdb/debs"},
	"internal/testdb/cluster":         {"internal/testdb/server"},
	"internal/testdb/debs":            {},
	"internal/testdb/cmd/testservers": {"internal/testdb", "internal/testdb/debs", "internal/testdb/server"},
	"internal/testdb/cmd/sqliteshell": {},
	"bench":                           {},
}

// drivers may be imported only where a database is opened.
var drivers = map[string][]string{
	"modernc.org/sqlite":             {"engine/sqlite", "internal/testdb", "internal/testdb/cmd/sqliteshell"},
	"github.com/mattn/go-sqlite3":    {"engine/sqlite"},
	"github.com/jackc/pgx/v5":        {"engine/postgres", "internal/testdb/server"},
	"github.com/go-sql-driver/mysql": {"engine/mysql", "internal/testdb/server"},
}

// dependencies of the program and its tests, and what each is for.
var dependencies = map[string]string{
	"modernc.org/sqlite":                       "SQLite without cgo",
	"github.com/mattn/go-sqlite3":              "SQLite with cgo, behind a build tag",
	"github.com/jackc/pgx/v5":                  "PostgreSQL",
	"github.com/go-sql-driver/mysql":           "MySQL and MariaDB",
	"github.com/spf13/cobra":                   "the command line",
	"github.com/spf13/pflag":                   "flags of the command line",
	"github.com/golang-jwt/jwt/v5":             "session tokens",
	"golang.org/x/crypto":                      "bcrypt and argon2",
	"golang.org/x/sys":                         "file locks, file systems",
	"golang.org/x/text":                        "Unicode",
	"github.com/google/uuid":                   "ids",
	"github.com/schollz/progressbar/v3":        "progress on a terminal",
	"github.com/prometheus/client_golang":      "metrics",
	"github.com/klauspost/compress":            "Zstandard, for archives",
	"filippo.io/age":                           "encryption of archives",
	"gocloud.dev":                              "object storages, in the module cloud",
	"github.com/johannesboyne/gofakes3":        "tests of the module cloud: the protocol of S3",
	"github.com/google/go-cmp":                 "tests: comparison",
	"pgregory.net/rapid":                       "tests: properties",
	"go.uber.org/goleak":                       "tests: leaks",
	"github.com/santhosh-tekuri/jsonschema/v6": "tests: answers are held against the description of the API",
	"github.com/rogpeppe/go-internal":          "tests: scripts of the command line",
	"ariga.io/atlas":                           "tests: an oracle for schema comparison",
}

// root is the module's directory.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

type file struct {
	path    string // relative, with slashes
	pkg     string // directory, relative
	test    bool
	imports []string
	ast     *ast.File
	fset    *token.FileSet
}

func goFiles(t *testing.T) []file {
	t.Helper()
	dir := root(t)
	var out []file
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || rel == "dist" || rel == "bin" ||
				rel == "data") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		x := file{path: rel, pkg: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(rel, "_test.go"),
			ast: f, fset: fset}
		for _, i := range f.Imports {
			s, _ := strconv.Unquote(i.Path.Value)
			x.imports = append(x.imports, s)
		}
		out = append(out, x)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("only %d Go files found below %s", len(out), dir)
	}
	return out
}

func TestImportsGoOneWay(t *testing.T) {
	for _, f := range goFiles(t) {
		if strings.HasPrefix(f.pkg, "examples") {
			continue
		}
		allowed, listed := imports[f.pkg]
		if !listed {
			t.Errorf("%s: package %s is not in the import table of this test", f.path, f.pkg)
			continue
		}
		if f.test {
			continue
		}
		for _, i := range f.imports {
			if p, ours := within(i); ours && !slices.Contains(allowed, p) {
				t.Errorf("%s imports %s, which the import table does not allow for %s", f.path, p, f.pkg)
			}
		}
	}
}

func TestOnlyEnginesImportDatabaseDrivers(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || f.pkg == "bench" {
			continue
		}
		for _, i := range f.imports {
			for d, where := range drivers {
				if (i == d || strings.HasPrefix(i, d+"/")) && !slices.Contains(where, f.pkg) {
					t.Errorf("%s imports the driver %s", f.path, i)
				}
			}
		}
	}
}

func TestTheServerSeesNoDatabase(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.pkg == "server" && !f.test && slices.Contains(f.imports, "database/sql") {
			t.Errorf("%s imports database/sql", f.path)
		}
		if f.pkg == "model" || f.pkg == "dberr" || f.pkg == "jsonvalue" {
			for _, i := range f.imports {
				if !f.test && strings.Contains(strings.SplitN(i, "/", 2)[0], ".") && !strings.HasPrefix(i, module) {
					t.Errorf("%s imports %s; the package is standard library only", f.path, i)
				}
			}
		}
	}
}

var engineName = regexp.MustCompile(`(?i)^(sqlite3?|postgres(ql)?|mysql|mariadb)$`)

// TestNobodyAsksWhichEngineItIs finds an engine's name that decides something:
// a comparison or a case. Names in messages, tests and the wiring are fine.
func TestNobodyAsksWhichEngineItIs(t *testing.T) {
	mayKnow := []string{"engine/sqlite", "engine/postgres", "engine/mysql", "engine/engines", "dburl", "internal/testdb"}
	for _, f := range goFiles(t) {
		if f.test || slices.ContainsFunc(mayKnow, func(p string) bool { return f.pkg == p || strings.HasPrefix(f.pkg, p+"/") }) {
			continue
		}
		named := func(e ast.Expr) bool {
			l, ok := e.(*ast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return false
			}
			s, _ := strconv.Unquote(l.Value)
			return engineName.MatchString(s)
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && (named(n.X) || named(n.Y)) {
					t.Errorf("%s: compares with an engine's name: ask for a feature instead", f.fset.Position(n.Pos()))
				}
			case *ast.CaseClause:
				if slices.ContainsFunc(n.List, named) {
					t.Errorf("%s: switches on an engine's name: ask for a feature instead", f.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestNoInitAndNoEnvironmentBelowTheCommandLine(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init", f.fset.Position(fn.Pos()))
			}
		}
		if f.pkg == "internal/cli" || strings.HasPrefix(f.pkg, "internal/testdb") || strings.HasPrefix(f.pkg, "examples") ||
			f.pkg == "engine/enginetest" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "os" &&
					(s.Sel.Name == "Getenv" || s.Sel.Name == "LookupEnv" || s.Sel.Name == "Environ") {
					t.Errorf("%s: reads the environment; only internal/cli does", f.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		documented[f.pkg] = documented[f.pkg] || f.ast.Doc != nil
	}
	for p, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", p)
		}
	}
}

// docs/architecture.md has a row for every package.
func TestTheMapShowsEveryPackage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(text), "\n## The packages\n")
	rows, _, _ = strings.Cut(rows, "\n## ")
	shown := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z/0-9]+)`").FindAllStringSubmatch(rows, -1) {
		shown[m[1]] = true
	}
	delete(shown, "larder")
	for p := range imports {
		if _, err := os.Stat(filepath.Join(root(t), p)); err == nil && p != "." && !shown[p] {
			t.Errorf("the map does not show package %s", p)
		}
		delete(shown, p)
	}
	for p := range shown {
		t.Errorf("the map shows package %s, which is not in the import table", p)
	}
}

func TestEnginesHaveTheSameFiles(t *testing.T) {
	for _, e := range []string{"sqlite", "postgres", "mysql"} {
		for _, f := range []string{"doc.go", "driver.go", "dialect.go", "classify.go", "inspect.go", "ddl.go", "lock.go"} {
			if _, err := os.Stat(filepath.Join(root(t), "engine", e, f)); err != nil {
				t.Errorf("engine/%s has no %s", e, f)
			}
		}
	}
}

func TestTheDependencyListIsWhole(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-print").Output()
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]bool{}
	block := false
	s := bufio.NewScanner(bytes.NewReader(out))
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		switch {
		case line == "require (":
			block = true
		case line == ")":
			block = false
		case strings.HasSuffix(line, "// indirect"):
		case block && line != "":
			direct[strings.Fields(line)[0]] = true
		case strings.HasPrefix(line, "require "):
			direct[strings.Fields(line)[1]] = true
		}
	}
	for d := range direct {
		if dependencies[d] == "" {
			t.Errorf("go.mod requires %s, which is not in the list with a reason", d)
		}
	}
	for _, f := range goFiles(t) {
		for _, i := range f.imports {
			if _, ours := within(i); ours || !strings.Contains(strings.SplitN(i, "/", 2)[0], ".") {
				continue
			}
			known := false
			for d := range dependencies {
				known = known || i == d || strings.HasPrefix(i, d+"/")
			}
			if !known {
				t.Errorf("%s imports %s, which is not in the list", f.path, i)
			}
		}
	}
}
