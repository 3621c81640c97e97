package server

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/store"
)

// route is one line of the API. The router and the API's description are made
// from the same lines.
type route struct {
	method, path string
	summary      string
	auth         level
	data         bool // needs the database to be at this program's revision
	form         *formType
	answer       reflect.Type
	bounded      bool // no document is read for its answer: no row of that is large
	refuses      refusals
	reserved     bool   // its last segment is a word, never an id, whatever the method
	looks        bool   // it changes nothing, whatever its method
	makes        bool   // it changes something, although it is a GET
	streams      bool   // bytes pass through that are not kept in memory, for as long as that takes
	upload       bool   // its body is a form with a file
	terse        bool   // whoever prefers a minimal answer gets none
	quiet        string // in place of what is wrong with a form that holds a password
	serve        func(r *request) error
}

// request is a request as an endpoint sees it.
type request struct {
	caller
	http    *http.Request
	w       http.ResponseWriter
	timeout time.Duration
	nothing bool // the answer is 204
}

// minimal reports whether the client of a terse route needs no answer, and sees to
// it that none is sent; see RFC 7240.
func (r *request) minimal() bool {
	r.nothing = prefersMinimal(r.http)
	return r.nothing
}

func prefersMinimal(r *http.Request) bool {
	for _, line := range r.Header.Values("Prefer") {
		for p := range strings.SplitSeq(line, ",") {
			p, _, _ = strings.Cut(p, ";")
			name, value, _ := strings.Cut(p, "=")
			if strings.EqualFold(strings.TrimSpace(name), "return") {
				return strings.EqualFold(strings.Trim(strings.TrimSpace(value), `"`), "minimal") // the first one counts
			}
		}
	}
	return false
}

func (r *request) who() store.Who {
	w := r.caller.Identity.Who()
	w.ByKey = r.byKey()
	return w
}

// none is the form of an endpoint that takes nothing.
type none struct{}

// endpoint is a route whose form and answer are the types of its function: the
// decoder, what is answered, and /openapi.json are made of the same two.
func endpoint[F, A any](method, path, summary string, who level,
	f func(context.Context, *request, F) (A, error)) route {
	return routeOf(method, path, summary, who, false, f)
}

// streaming is an endpoint through which bytes pass: its body, or its answer, is
// not kept in memory and may take as long as it comes at a bearable pace. What
// the function does in the database it does in the time of a request.
func streaming[F, A any](method, path, summary string, who level,
	f func(context.Context, *request, F) (A, error)) route {
	return routeOf(method, path, summary, who, true, f)
}

func routeOf[F, A any](method, path, summary string, who level, streams bool,
	f func(context.Context, *request, F) (A, error)) route {
	form, send := formTypeOf(reflect.TypeFor[F]()), senderOf(reflect.TypeFor[A]())
	serve := func(r *request) error {
		var in F
		if err := form.read(r.http, reflect.ValueOf(&in).Elem()); err != nil {
			return err
		}
		ctx := r.http.Context()
		if !streams {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, r.timeout)
			defer cancel()
		}
		out, err := f(ctx, r, in)
		if err != nil {
			return err
		}
		if r.nothing {
			r.w.Header().Set("Preference-Applied", "return=minimal")
			r.w.WriteHeader(http.StatusNoContent)
			return nil
		}
		return send(r, out)
	}
	return route{method: method, path: path, summary: summary, auth: who, data: true, streams: streams, form: form,
		answer: reflect.TypeFor[A](), serve: serve,
		bounded: (method == http.MethodGet || method == http.MethodDelete) && bounded(reflect.TypeFor[A](), nil)}
}

// withoutData is the route as one that answers whatever state the database is in.
func (rt route) withoutData() route {
	rt.data = false
	return rt
}

// word is the route with a last segment that is never taken for an id: another
// method is not allowed there, where otherwise a row with that id is looked for.
func (rt route) word() route {
	rt.reserved = true
	return rt
}

// looking is the route as one that changes nothing although its method says so.
func (rt route) looking() route {
	rt.looks = true
	return rt
}

// readingDocuments is the route as one that goes through documents for an answer
// that holds none.
func (rt route) readingDocuments() route {
	rt.bounded = false
	return rt
}

// orNothing is the route as one that answers nothing to whoever prefers that: its
// handler asks [request.minimal].
func (rt route) orNothing() route {
	rt.terse = true
	return rt
}

// making is the route as one that changes something although it is a GET.
func (rt route) making() route {
	rt.makes = true
	return rt
}

// changes reports whether the route may change the database.
func (rt *route) changes() bool { return rt.makes || rt.method != http.MethodGet && !rt.looks }

// refusing is the route with refusals of its own, before those that it has.
func (rt route) refusing(rs ...refusal) route {
	rt.refuses = append(refusals(rs), rt.refuses...)
	return rt
}

// secret is the route with a form that is not shown when something is wrong with it.
func (rt route) secret() route {
	rt.quiet = msgAuthRequest
	return rt
}

// resource is routes with the refusals that they share.
func resource(shared refusals, routes ...route) []route {
	for i := range routes {
		routes[i].refuses = append(routes[i].refuses, shared...)
	}
	return routes
}

// refusal is how clients are told of an error of the store: Open WebUI has its
// own status and sentence for the same thing in each of its resources.
type refusal struct {
	err    error
	status int
	detail string
}

type refusals []refusal

// standard are the refusals of resources that say nothing else.
var standard = refusals{
	{store.ErrNotPermitted, http.StatusUnauthorized, msgAccessProhibited},
	{store.ErrNoAccess, http.StatusForbidden, msgSomethingWrong},
	{store.ErrAudience, http.StatusForbidden, msgAudience},
	{dberr.ErrNotFound, http.StatusNotFound, msgNotFound},
}

// of is the answer to an error of the store.
func (rt *route) refusal(err error) error {
	var f *failure
	if errors.As(err, &f) {
		if rt.quiet != "" && f.status == http.StatusUnprocessableEntity {
			return fail(http.StatusUnprocessableEntity, rt.quiet)
		}
		return err
	}
	for _, rs := range []refusals{rt.refuses, standard} {
		for _, r := range rs {
			if errors.Is(err, r.err) {
				return &failure{status: r.status, detail: r.detail, err: err}
			}
		}
	}
	return err
}
