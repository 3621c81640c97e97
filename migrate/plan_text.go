package migrate

import (
	"fmt"
	"io"
	"strings"
)

// WriteText prints the plan for people.
func (p *Plan) WriteText(w io.Writer) error {
	var b strings.Builder
	if len(p.Steps) == 0 && len(p.Warnings) == 0 {
		b.WriteString("nothing to do\n")
	}
	for _, f := range p.Foreseen {
		f.text(&b)
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

func (f Foreseen) text(b *strings.Builder) {
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
