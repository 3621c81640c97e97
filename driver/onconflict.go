package driver

// OnConflict writes an upsert for an engine that has ON CONFLICT.
func OnConflict(b *Builder, u Upsert) {
	b.SQL(" ON CONFLICT (")
	if u.Parts != nil {
		b.List(len(u.Parts), func(i int) { b.Expr(u.Parts[i]) })
	} else {
		b.List(len(u.Target), func(i int) { b.Ident(u.Target[i]) })
	}
	b.SQL(")")
	if u.Partial != nil {
		b.SQL(" WHERE ").Expr(u.Partial)
	}
	if len(u.Update)+len(u.Set) == 0 {
		b.SQL(" DO NOTHING")
		return
	}
	b.SQL(" DO UPDATE SET ")
	b.List(len(u.Update)+len(u.Set), func(i int) {
		if i < len(u.Update) {
			b.Ident(u.Update[i]).SQL(" = ")
			OnConflictExcluded(b, u.Update[i])
			return
		}
		a := u.Set[i-len(u.Update)]
		b.Ident(a.Column).SQL(" = ").Expr(a.Value)
	})
	if u.Where != nil {
		b.SQL(" WHERE ").Expr(u.Where)
	}
}

// OnConflictExcluded writes the value that the row being inserted has for a
// column, in what [OnConflict] writes.
func OnConflictExcluded(b *Builder, column string) { b.SQL("excluded.").Ident(column) }
