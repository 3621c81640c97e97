package dburl

import (
	"slices"
	"sort"
	"strings"
)

// Query holds the arguments after the ? of a URL: names in the order of their
// first appearance, values of a repeated name in theirs. The zero value is
// empty. A Query is not changed after it was made.
type Query struct {
	args []queryArg
}

type queryArg struct {
	name   string
	values []*string // pointers, which fmt does not follow: a value may be a password
}

// Get returns the first value of name, "" when there is none.
func (q Query) Get(name string) string {
	if v := q.All(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// Has reports whether name was given. An argument with a blank value was not.
func (q Query) Has(name string) bool { return len(q.All(name)) > 0 }

// All returns a copy of the values of name, nil when there are none.
func (q Query) All(name string) []string {
	for _, a := range q.args {
		if a.name == name {
			return a.texts()
		}
	}
	return nil
}

// Keys returns the names, in the order of their first appearance.
func (q Query) Keys() []string {
	keys := make([]string, q.Len())
	for i, a := range q.args {
		keys[i] = a.name
	}
	return keys
}

// Len is the number of names.
func (q Query) Len() int { return len(q.args) }

func (q Query) equal(o Query) bool {
	if q.Len() != o.Len() {
		return false
	}
	for _, a := range q.args {
		if !slices.Equal(a.texts(), o.All(a.name)) {
			return false
		}
	}
	return true
}

func (a queryArg) texts() []string {
	texts := make([]string, len(a.values))
	for i, v := range a.values {
		texts[i] = *v
	}
	return texts
}

func (q Query) clone() Query {
	c := Query{args: slices.Clone(q.args)}
	for i := range c.args {
		c.args[i].values = slices.Clone(c.args[i].values)
	}
	return c
}

// add appends in place; only for a Query that nobody else has.
func (q *Query) add(name, value string) {
	for i := range q.args {
		if q.args[i].name == name {
			q.args[i].values = append(q.args[i].values, &value)
			return
		}
	}
	q.args = append(q.args, queryArg{name, []*string{&value}})
}

// with returns a copy in which name has exactly these values; none removes it.
func (q Query) with(name string, values []string) Query {
	c := q.clone()
	c.args = slices.DeleteFunc(c.args, func(a queryArg) bool { return a.name == name })
	for _, v := range values {
		if v != "" { // blank is absent, as in a parsed URL
			c.add(name, v)
		}
	}
	return c
}

// parseQuery is Python's parse_qsl: & separates, + is a space, an argument
// without a value does not count.
func parseQuery(s string) Query {
	var q Query
	for s != "" {
		var field string
		field, s, _ = strings.Cut(s, "&")
		name, value, ok := strings.Cut(field, "=")
		if !ok || value == "" {
			continue
		}
		q.add(unquotePlus(name), unquotePlus(value))
	}
	return q
}

// encode renders with sorted names, as SQLAlchemy does; shown replaces a value.
func (q Query) encode(shown func(name, value string) string) string {
	args := slices.Clone(q.args)
	sort.SliceStable(args, func(i, j int) bool { return args[i].name < args[j].name })
	var b strings.Builder
	for _, a := range args {
		for _, v := range a.texts() {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(quotePlus(a.name))
			b.WriteByte('=')
			b.WriteString(shown(a.name, v))
		}
	}
	return b.String()
}
