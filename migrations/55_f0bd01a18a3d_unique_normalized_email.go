package migrations

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// An e-mail belongs to one user, in whatever case it is written.
func rev55(same SameEmail) migrate.Revision {
	return migrate.Revision{
		ID: SameEmailRevision, Down: []string{"959eaac8f909"}, Doc: "an e-mail belongs to one user", Path: "55_f0bd01a18a3d_unique_normalized_email.go",
		Preflight: func(ctx context.Context, p *migrate.Preflight) error { return sameEmails(ctx, p, same) },
		Upgrade: func(ops *op.Ops) {
			keepAside(ops)
			ops.Data("e-mails that differ only in case", func(ctx context.Context, d *op.Data) error { return parted(ctx, d, same) })
			ops.CreateIndex("user", &schema.Index{
				Name: "uq_user_email_lower", Unique: true, Parts: []schema.IndexPart{{Expr: "lower({email})"}}, Where: "{email} IS NOT NULL",
			}, op.IfNotExists)
		},
		Downgrade: func(ops *op.Ops) {
			keepAside(ops)
			ops.DropIndex("user", "uq_user_email_lower", op.IfExists)
			ops.Data("e-mails as they were", emailsAsTheyWere)
		},
	}
}

// Conflict is an e-mail that several users have, written in different ways.
type Conflict struct {
	Email string // in lower case
	Users []ConflictUser
}

// ConflictUser is one of the users, the one who was active last first.
type ConflictUser struct {
	ID, Email  string
	LastActive int64 // seconds since 1970; 0 when that is not known
}

// Conflicts lists the e-mails that revision f0bd01a18a3d will find with more
// than one user, in order; nil when there are none, or no table of users.
func Conflicts(ctx context.Context, q engine.Queryer) ([]Conflict, error) {
	rows, err := op.Get(ctx, q, "SELECT lower({email}) AS {e} FROM {user} WHERE {email} IS NOT NULL GROUP BY lower({email}) HAVING count(*) > 1 ORDER BY lower({email})")
	if err != nil {
		return nil, err
	}
	var out []Conflict
	for _, r := range rows {
		c := Conflict{Email: r.Text("e")}
		users, err := op.Get(ctx, q, "SELECT {id}, {email}, {last_active_at} FROM {user} WHERE lower({email}) = ? ORDER BY coalesce({last_active_at}, 0) DESC, coalesce({created_at}, 0) DESC, {id}", c.Email)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			c.Users = append(c.Users, ConflictUser{u.Text("id"), u.Text("email"), u.Int("last_active_at")})
		}
		out = append(out, c)
	}
	return out, nil
}

// parted makes every e-mail belong to one user.
func parted(ctx context.Context, d *op.Data, same SameEmail) error {
	conflicts, err := Conflicts(ctx, d)
	if err != nil || len(conflicts) == 0 {
		return err
	}
	if !same.decided() {
		return dberr.New(dberr.AlreadyExists, "e-mails that differ only in case", undecided(conflicts))
	}
	for _, conflict := range conflicts {
		for _, u := range conflict.Users[1:] {
			if err := part(ctx, d, u, same); err != nil {
				return err
			}
		}
		d.Notice(fmt.Sprintf("%d users had one e-mail; user %s keeps it, and larder_kept has what the others had", len(conflict.Users), conflict.Users[0].ID))
	}
	return nil
}

// sameEmails foresees what parted will find.
func sameEmails(ctx context.Context, p *migrate.Preflight, same SameEmail) error {
	user := p.Table("user")
	for _, c := range []string{"id", "email", "last_active_at", "created_at"} {
		if user == nil || user.Column(c) == nil {
			return nil // an empty database, or one that revision 1 does not take
		}
	}
	conflicts, err := Conflicts(ctx, p)
	if err != nil || len(conflicts) == 0 {
		return err
	}
	var details []string
	for _, c := range conflicts {
		for i, u := range c.Users {
			details = append(details, u.fate(i == 0, same))
		}
	}
	if same.decided() {
		p.Note(decided(conflicts, same), details...)
	} else {
		p.Stop(dberr.AlreadyExists, undecided(conflicts), details...)
	}
	return nil
}

