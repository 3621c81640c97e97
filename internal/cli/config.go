package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/store"
)

func (p *program) config() *cobra.Command {
	parent := &cobra.Command{
		Use:   "config",
		Short: "Settings in the database: what they are, and where they come from",
		Long: `Settings have keys such as ui.enable_signup, and values in JSON. What is stored in
the database counts; where nothing is, what a variable of the environment says
(ENABLE_SIGNUP); else what is standard. A server that runs sees a change with
its next request. With ENABLE_PERSISTENT_CONFIG=false what is stored is kept, and
does not count.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var show, all, unknown, dry bool
	list := p.configVerb("list [PREFIX]", "List settings with their values and where they come from",
		cobra.MaximumNArgs(1),
		func(ctx context.Context, c *settingsOf, args []string) error { return c.list(prefix(args), all, show) })
	list.Flags().BoolVar(&all, "all", false, "also those that are as standard")
	diff := p.configVerb("diff [FILE]",
		"Show what is stored and differs from the environment and the standard, or from a file", cobra.MaximumNArgs(1),
		func(ctx context.Context, c *settingsOf, args []string) error { return c.diff(prefix(args), show) })
	for _, cmd := range []*cobra.Command{list, diff} {
		cmd.Flags().BoolVar(&show, "show-secrets", false, "show keys and passwords, too")
	}
	set := p.configVerb("set KEY VALUE ...", "Store settings, all or none; a value is JSON, or a text",
		cobra.MinimumNArgs(2),
		func(ctx context.Context, c *settingsOf, args []string) error { return c.set(ctx, args, unknown) })
	imports := p.configVerb("import FILE", "Store the settings of an export, all or none; - is standard input",
		cobra.ExactArgs(1),
		func(ctx context.Context, c *settingsOf, args []string) error {
			return c.imports(ctx, args[0], unknown, dry)
		})
	imports.Flags().BoolVar(&dry, "dry-run", false, "change nothing, and say what would")
	for _, cmd := range []*cobra.Command{set, imports} {
		cmd.Flags().BoolVar(&unknown, "unknown", false, "also settings that nothing here knows")
	}
	export := p.configVerb("export [FILE]", "Write all settings as one JSON object, secrets among them",
		cobra.MaximumNArgs(1),
		func(ctx context.Context, c *settingsOf, args []string) error { return c.export(prefix(args)) })
	parent.AddCommand(list, p.configVerb("get KEY", "Write the value of a setting", cobra.ExactArgs(1),
		func(_ context.Context, c *settingsOf, args []string) error { return c.get(args[0]) }),
		set, p.configVerb("unset KEY ...", "Delete stored settings, so that the environment and the standard count",
			cobra.MinimumNArgs(1),
			func(ctx context.Context, c *settingsOf, args []string) error { return c.unset(ctx, args) }),
		diff, export, imports)
	return parent
}

func prefix(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// configVerb is a verb that works on the settings of the database.
func (p *program) configVerb(use, short string, args cobra.PositionalArgs,
	run func(context.Context, *settingsOf, []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: args, RunE: func(cmd *cobra.Command, args []string) error {
		c, done, err := p.openSettings(cmd.Context())
		if err != nil {
			return err
		}
		defer done()
		return run(cmd.Context(), c, args)
	}}
}

// settingsOf are the settings of a database.
type settingsOf struct {
	p           *program
	config      *store.Config
	stored      map[string]jsonvalue.JSON
	environment map[string]jsonvalue.JSON
	standard    map[string]jsonvalue.JSON
}

func (p *program) openSettings(ctx context.Context) (*settingsOf, func(), error) {
	log := p.logger()
	conf, err := p.database(log)
	if err != nil {
		return nil, nil, err
	}
	c := &settingsOf{p: p, stored: map[string]jsonvalue.JSON{}, standard: store.Defaults()}
	if c.environment, err = p.settings(); err != nil {
		return nil, nil, err
	}
	db := larder.New(conf.URL, larder.Options{Migrate: larder.MigrateCheck, Engine: p.engineOptions(conf, log), Build: build(),
		Wording: larder.Wording{Mode: "larder config", Auto: "larder serve"}})
	if err := db.Open(ctx); err != nil {
		db.Close()
		return nil, nil, err
	}
	c.config = db.Store().Config
	rows, err := c.config.Stored(ctx, store.Program())
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	for _, r := range rows {
		c.stored[r.Key] = r.Value
	}
	return c, db.Close, nil
}

// setting is a setting as results show it.
type setting struct {
	Key      string         `json:"key"`
	Value    jsonvalue.JSON `json:"value"`
	Source   string         `json:"source"` // stored, environment, standard
	Variable string         `json:"variable,omitempty"`
}

// beneath is the value that counts where nothing is stored, and where it comes from.
func (c *settingsOf) beneath(key string) (jsonvalue.JSON, string) {
	if v, ok := c.environment[key]; ok {
		return v, "environment"
	}
	return c.standard[key], "standard"
}

func (c *settingsOf) of(key string) setting {
	v, source := c.beneath(key)
	if s, ok := c.stored[key]; ok && !c.p.switchedOff(unstoredVariable) {
		v, source = s, "stored"
	}
	return setting{Key: key, Value: v, Source: source, Variable: variables()[key]}
}

// kept is the value that is stored, whether or not it counts, else what is beneath.
func (c *settingsOf) kept(key string) jsonvalue.JSON {
	if v, ok := c.stored[key]; ok {
		return v
	}
	v, _ := c.beneath(key)
	return v
}

// keys are all keys that there are.
func (c *settingsOf) keys() []string {
	all := maps.Clone(c.standard)
	maps.Copy(all, c.stored)
	return slices.Sorted(maps.Keys(all))
}

func (c *settingsOf) known(key string) bool {
	_, standard := c.standard[key]
	_, stored := c.stored[key]
	return standard || stored
}

// unknownKey is the error for a key that nothing knows.
func unknownKey(key string) error {
	return dberr.New(dberr.NotFound, "config", "there is no setting "+key+"; 'larder config list --all' names them")
}

// isSecret reports whether the value of a key is not for everybody's eyes.
func isSecret(key string) bool {
	last := key[strings.LastIndexByte(key, '.')+1:]
	for _, word := range []string{"key", "keys", "secret", "password", "token", "connections", "api_configs"} {
		if last == word || strings.HasSuffix(last, "_"+word) {
			return true
		}
	}
	return false
}

// shown is a value for people: secrets are not shown, and long ones are cut.
func shown(key string, v jsonvalue.JSON, secrets bool) string {
	const most = 100
	text := v.String()
	switch {
	case v.IsNull():
		return "-"
	case !secrets && isSecret(key) && !slices.Contains([]string{`""`, "[]", "{}", "null", `[""]`}, text):
		return "(secret)"
	}
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}

func (c *settingsOf) list(prefix string, all, secrets bool) error {
	out := []setting{}
	for _, key := range c.keys() {
		s := c.of(key)
		if !strings.HasPrefix(key, prefix) || !all && prefix == "" && s.Source == "standard" {
			continue
		}
		if !secrets && isSecret(key) {
			s.Value, _ = jsonvalue.Of(shown(key, s.Value, false))
		}
		out = append(out, s)
	}
	if c.p.global.output == "json" {
		return writeJSON(c.p.env.Stdout, out)
	}
	w := tabwriter.NewWriter(c.p.env.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range out {
		from := s.Source
		if from == "environment" && s.Variable != "" {
			from += " " + s.Variable
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, from, shown(s.Key, s.Value, secrets))
	}
	return w.Flush()
}

func (c *settingsOf) get(key string) error {
	if !c.known(key) {
		return unknownKey(key)
	}
	s := c.of(key)
	if c.p.global.output == "json" {
		return writeJSON(c.p.env.Stdout, s)
	}
	_, err := fmt.Fprintln(c.p.env.Stdout, s.Value.String())
	return err
}

// typed is a value of the kind that the setting has as standard.
func (c *settingsOf) typed(key string, v jsonvalue.JSON) error {
	is := func(kind string) string {
		switch {
		case kind == "true" || kind == "false":
			return "true or false"
		case kind == "" || kind == "null" || kind == `""`: // may be anything: "" stands for no number, too
			return ""
		case kind[0] == '"':
			return "a text"
		case kind[0] == '[':
			return "a list"
		case kind[0] == '{':
			return "an object"
		}
		return "a number"
	}
	want := is(c.standard[key].String())
	if got := is(v.String()); want != "" && got != want && !(v.IsJSONNull() && want == "a text") &&
		(v.String() != `""` || want != "a text") {
		return dberr.New(dberr.Invalid, "config", "the setting "+key+" is "+want)
	}
	return nil
}

func (c *settingsOf) set(ctx context.Context, args []string, unknown bool) error {
	if len(args)%2 != 0 {
		return &usageError{"give a value for each key"}
	}
	values := map[string]jsonvalue.JSON{}
	for i := 0; i < len(args); i += 2 {
		v := jsonvalue.Text(args[i+1])
		if !v.Valid() {
			var err error
			if v, err = jsonvalue.Of(args[i+1]); err != nil {
				return err
			}
		}
		values[args[i]] = v
	}
	return c.store(ctx, values, unknown)
}

// store checks values and writes them, all or none.
func (c *settingsOf) store(ctx context.Context, values map[string]jsonvalue.JSON, unknown bool) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !unknown && !c.known(key) {
			return dberr.New(dberr.Invalid, "config",
				"nothing knows the setting "+key+"; with --unknown it is stored all the same")
		}
		if err := c.typed(key, values[key]); err != nil {
			return err
		}
	}
	ended, err := c.config.Change(ctx, store.Program(), values)
	if err == nil && ended {
		c.p.logger().Warn("all sessions have ended: who needs a second factor has changed")
	}
	return err
}

func (c *settingsOf) unset(ctx context.Context, keys []string) error {
	for _, key := range keys {
		if !c.known(key) {
			return unknownKey(key)
		}
	}
	_, err := c.config.Unset(ctx, store.Program(), keys...)
	return err
}

// difference is a setting that is one thing here and another there.
type difference struct {
	Key    string         `json:"key"`
	Stored jsonvalue.JSON `json:"stored"`
	Other  jsonvalue.JSON `json:"other"`
	Source string         `json:"source"` // of the other one: environment, standard, file
}

func (c *settingsOf) diff(path string, secrets bool) error {
	other, source := map[string]jsonvalue.JSON{}, "file"
	keys := slices.Sorted(maps.Keys(c.stored))
	if path != "" {
		var err error
		if other, err = c.read(path); err != nil {
			return err
		}
		keys = slices.Sorted(maps.Keys(other))
	}
	out := []difference{}
	for _, key := range keys {
		d := difference{Key: key, Stored: c.kept(key), Other: other[key], Source: source}
		if path == "" {
			d.Other, d.Source = c.beneath(key)
		}
		if d.Stored.String() == d.Other.String() {
			continue
		}
		if !secrets && isSecret(key) {
			d.Stored, _ = jsonvalue.Of(shown(key, d.Stored, false))
			d.Other, _ = jsonvalue.Of(shown(key, d.Other, false))
		}
		out = append(out, d)
	}
	if c.p.global.output == "json" {
		return writeJSON(c.p.env.Stdout, out)
	}
	for _, d := range out {
		fmt.Fprintf(c.p.env.Stdout, "%s: %s, %s %s\n", d.Key, shown(d.Key, d.Stored, secrets), d.Source,
			shown(d.Key, d.Other, secrets))
	}
	return nil
}

func (c *settingsOf) export(path string) error {
	all := map[string]jsonvalue.JSON{}
	for _, key := range c.keys() {
		all[key] = c.of(key).Value
	}
	to := c.p.env.Stdout
	if path != "" && path != "-" {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return &dberr.Error{Op: "config", Code: dberr.Invalid, Msg: "the file " + path + " cannot be made", Err: err}
		}
		defer file.Close()
		to = file
	}
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(all)
}

func (c *settingsOf) imports(ctx context.Context, path string, unknown, dry bool) error {
	values, err := c.read(path)
	if err != nil {
		return err
	}
	maps.DeleteFunc(values, func(key string, v jsonvalue.JSON) bool { return v.String() == c.kept(key).String() })
	if !dry {
		if err := c.store(ctx, values, unknown); err != nil {
			return err
		}
	}
	if c.p.global.output == "json" {
		return writeJSON(c.p.env.Stdout, slices.Sorted(maps.Keys(values)))
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(c.p.env.Stdout, "%s: %s, was %s\n", key, shown(key, values[key], false), shown(key, c.kept(key), false))
	}
	return nil
}

// read reads a file of settings: keys with dots, or the objects in objects that
// older versions of Open WebUI export.
func (c *settingsOf) read(path string) (map[string]jsonvalue.JSON, error) {
	var text []byte
	var err error
	if path == "-" {
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, &dberr.Error{Op: "config", Code: dberr.NotFound, Msg: "the file " + path + " cannot be read", Err: err}
	}
	doc := jsonvalue.Text(string(text))
	if !doc.IsObject() {
		return nil, dberr.New(dberr.Invalid, "config", path+" is not a JSON object of settings")
	}
	out := map[string]jsonvalue.JSON{}
	err = c.flatten(out, "", doc)
	delete(out, "version") // of the layout of older versions, which is no setting
	return out, err
}

// flatten puts the members of an object, which is below a key, under keys of
// their own, unless that key is a setting itself.
func (c *settingsOf) flatten(out map[string]jsonvalue.JSON, key string, doc jsonvalue.JSON) error {
	var members map[string]jsonvalue.JSON
	if err := doc.Decode(&members); err != nil {
		return err
	}
	for name, v := range members {
		at := name
		if key != "" {
			at = key + "." + name
		}
		if _, standard := c.standard[at]; !standard && v.IsObject() && c.above(at) {
			if err := c.flatten(out, at, v); err != nil {
				return err
			}
			continue
		}
		out[at] = v
	}
	return nil
}

// above reports whether there are settings whose keys begin with a key and a dot.
func (c *settingsOf) above(key string) bool {
	for k := range c.standard {
		if strings.HasPrefix(k, key+".") {
			return true
		}
	}
	return false
}
