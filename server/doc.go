// Package server serves the stored entities over HTTP, on Open WebUI's paths,
// with its status codes and bodies. It is for programs that talk to Open
// WebUI's REST API, and for operators who want to know whether the database
// behind it is in order.
//
//	srv, err := server.New(server.Options{Store: st, Probe: probe, Secret: secret})
//	if err != nil { ... }
//	err = srv.Serve(ctx, listener) // until ctx is done and requests have ended
//
// It can be there before the database is: while the probe says that the
// database is being migrated, /health answers, /ready says how far it is, and
// requests for data wait. [Server.Attach] brings the store.
//
// A resource is a file: its routes, its forms and answers as types, and a
// function per route that takes the one and returns the other:
//
//	endpoint("GET", notes+"{id}", "A note", member, s.getNote)
//
//	func (s *Server) getNote(ctx context.Context, r *request, f byID) (*noteDetail, error) {
//		return answerNote(s.store.Notes.Get(ctx, r.who(), f.ID))
//	}
//
// The decoder, its complaints, the answer and GET /openapi.json are made of the
// two types; nothing is declared twice. The store decides who may do what; how
// its refusals are told is data beside the routes.
//
// Where Larder answers differently from Open WebUI 0.12.4, on purpose:
//
//   - A document that says where its chat stands is not looked through when its
//     owner opens it: a message that is not among its parent's children stays so.
//   - An unknown path below /api/ is a 404 in JSON, not the web client's page.
//   - A failure is a 500 in JSON without internals, not a page of text.
//   - Requests that only read change no row: chat.last_read_at stays as it is,
//     and user.last_active_at is written apart from them.
//   - GET /api/config says that there are no web sockets.
//   - GET /api/v1/chats/search with an empty text lists chats instead of failing.
//   - A fork has the messages of the chat as they stand in its document.
//   - A word such as chats/pinned is a 405 with another method, not a chat.
//   - A user with a second factor cannot sign in with the password alone while
//     second factors are on; Larder does not check them yet and says so.
//
// The package is large because it has a file for each resource, of routes, forms
// and answers that no other resource sees; what they share is endpoint.go, form.go,
// values.go and answer.go.
//
// What it will not do: see an engine, write SQL, or serve a web client.
package server
