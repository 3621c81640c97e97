package store

import (
	"context"
	"slices"
	"strings"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Bases whose files are elsewhere are found through connections: a setting that
// lists them, and that only admins see, without its credentials. What is behind
// one is not asked here.

const keyConnections = "external_knowledge.connections"

// ConnectionFault is what is wrong with a connection, or with what is to be
// looked for behind one; a sentence for whoever has sent it.
type ConnectionFault struct{ sentence string }

// Error is the sentence.
func (f *ConnectionFault) Error() string { return f.sentence }

// ErrConnectionUsed is the refusal to delete a connection that bases need.
var ErrConnectionUsed = &Refusal{"knowledge bases use the connection; delete them first"}

// NewConnection says how a vector store elsewhere is reached.
type NewConnection struct {
	Name         string
	Provider     string // qdrant, milvus, pgvector
	Endpoint     string
	Auth         *jsonvalue.JSON // nil leaves what is there
	Config       jsonvalue.JSON  // timeout; for milvus db_name
	Capabilities jsonvalue.JSON
	Enabled      bool
}

// members are those of the connection as it is stored; was is what is there.
func (f *NewConnection) members(was jsonvalue.JSON) (jsonvalue.JSON, error) {
	provider := strings.ToLower(strings.TrimSpace(f.Provider))
	name, endpoint := strings.TrimSpace(f.Name), strings.TrimSpace(f.Endpoint)
	switch {
	case !slices.Contains([]string{"qdrant", "milvus", "pgvector"}, provider):
		return was, &ConnectionFault{"Unsupported external knowledge provider."}
	case name == "":
		return was, &ConnectionFault{"Knowledge source name is required."}
	case endpoint == "":
		return was, &ConnectionFault{"Knowledge source endpoint is required."}
	}
	config := jsonvalue.Text("{}").With("timeout", f.Config.Member("timeout"))
	if provider == "milvus" {
		config = config.With("db_name", f.Config.Member("db_name"))
	}
	auth := was.Member("auth_config")
	if f.Auth != nil {
		auth = *f.Auth
	}
	if provider == "pgvector" || !auth.IsObject() {
		auth = jsonvalue.Text("{}")
	}
	capabilities := f.Capabilities
	if !capabilities.IsObject() || capabilities.String() == "{}" {
		capabilities = jsonvalue.Text(`{"retrieve":true}`)
	}
	more, err := jsonvalue.Of(map[string]any{"name": name, "provider": provider, "endpoint": endpoint, "auth_config": auth,
		"config":       config,
		"capabilities": capabilities, "enabled": f.Enabled})
	return was.Merged(more), err
}

// withoutSecrets is a connection as admins see it.
func withoutSecrets(c jsonvalue.JSON) jsonvalue.JSON {
	configured := "false"
	if auth := c.Member("auth_config"); auth.IsObject() && auth.String() != "{}" {
		configured = "true"
	}
	return c.Without("auth_config").With("auth_configured", jsonvalue.Text(configured))
}

// Connections returns all connections. They are for admins: ErrNotPermitted.
func (k *Knowledge) Connections(ctx context.Context, w Who) ([]jsonvalue.JSON, error) {
	all, err := k.connections(ctx, w)
	return collect(all, withoutSecrets), err
}

// Connection returns one of them, or dberr.ErrNotFound.
func (k *Knowledge) Connection(ctx context.Context, w Who, id string) (jsonvalue.JSON, error) {
	all, err := k.connections(ctx, w)
	if err != nil {
		return jsonvalue.JSON{}, err
	}
	i, err := connection(all, id)
	if err != nil {
		return jsonvalue.JSON{}, err
	}
	return withoutSecrets(all[i]), nil
}

func (k *Knowledge) connections(ctx context.Context, w Who) ([]jsonvalue.JSON, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	values, err := (&Config{k.base}).Values(ctx, keyConnections)
	return collect(values[keyConnections].Elements(), jsonvalue.Text), err
}

// connection is where in a list one is, or dberr.ErrNotFound.
func connection(all []jsonvalue.JSON, id string) (int, error) {
	i := slices.IndexFunc(all, func(c jsonvalue.JSON) bool { return textOf(c.Member("id")) == id })
	if i < 0 {
		return i, missing("knowledge.Connection", "connection")
	}
	return i, nil
}

// editConnections gives the list to edit, under lock, and stores what comes back.
func (k *Knowledge) editConnections(ctx context.Context, w Who,
	edit func(ctx context.Context, b base, all []jsonvalue.JSON) ([]jsonvalue.JSON, error)) error {
	return k.inTx(ctx, engine.TxOptions{Name: "knowledge.EditConnections"}, func(ctx context.Context, b base) error {
		c := tables.Config
		row := model.Config{Key: keyConnections, Value: jsonvalue.Text("[]"), UpdatedAt: ptr(b.now())}
		if _, err := query.Exec(ctx, b.q, query.Insert(c.Table).Named("config.Ensure").Row(row).OnConflict(c.Key).
			DoNothing()); err != nil {
			return err
		}
		if _, err := query.All[string](ctx, b.q, query.Select(c.Key).From(c.Table).Named("config.Lock").
			Where(c.Key.Eq(keyConnections)).ForUpdate()); err != nil {
			return err
		}
		all, err := (&Knowledge{b}).connections(ctx, w)
		if err != nil {
			return err
		}
		if all, err = edit(ctx, b, all); err != nil {
			return err
		}
		list, err := jsonvalue.Of(append([]jsonvalue.JSON{}, all...))
		if err != nil {
			return err
		}
		return (&Config{b}).Set(ctx, map[string]jsonvalue.JSON{keyConnections: list})
	})
}

// CreateConnection adds a connection. Errors: ErrNotPermitted, *ConnectionFault.
func (k *Knowledge) CreateConnection(ctx context.Context, w Who, form NewConnection) (jsonvalue.JSON, error) {
	now := k.now()
	empty, err := jsonvalue.Of(map[string]any{"id": k.newID(), "health": nil, "created_by": w.ID, "created_at": now,
		"updated_at": now})
	if err != nil {
		return empty, err
	}
	made, err := form.members(empty)
	if err != nil {
		return made, err
	}
	return withoutSecrets(made),
		k.editConnections(ctx, w, func(_ context.Context, _ base, all []jsonvalue.JSON) ([]jsonvalue.JSON, error) {
			return append(all, made), nil
		})
}

// changeConnection changes one of them, and returns it.
func (k *Knowledge) changeConnection(ctx context.Context, w Who, id string,
	change func(jsonvalue.JSON) (jsonvalue.JSON, error)) (jsonvalue.JSON, error) {
	var after jsonvalue.JSON
	err := k.editConnections(ctx, w, func(_ context.Context, b base, all []jsonvalue.JSON) ([]jsonvalue.JSON, error) {
		i, err := connection(all, id)
		if err != nil {
			return nil, err
		}
		now, err := jsonvalue.Of(b.now())
		if err == nil {
			after, err = change(all[i])
		}
		if err != nil {
			return nil, err
		}
		after = after.With("updated_at", now)
		all[i] = after
		return all, nil
	})
	return withoutSecrets(after), err
}

// UpdateConnection changes a connection. Errors: ErrNotPermitted,
// dberr.ErrNotFound, *ConnectionFault.
func (k *Knowledge) UpdateConnection(ctx context.Context, w Who, id string,
	form NewConnection) (jsonvalue.JSON, error) {
	return k.changeConnection(ctx, w, id, form.members)
}

// CheckConnection notes whether a connection is switched on and says where to
// go, as Open WebUI does: nobody is asked. Errors: ErrNotPermitted, dberr.ErrNotFound.
func (k *Knowledge) CheckConnection(ctx context.Context, w Who, id string) (jsonvalue.JSON, error) {
	x, err := k.changeConnection(ctx, w, id, func(c jsonvalue.JSON) (jsonvalue.JSON, error) {
		health, err := jsonvalue.Of(map[string]any{"ok": Flag(c.Member("enabled"), false) &&
			textOf(c.Member("endpoint")) != "",
			"provider": c.Member("provider"), "checked_at": k.now()})
		return c.With("health", health), err
	})
	return x.Member("health"), err
}

// DeleteConnection removes a connection that no base needs. Errors:
// ErrNotPermitted, dberr.ErrNotFound, ErrConnectionUsed.
func (k *Knowledge) DeleteConnection(ctx context.Context, w Who, id string) error {
	return k.editConnections(ctx, w, func(ctx context.Context, b base, all []jsonvalue.JSON) ([]jsonvalue.JSON, error) {
		i, err := connection(all, id)
		if err != nil {
			return nil, err
		}
		n, err := knowledge.count(ctx, &b, tables.Knowledge.Meta.Path("external", "connection_id").Text().Eq(id))
		if err == nil && n > 0 {
			err = ErrConnectionUsed
		}
		return slices.Delete(all, i, i+1), err
	})
}

// ElsewhereSource is what is looked for behind a connection.
type ElsewhereSource struct {
	Type   string         `json:"type"` // collection
	Name   string         `json:"name"`
	Config jsonvalue.JSON `json:"config"` // which fields hold what
}

// checked is the source with what its provider knows, or a *ConnectionFault.
func (s ElsewhereSource) checked(provider string) (ElsewhereSource, error) {
	fields := []string{"content_field", "metadata_field", "document_id_field", "vector_field"}
	if provider == "pgvector" {
		fields = append(fields, "table_name", "collection_field")
	}
	config := jsonvalue.Text("{}")
	for _, f := range fields {
		v := s.Config.Member(f)
		var text string
		if v.Decode(&text) == nil && !v.IsJSONNull() {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			v, _ = jsonvalue.Of(text) // a text always has an encoding
		}
		if !v.IsNull() && !v.IsJSONNull() {
			config = config.With(f, v)
		}
	}
	s.Type, s.Name, s.Config = strings.TrimSpace(s.Type), strings.TrimSpace(s.Name), config
	switch {
	case s.Type != "collection":
		return s, &ConnectionFault{"Only collection sources are supported."}
	case s.Name == "":
		return s, &ConnectionFault{"Collection name is required."}
	case config.Member("content_field").IsNull():
		return s, &ConnectionFault{"Content field is required."}
	case provider != "qdrant" && config.Member("vector_field").IsNull():
		return s, &ConnectionFault{"Vector field is required."}
	}
	return s, nil
}

// CreateElsewhere makes a base whose files are behind a connection. Errors:
// ErrNotPermitted, dberr.ErrNotFound, *ConnectionFault.
func (k *Knowledge) CreateElsewhere(ctx context.Context, w Who, name, description, conn string, source ElsewhereSource,
	grants []Grant) (*KnowledgeBase, error) {
	c, err := k.Connection(ctx, w, conn)
	if err != nil {
		return nil, err
	}
	if name = strings.TrimSpace(name); name == "" {
		return nil, &ConnectionFault{"Knowledge name is required."}
	}
	provider := textOf(c.Member("provider"))
	if source, err = source.checked(provider); err != nil {
		return nil, err
	}
	meta, err := jsonvalue.Of(map[string]any{"source": "external", "read_only": true,
		"external": map[string]any{"connection_id": conn, "source": source,
			"provider": provider, "auth_mode": "service_account", "capabilities": map[string]any{"retrieve": true}}})
	if err != nil {
		return nil, err
	}
	return k.Create(ctx, w, name, description, meta, grants)
}

// Retrieve would look for something behind a connection; an empty one is one
// that is not stored. It is always refused: ErrNotPermitted, dberr.ErrNotFound,
// ErrNoVectors.
func (k *Knowledge) Retrieve(ctx context.Context, w Who, conn string) error {
	switch {
	case !w.Admin():
		return ErrNotPermitted
	case conn == "":
		return ErrNoVectors
	}
	if _, err := k.Connection(ctx, w, conn); err != nil {
		return err
	}
	return ErrNoVectors
}

// UpdateElsewhere would change what a base elsewhere looks for, after having
// tried it. It is always refused: ErrNotPermitted, dberr.ErrNotFound, ErrNoVectors.
func (k *Knowledge) UpdateElsewhere(ctx context.Context, w Who, id string) error {
	if !w.Admin() {
		return ErrNotPermitted
	}
	x, err := knowledge.get(ctx, &k.base, w, MayRead, id)
	switch {
	case err != nil:
		return err
	case textOf(x.Meta.Member("source")) != "external":
		return missing("knowledge.UpdateElsewhere", "knowledge base elsewhere")
	}
	return ErrNoVectors
}
