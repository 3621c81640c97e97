package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/store"
)

func (s *Server) connectionRoutes() []route {
	const external = knowledgePath + "external/"
	return resource(refusals{
		{store.ErrConnectionUsed, http.StatusBadRequest, "External connection is still used by knowledge bases."},
		{store.ErrNoVectors, http.StatusNotImplemented, msgNoVectors},
	},
		endpoint("GET", external+"connections", "Vector stores elsewhere", admin, s.listConnections),
		endpoint("POST", external+"connections", "Add a vector store elsewhere", admin, s.createConnection),
		endpoint("GET", external+"connections/{id}", "A vector store elsewhere", admin, s.getConnection),
		endpoint("PATCH", external+"connections/{id}", "Change a vector store elsewhere", admin, s.updateConnection),
		endpoint("DELETE", external+"connections/{id}", "Remove a vector store elsewhere", admin, s.deleteConnection),
		endpoint("POST", external+"connections/{id}/test", "Whether a vector store elsewhere is switched on; it is not asked", admin, s.checkConnection),
		endpoint("POST", external+"connections/{id}/retrieve-test", "Search elsewhere; this server does not", admin, s.tryConnection),
		endpoint("POST", external+"source/test", "Search elsewhere; this server does not", admin, s.trySource),
		endpoint("POST", external+"knowledge/create", "Make a knowledge base whose files are elsewhere", admin, s.createElsewhere),
		endpoint("POST", external+"source/create", "Make one after a search elsewhere; this server does not search", admin, s.createSource),
		endpoint("PATCH", external+"source/{id}", "Change one after a search elsewhere; this server does not search", admin, s.updateSource),
	)
}

type connectionForm struct {
	Name         string          `json:"name"`
	Provider     string          `json:"provider" about:"qdrant, milvus or pgvector"`
	Endpoint     string          `json:"endpoint"`
	Auth         *jsonvalue.JSON `json:"auth_config"`
	Config       *jsonvalue.JSON `json:"config"`
	Capabilities *jsonvalue.JSON `json:"capabilities"`
	Enabled      bool            `json:"enabled" default:"true"`
}

func (f *connectionForm) connection() store.NewConnection {
	return store.NewConnection{Name: f.Name, Provider: f.Provider, Endpoint: f.Endpoint, Auth: f.Auth, Config: orZero(f.Config),
		Capabilities: orZero(f.Capabilities), Enabled: f.Enabled}
}

// answerConnection is an object as it is stored.
func answerConnection(c jsonvalue.JSON, err error) (verbatim, error) {
	var fault *store.ConnectionFault
	if errors.As(err, &fault) {
		return "", fail(http.StatusBadRequest, fault.Error())
	}
	return readable(c), err
}

func (s *Server) listConnections(ctx context.Context, r *request, _ none) (*found[verbatim], error) {
	all, err := s.store.Knowledge.Connections(ctx, r.who())
	return answerFound(all, int64(len(all)), err, readable)
}

func (s *Server) createConnection(ctx context.Context, r *request, f connectionForm) (verbatim, error) {
	return answerConnection(s.store.Knowledge.CreateConnection(ctx, r.who(), f.connection()))
}

func (s *Server) getConnection(ctx context.Context, r *request, f byID) (verbatim, error) {
	return answerConnection(s.store.Knowledge.Connection(ctx, r.who(), f.ID))
}

type connectionUpdateForm struct {
	byID
	connectionForm
}

func (s *Server) updateConnection(ctx context.Context, r *request, f connectionUpdateForm) (verbatim, error) {
	return answerConnection(s.store.Knowledge.UpdateConnection(ctx, r.who(), f.ID, f.connection()))
}

func (s *Server) deleteConnection(ctx context.Context, r *request, f byID) (bool, error) {
	return true, s.store.Knowledge.DeleteConnection(ctx, r.who(), f.ID)
}

func (s *Server) checkConnection(ctx context.Context, r *request, f byID) (verbatim, error) {
	return answerConnection(s.store.Knowledge.CheckConnection(ctx, r.who(), f.ID))
}

type sourceForm struct {
	Type   string          `json:"type" default:"collection"`
	Name   string          `json:"name"`
	Config *jsonvalue.JSON `json:"config"`
}

type retrieveForm struct {
	byID
	Query  string      `json:"query"`
	Source *sourceForm `json:"source"`
	Count  int         `json:"count" default:"5"`
}

func (s *Server) tryConnection(ctx context.Context, r *request, f retrieveForm) (bool, error) {
	return false, s.store.Knowledge.Retrieve(ctx, r.who(), f.ID)
}

type sourceTestForm struct {
	ID         *string        `json:"connection_id"`
	Connection connectionForm `json:"connection"`
	Source     sourceForm     `json:"source"`
	Query      string         `json:"query"`
	Count      int            `json:"count" default:"5"`
}

func (s *Server) trySource(ctx context.Context, r *request, f sourceTestForm) (bool, error) {
	return false, s.store.Knowledge.Retrieve(ctx, r.who(), orZero(f.ID))
}

type elsewhereForm struct {
	Name        string     `json:"name"`
	Description string     `json:"description" default:""`
	Connection  string     `json:"connection_id"`
	Source      sourceForm `json:"source"`
	Grants      grantList  `json:"access_grants,omitempty"`
}

func (s *Server) createElsewhere(ctx context.Context, r *request, f elsewhereForm) (*knowledgeMade, error) {
	source := store.ElsewhereSource{Type: f.Source.Type, Name: f.Source.Name, Config: orZero(f.Source.Config)}
	k, err := s.store.Knowledge.CreateElsewhere(ctx, r.who(), f.Name, f.Description, f.Connection, source, f.Grants)
	var fault *store.ConnectionFault
	if errors.As(err, &fault) {
		return nil, fail(http.StatusBadRequest, fault.Error())
	}
	return answerMade(k, err)
}

type sourceCreateForm struct {
	Name        string         `json:"name"`
	Description string         `json:"description" default:""`
	Connection  connectionForm `json:"connection"`
	Source      sourceForm     `json:"source"`
	Grants      grantList      `json:"access_grants,omitempty"`
	Query       string         `json:"test_query"`
	Count       int            `json:"test_count" default:"5"`
}

func (s *Server) createSource(ctx context.Context, r *request, _ sourceCreateForm) (*knowledgeMade, error) {
	return nil, s.store.Knowledge.Retrieve(ctx, r.who(), "")
}

type sourceUpdateForm struct {
	byID
	sourceCreateForm
}

func (s *Server) updateSource(ctx context.Context, r *request, f sourceUpdateForm) (*knowledgeMade, error) {
	return nil, s.store.Knowledge.UpdateElsewhere(ctx, r.who(), f.ID)
}
