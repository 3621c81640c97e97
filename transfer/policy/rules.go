package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/transfer/canon"
)

// Action is what is done about a row that breaks a rule.
type Action string

// The actions.
const (
	Fail   Action = "fail"   // nothing goes on; the default
	Repair Action = "repair" // the row goes, with the value changed; what cannot be repaired fails
	Skip   Action = "skip"   // the row stays behind
)

// Rules say what is done about each class; a class without a rule fails.
type Rules map[canon.Class]Action

// For is the action for a class.
func (r Rules) For(c canon.Class) Action {
	if a := r[c]; a != "" {
		return a
	}
	return Fail
}

// Check refuses unknown classes and actions, and repairs that do not exist.
func (r Rules) Check() error {
	for c, a := range r {
		if !c.Valid() {
			return dberr.New(dberr.Invalid, "transfer", fmt.Sprintf("there is no class %q of what can be wrong with a row", c))
		}
		if ways := Actions(c); !slices.Contains(ways, a) {
			var names []string
			for _, w := range ways {
				names = append(names, string(w))
			}
			return dberr.New(dberr.Invalid, "transfer",
				fmt.Sprintf("%q is no way to treat %s; take %s", a, c, strings.Join(names, " or ")))
		}
	}
	return nil
}

// Actions lists what can be done about a class.
func Actions(c canon.Class) []Action {
	switch c {
	case canon.TooLong, canon.JSONLimits, canon.Times, canon.Unknown:
		return []Action{Fail, Skip}
	}
	return []Action{Fail, Repair, Skip}
}

// Describe says what a class is and what its repair does, for the help of a
// program; repair is empty where there is none.
func Describe(c canon.Class) (what, repair string) {
	d := descriptions[c]
	return d[0], d[1]
}

var descriptions = map[canon.Class][2]string{
	canon.NUL:      {"text with the character NUL", "take it out"},
	canon.Encoding: {"text that is not UTF-8, JSON with half of a surrogate pair", "put U+FFFD in its place"},
	canon.InvalidJSON: {"text in a JSON column that is no JSON",
		"NaN and Infinity become null, anything else a JSON string"},
	canon.Booleans: {"booleans stored as 2 or 'true'", "read them as such"},
	canon.Numbers: {"numbers stored as text, and fractions in columns of whole numbers",
		"read them as such where nothing is lost"},
	canon.Times:      {"dates and times that are none", ""},
	canon.TooLong:    {"values over the length of a key or column, or over the server's packet", ""},
	canon.JSONLimits: {"JSON nested deeper, or with greater numbers, than the target takes", ""},
	canon.Nulls:      {"no value where there must be one", "put the column's default in"},
	canon.Orphans: {"rows that refer to one that is not there",
		"take the reference out where the column may be empty"},
	canon.Duplicates: {"rows with a key that another row has, in another case of letters too",
		"put the row's id into it"},
	canon.Unknown: {"tables and columns that the target does not have", ""},
}