// fate says what becomes of a user, with the e-mail.
func (u ConflictUser) fate(first bool, same SameEmail) string {
	active := "never active"
	if u.LastActive > 0 {
		active = "last active " + time.Unix(u.LastActive, 0).UTC().Format(time.RFC3339)
	}
	who := fmt.Sprintf("user %s (%s, %s)", u.ID, u.Email, active)
	switch {
	case first && same.decided():
		return who + " keeps the e-mail"
	case first:
		return who + " would keep the e-mail with " + string(KeepNewestEmail) + " and " + string(RenameSameEmail)
	case same == KeepNewestEmail:
		return who + " loses it"
	case same == RenameSameEmail:
		return who + " gets " + u.renamed()
	}
	return who + " would lose it with " + string(KeepNewestEmail) + ", and get " + u.renamed() + " with " + string(RenameSameEmail)
}

// undecided names the users, by their ids, and the ways out.
func undecided(conflicts []Conflict) string {
	return fmt.Sprintf("users have e-mails that differ only in the case of letters (ids %s), which is not allowed from here on; "+
		"choose what becomes of them with --same-email %s or --same-email %s (a plan shows both), or change the e-mails, and upgrade again",
		idsOf(conflicts), KeepNewestEmail, RenameSameEmail)
}

// decided says what is going to be done with users, by their ids.
func decided(conflicts []Conflict, same SameEmail) string {
	what := "lose it and cannot sign in with a password until they are given another one"
	if same == RenameSameEmail {
		what = "get another one"
	}
	return fmt.Sprintf("users have e-mails that differ only in the case of letters (ids %s): the first of each keeps the e-mail, the others %s (%s)", idsOf(conflicts), what, same)
}

// idsOf lists the users of each conflict, the one who was active last first.
func idsOf(conflicts []Conflict) string {
	const most = 5
	var list []string
	for _, c := range conflicts[:min(len(conflicts), most)] {
		var ids []string
		for _, u := range c.Users {
			ids = append(ids, u.ID)
		}
		list = append(list, strings.Join(ids, " and "))
	}
	more := ""
	if n := len(conflicts) - most; n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	return strings.Join(list, "; ") + more
}

// renamed is the e-mail that RenameSameEmail gives.
func (u ConflictUser) renamed() string {
	name, domain := u.Email, ""
	if i := strings.LastIndexByte(u.Email, '@'); i >= 0 {
		name, domain = u.Email[:i], u.Email[i:]
	}
	return strings.ToLower(name + "+" + u.ID + domain)
}

// part takes the e-mail from a user, or gives them another one.
func part(ctx context.Context, d *op.Data, u ConflictUser, same SameEmail) error {
	auth, err := op.Get(ctx, d, "SELECT {email} FROM {auth} WHERE {id} = ?", u.ID)
	if err != nil {
		return err
	}
	to := any(nil)
	was := members("email", quote(u.Email))
	if same == RenameSameEmail {
		to = u.renamed()
		was.Set("to", quote(u.renamed()))
	}
	if len(auth) > 0 {
		was.Set("auth", textOrNull(auth[0], "email"))
		if _, err := op.Run(ctx, d, "UPDATE {auth} SET {email} = ? WHERE {id} = ?", to, u.ID); err != nil {
			return err
		}
	}
	if err := keep(ctx, d, kept{SameEmailRevision, "user.email", u.ID, "another user has the e-mail in another case", written(was)}); err != nil {
		return err
	}
	_, err = op.Run(ctx, d, "UPDATE {user} SET {email} = ? WHERE {id} = ?", to, u.ID)
	return err
}

// emailsAsTheyWere gives back what was taken, to those who have not got
// another e-mail since.
func emailsAsTheyWere(ctx context.Context, d *op.Data) error {
	err := eachKept(ctx, d, SameEmailRevision, "user.email", func(ctx context.Context, c *op.Chunk, k kept) error {
		o, _ := readObject(k.value)
		still, args := "{email} IS NULL", []any{}
		if to, ok := readString(o.Get("to")); ok {
			still, args = "{email} = ?", []any{to}
		}
		email, _ := readString(o.Get("email"))
		if _, err := op.Run(ctx, c, "UPDATE {user} SET {email} = ? WHERE {id} = ? AND "+still, append([]any{email, k.key}, args...)...); err != nil {
			return err
		}
		if auth, ok := readString(o.Get("auth")); ok {
			_, err := op.Run(ctx, c, "UPDATE {auth} SET {email} = ? WHERE {id} = ? AND "+still, append([]any{auth, k.key}, args...)...)
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	return forgetAll(ctx, d, SameEmailRevision, "user.email")
}
