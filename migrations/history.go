package migrations

import (
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate"
)

// Head is the last revision.
const Head = "0bd252b206fb"

// SameEmailRevision is the revision that [SameEmail] is about.
const SameEmailRevision = "f0bd01a18a3d"

// SameEmail says what revision [SameEmailRevision] does about users whose e-mails
// differ in nothing but the case of letters: from there on only one of them
// can have the address. [Conflicts] lists them ahead of time.
type SameEmail string

// The ways. With each of them the database stays usable.
const (
	// StopOnSameEmail changes nothing and names the users.
	StopOnSameEmail SameEmail = "stop"
	// KeepNewestEmail leaves the address to the user who was active last. The
	// others lose theirs, and so cannot sign in with a password until an
	// administrator gives them one; all that they own stays.
	KeepNewestEmail SameEmail = "keep-newest"
	// RenameSameEmail leaves the address to the user who was active last. The
	// others get "name+<their id>@domain", with which they sign in as before.
	RenameSameEmail SameEmail = "rename"
)

// ParseSameEmail reads a way, as people write it. An empty one is
// [StopOnSameEmail]; others are dberr.Invalid.
func ParseSameEmail(s string) (SameEmail, error) {
	switch same := SameEmail(s); same {
	case "":
		return StopOnSameEmail, nil
	case StopOnSameEmail, KeepNewestEmail, RenameSameEmail:
		return same, nil
	}
	return "", dberr.New(dberr.Invalid, "", "what becomes of users with one e-mail is "+string(StopOnSameEmail)+", "+string(KeepNewestEmail)+" or "+string(RenameSameEmail))
}

// decided reports whether somebody has chosen.
func (s SameEmail) decided() bool { return s == KeepNewestEmail || s == RenameSameEmail }

// Options are what somebody has to decide.
type Options struct {
	SameEmail SameEmail // empty is StopOnSameEmail
}

// All returns the revisions in order, from the first to [Head], with the
// default [Options].
func All() []migrate.Revision { return History(Options{}) }

// History returns the revisions in order, from the first to [Head].
func History(o Options) []migrate.Revision {
	return slices.Clone([]migrate.Revision{
		adopting(rev01), rev02, rev03, rev04, rev05, rev06, rev07, rev08, rev09, rev10,
		rev11, rev12, rev13, rev14, rev15, rev16, rev17, rev18, rev19, rev20,
		rev21, rev22, rev23, rev24, rev25, rev26, rev27, rev28, rev29, rev30,
		rev31, rev32, rev33, rev34, rev35, rev36, rev37, rev38, rev39, rev40,
		rev41, rev42, rev43, rev44, rev45, rev46, rev47, rev48, rev49, rev50,
		rev51, rev52, rev53, rev54, rev55(o.SameEmail), rev56, rev57, rev58, rev59, rev60,
		rev61, rev62, rev63, rev64, rev65, rev66,
	})
}

// The most characters that values of a key have on engines that limit keys.
const (
	idKey      = 191 // ids of users, chats, folders, files and the like
	messageKey = 384 // "<chat id>-<message id>"
	modelKey   = 255 // ids that people choose
	nameKey    = 255 // names and addresses that are unique
	tagKey     = 512 // a tag's id is its name
	configKey  = 512 // dotted keys
	wordKey    = 64  // words of a fixed list
)
