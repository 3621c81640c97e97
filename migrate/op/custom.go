package op

// Custom is an operation that a program makes of those of this package: what
// several revisions do alike, or something that the package has no word for.
//
//	type CreateView struct{ Name, Query string }
//
//	func (v CreateView) String() string { return "create view " + v.Name }
//	func (v CreateView) Record(ops *op.Ops) {
//		ops.Execute("CREATE VIEW {" + v.Name + "} AS " + v.Query).ChangesSchema().Reverse("DROP VIEW {" + v.Name + "}")
//	}
//
// It is recorded with [Ops.Use], and from then on it is what it recorded:
// planned, written as a script, journaled, and undone like any other. A type
// that a revision uses is as frozen as the revision.
type Custom interface {
	// String is one line for people.
	String() string
	// Record records what the operation does. Like an Upgrade function it
	// touches no database and records the same each time.
	Record(ops *Ops)
}

// Undoer is a [Custom] that says itself what undoes it. Without it the way back
// is worked out from what was recorded.
type Undoer interface {
	Custom
	// Undo records the way back.
	Undo(ops *Ops)
}

// Composite is a recorded [Custom].
type Composite struct {
	Name string
	Ops  []Op

	back []Op // what undoes it, when own is set
	own  bool
}

// Use records an operation of the program's own.
func (r *Ops) Use(c Custom) {
	o := Composite{Name: c.String(), Ops: r.inner(c.Record)}
	if u, ok := c.(Undoer); ok {
		o.back, o.own = r.inner(u.Undo), true
	}
	if r.table != "" {
		// A batch is one change of one table, whoever recorded its parts.
		r.Do(o.Ops...)
		return
	}
	r.Do(o)
}

// inner runs a function that records a part.
func (r *Ops) inner(f func(ops *Ops)) []Op {
	in := &Ops{table: r.table, names: r.names}
	f(in)
	if in.err != nil && r.err == nil {
		r.err = in.err
	}
	return in.list
}

// On is empty: it may be about several tables.
func (o Composite) On() string { return "" }

func (o Composite) String() string { return o.Name }

func (o Composite) apply(s *State) error { return s.Apply(o.Ops...) }

func (o Composite) reverse(s *State) (Op, error) {
	back := Composite{Name: "undo " + o.Name, Ops: o.back, back: o.Ops, own: true}
	if !o.own {
		var err error
		if back.Ops, err = Reverse(s, o.Ops); err != nil {
			return nil, err
		}
	}
	if len(back.Ops) == 0 {
		return nil, nil
	}
	return back, nil
}

func (o Composite) loss(s *State) []string {
	l, _ := Loss(s, o.Ops)
	return l
}

// flat puts what composites recorded in their places.
func flat(ops []Op) []Op {
	var out []Op
	for _, o := range ops {
		if c, ok := o.(Composite); ok {
			out = append(out, flat(c.Ops)...)
			continue
		}
		out = append(out, o)
	}
	return out
}
