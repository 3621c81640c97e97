package query

import (
	"regexp"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// likeEscape stands in front of % and _ that mean themselves. It is not the
// backslash, which some engines treat specially in literals as well.
const likeEscape = '/'

// EscapeLike makes a text a LIKE pattern that matches only itself, with escape
// before %, _ and escape.
func EscapeLike(s string, escape rune) string {
	if !strings.ContainsAny(s, "%_"+string(escape)) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if r == '%' || r == '_' || r == escape {
			b.WriteRune(escape)
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (e Expr[T]) like(pattern string, escape rune) Cond {
	p := arg{ty: plainT, of: e.of, v: pattern}
	return Cond{n: driver.ExprFunc(func(b *driver.Builder) {
		if x, ok := matched(b, e.n, e.ty, e.of); ok {
			b.Dialect().Like(b, x, p, escape)
		}
	})}
}

// Like is a case-sensitive LIKE; % and _ are wildcards, and nothing escapes them.
func (e Expr[T]) Like(pattern string) Cond { return e.like(pattern, 0) }

// LikeEscape is Like with a character that makes the next one mean itself.
func (e Expr[T]) LikeEscape(pattern string, escape rune) Cond { return e.like(pattern, escape) }

// StartsWith holds when the text begins with s, in which nothing is a wildcard.
func (e Expr[T]) StartsWith(s string) Cond { return e.like(EscapeLike(s, likeEscape)+"%", likeEscape) }

// EndsWith holds when the text ends in s.
func (e Expr[T]) EndsWith(s string) Cond { return e.like("%"+EscapeLike(s, likeEscape), likeEscape) }

// Contains holds when s is somewhere in the text.
func (e Expr[T]) Contains(s string) Cond {
	return e.like("%"+EscapeLike(s, likeEscape)+"%", likeEscape)
}

func (e Expr[T]) fold(s string, at driver.Anchor) Cond {
	return Cond{n: driver.ExprFunc(func(b *driver.Builder) {
		// The text goes through Encode for what it must not hold.
		x, err := b.Dialect().Encode(plainT, s)
		if err != nil {
			b.Fail(named(err, e.of))
			return
		}
		if m, ok := matched(b, e.n, e.ty, e.of); ok {
			b.Dialect().MatchFold(b, m, x.(string), at)
		}
	})}
}

// ContainsFold is Contains without regard to case, in the sense of Unicode.
func (e Expr[T]) ContainsFold(s string) Cond { return e.fold(s, driver.Anywhere) }

// StartsWithFold is StartsWith without regard to case.
func (e Expr[T]) StartsWithFold(s string) Cond { return e.fold(s, driver.AtStart) }

// EndsWithFold is EndsWith without regard to case.
func (e Expr[T]) EndsWithFold(s string) Cond { return e.fold(s, driver.AtEnd) }

// EqFold is equality without regard to case.
func (e Expr[T]) EqFold(s string) Cond { return e.fold(s, driver.Whole) }

// Regexp holds when the regular expression matches somewhere in the text. Its
// syntax is what every engine has: POSIX extended, without back references.
func (e Expr[T]) Regexp(pattern string) Cond {
	return Cond{n: driver.ExprFunc(func(b *driver.Builder) {
		// What Go's package does not take, such as a back reference, some engine does not.
		if _, err := regexp.Compile(pattern); err != nil || strings.IndexByte(pattern, 0) >= 0 {
			b.Fail(dberr.New(dberr.Invalid, e.of,
				"the regular expression is not one that every engine understands; use POSIX extended syntax without back references"))
			return
		}
		if m, ok := matched(b, e.n, e.ty, e.of); ok {
			b.Dialect().Regexp(b, m, pattern)
		}
	})}
}

// Lower is e in lower case, in the sense of Unicode.
func Lower(e Operand[string]) Expr[string] {
	return Expr[string]{ty: plainT, n: driver.ExprFunc(func(b *driver.Builder) {
		if m, ok := matched(b, e, e.SQLType(), ""); ok {
			b.Dialect().Lower(b, m)
		}
	})}
}

// Length is the number of characters of e.
func Length(e Operand[string]) Expr[int64] {
	return Expr[int64]{ty: bigint, n: driver.ExprFunc(func(b *driver.Builder) {
		if m, ok := matched(b, e, e.SQLType(), ""); ok {
			b.Dialect().Length(b, m)
		}
	})}
}

// Concat is its texts one after another; NULL when one of them is NULL.
func Concat(parts ...Operand[string]) Expr[string] {
	return Expr[string]{ty: plainT, n: driver.ExprFunc(func(b *driver.Builder) {
		es := make([]driver.Expr, len(parts))
		for i, p := range parts {
			es[i] = p
			if k := p.SQLType().Kind; !isText(k) && k != schema.UUID && k != schema.Other && k != "" {
				es[i] = asText(p)
			}
		}
		b.Dialect().Concat(b, es)
	})}
}
