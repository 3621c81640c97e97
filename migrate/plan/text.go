package plan

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate/history"
)

// WriteText prints the plan for people.
func (p *Plan) WriteText(w io.Writer) error {
	var b strings.Builder
	if len(p.Steps) == 0 && len(p.Warnings) == 0 {
		b.WriteString("nothing to do\n")
	}
	for _, f := range p.Foreseen {
		writeFinding(&b, f)
	}
	if len(p.Foreseen) > 0 && len(p.Steps) > 0 {
		b.WriteByte('\n')
	}
	for i, s := range p.Steps {
		if i > 0 {
			b.WriteByte('\n')
		}
		s.text(&b)
	}
	for _, t := range p.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", t)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Brief says what of the plan people should know before it runs, one sentence
// each, without values: what revisions will find in the data, what they
// destroy, what cannot be undone, and what others wait for. It is for logs;
// nil when there is nothing of the kind.
func (p *Plan) Brief() []string {
	out := slices.Clone(p.Warnings)
	for _, f := range p.Foreseen {
		out = append(out, "revision "+f.Revision+": "+f.Text)
	}
	for _, l := range p.Lossy() {
		id, what, _ := strings.Cut(l, ": ")
		out = append(out, "revision "+id+" destroys "+what)
	}
	var final []string
	long := map[string][]string{}
	for _, s := range p.Steps {
		if s.Why != "" {
			final = append(final, s.Revision)
		}
		if slices.Index(lockOrder, driver.Lock(s.Lock)) >= slices.Index(lockOrder, driver.AllWait) {
			long[s.Lock] = append(long[s.Lock], s.Revision)
		}
	}
	if len(final) > 0 {
		out = append(out, "cannot be undone: "+revisionList(final))
	}
	for _, l := range lockOrder {
		if ids := long[string(l)]; len(ids) > 0 {
			out = append(out, string(l)+": "+revisionList(ids))
		}
	}
	return out
}

// revisionList names revisions, the first few of many.
func revisionList(ids []string) string {
	const most = 3
	if len(ids) == 1 {
		return "revision " + ids[0]
	}
	s := fmt.Sprintf("%d revisions, %s", len(ids), strings.Join(ids[:min(len(ids), most)], ", "))
	if len(ids) > most {
		s += " and so on"
	}
	return s
}

func writeFinding(b *strings.Builder, f history.PreflightFinding) {
	word := "note"
	if f.Stops {
		word = "stop"
	}
	fmt.Fprintf(b, "%s: revision %s: %s\n", word, f.Revision, f.Text)
	for _, d := range f.Details {
		fmt.Fprintf(b, "  %s\n", d)
	}
}

func (s PlannedStep) text(b *strings.Builder) {
	b.WriteString(s.title)
	b.WriteByte('\n')
	facts := []string{"step by step, with a journal"}
	if s.Transactional {
		facts[0] = "one transaction"
	}
	if s.Reversible {
		facts = append(facts, "can be undone")
	} else {
		fact := "cannot be undone"
		if s.Why != "" {
			fact += ": " + s.Why
		}
		facts = append(facts, fact)
	}
	if s.Lock != "" {
		facts = append(facts, s.Lock)
	}
	fmt.Fprintf(b, "  %s\n", strings.Join(facts, "; "))
	for _, l := range s.Loss {
		fmt.Fprintf(b, "  destroys %s\n", l)
	}
	if s.Note != "" {
		fmt.Fprintf(b, "  %s\n", s.Note)
	}
	for _, o := range s.Operations {
		fmt.Fprintf(b, "  %s\n", o.Operation)
		if o.Note != "" {
			fmt.Fprintf(b, "    (%s)\n", o.Note)
		}
		for _, st := range o.Statements {
			fmt.Fprintf(b, "    %s;\n", strings.ReplaceAll(st.SQL, "\n", "\n    "))
		}
	}
}
