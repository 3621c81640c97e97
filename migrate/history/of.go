package history

import "reflect"

// Of returns the revisions that the methods of set give; see migrate.Revisions.
func Of(set any) []Revision {
	v := reflect.ValueOf(set)
	if !v.IsValid() {
		return nil
	}
	if v.Kind() != reflect.Pointer { // a pointer has the methods of both
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		v = p
	}
	var out []Revision
	for i := range v.NumMethod() {
		if give, ok := v.Method(i).Interface().(func() Revision); ok {
			out = append(out, give())
		}
	}
	return out
}
