package store

import (
	"context"
	"crypto/subtle"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// Session is what a token says of a sign-in.
type Session struct {
	UserID   string
	Stamp    string // as it was when the session began
	Method   string // how: "password", "oauth", "trusted_header"; empty in a token that an admin got for a user
	Verified bool   // with a second factor, which Open WebUI checks
	Token    string // what [Auths.EndSession] knows it by
}

// sessionRow is who has a session, and with which second factor.
type sessionRow struct {
	identityRow
	factorsRow
	MFA jsonvalue.JSON `db:"mfa"`
}

// factorsRow is the setting that wants second factors, beside another row.
type factorsRow struct {
	Key   *string        `db:"key"` // nil while nothing is stored
	Value jsonvalue.JSON `db:"value"`
}

// on reports whether second factors are wanted, by what is stored or by default.
func (r *factorsRow) on(b *base) bool {
	if r.Key == nil || b.unstored {
		return SettingFlag(keyFactors, b.defaults[keyFactors])
	}
	return SettingFlag(keyFactors, r.Value)
}

// withFactors is selectIdentity that fills a factorsRow, too.
func withFactors(name string, more ...query.Selectable) query.SelectStmt {
	t := tables.Config
	return selectIdentity(name, append(more, t.Key, t.Value)...).LeftJoin(t.Table, t.Key.Eq(keyFactors))
}

// sessionOf is sent ahead of every request: with the tokens that were signed out,
// or without, where there is no table of them.
var sessionOf = variants[bool, sessionRow]{build: func(signedOut bool) query.SelectStmt {
	t := own.EndedSession
	return withFactors("auths.Session", tables.Auth.MFA).Where(tables.User.ID.EqTo(query.Param[string]("user")), mayAct(),
		when(signedOut, query.Not(query.Exists(query.Select(t.Token).From(t.Table).
			Where(t.Token.EqTo(query.Param[string]("token")))))))
}}

// Session returns whose session this is, in one statement where second factors
// are off. Errors: dberr.ErrNotFound for a session that is over and for a user
// who is switched off or not there; ErrSecondFactor where the settings want a
// second factor and the session began without one, or the user's is gone or to
// be set anew.
func (a *Auths) Session(ctx context.Context, s Session) (*Identity, error) {
	var r sessionRow
	err := a.ended.with(func(there bool) (err error) {
		values := []any{s.UserID}
		if there {
			values = append(values, s.Token)
		}
		r, err = sessionOf.of(there).One(ctx, a.q, values...)
		return err
	})
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(s.Stamp), []byte(orZero(r.SessionStamp))) != 1 {
		return nil, missing("auths.Session", "session")
	}
	if r.on(&a.base) && !(s.Verified && hasFactor(r.MFA)) {
		if err := a.passedBy(ctx, s.Method); err != nil {
			return nil, err
		}
	}
	return r.identity(), nil
}

// passedBy is nil where the settings want no second factor of those who signed
// in by a method, else ErrSecondFactor.
func (a *Auths) passedBy(ctx context.Context, method string) error {
	key, ok := map[string]string{"oauth": keyFactorsOAuth, "trusted_header": keyFactorsHeader}[method]
	if !ok {
		return ErrSecondFactor
	}
	set, err := (&Config{a.base}).Values(ctx, key)
	if err == nil && !SettingFlag(key, set[key]) {
		err = ErrSecondFactor
	}
	return err
}

// hasFactor reports whether a second factor is set that need not be set anew.
func hasFactor(stored jsonvalue.JSON) bool {
	var secret string
	decode(stored.Member("secret"), &secret)
	reset := stored.Member("reset_required")
	return secret != "" && (reset.IsNull() || !Flag(reset, true))
}

// Factors reports whether w has a second factor, whether w needs one, and how
// many codes are left for when it is lost. Errors: ErrNoSession.
func (a *Auths) Factors(ctx context.Context, w Who) (has, needed bool, codes int, err error) {
	if w.ByKey {
		return false, false, 0, ErrNoSession
	}
	t := tables.Auth
	stored, err := query.One[jsonvalue.JSON](ctx, a.q,
		query.Select(t.MFA).From(t.Table).Named("auths.Factors").Where(t.ID.Eq(w.ID)))
	if err != nil {
		return false, false, 0, err
	}
	set, err := (&Config{a.base}).Settings(ctx)
	if err != nil {
		return false, false, 0, err
	}
	return hasFactor(stored), set.EnableMFA, len(stored.Member("recovery_hashes").Elements()), nil
}
