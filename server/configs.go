package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
)

func (s *Server) configRoutes() []route {
	const configs = "/api/v1/configs/"
	elsewhere := refusal{dberr.ErrUnsupported, http.StatusNotImplemented, msgNotDone}
	return resource(configRefusals,
		endpoint("POST", configs+"import", "Set settings by their keys", admin, s.importConfig),
		endpoint("GET", configs+"export", "All settings, secrets among them", admin, s.exportConfig),
		endpoint("GET", configs+"namespace/{namespace}", "The settings whose keys begin with a name and a dot", admin, s.configNamespace),
		endpoint("POST", configs+"interface/visibility", "What the page shows to whom", admin, s.setVisibility),
		endpoint("GET", configs+"connections", "Whether users connect to providers themselves", admin, readConfig[connectionsForm](s)),
		endpoint("POST", configs+"connections", "Change it", admin, writeConfig[connectionsForm](s)),
		endpoint("GET", configs+"tool_servers", "Servers of tools", admin, readConfig[toolServersForm](s)),
		endpoint("POST", configs+"tool_servers", "Change them", admin, writeConfig[toolServersForm](s)),
		endpoint("GET", configs+"terminal_servers", "Servers of terminals", admin, readConfig[terminalServersForm](s)),
		endpoint("POST", configs+"terminal_servers", "Change them", admin, writeConfig[terminalServersForm](s)),
		endpoint("GET", configs+"code_execution", "Where code is run", admin, readConfig[codeForm](s)),
		endpoint("POST", configs+"code_execution", "Change it", admin, writeConfig[codeForm](s)),
		endpoint("GET", configs+"models/defaults", "What models are by default", member, s.modelDefaults),
		endpoint("GET", configs+"models", "The order of models, and what they are by default", admin, readConfig[modelsForm](s)),
		endpoint("POST", configs+"models", "Change it", admin, writeConfig[modelsForm](s)),
		endpoint("GET", configs+"subagents", "Bounds on agents that work for others", admin, readConfig[subagentsForm](s)),
		endpoint("POST", configs+"subagents", "Change them", admin, writeConfig[subagentsForm](s)),
		endpoint("POST", configs+"suggestions", "Set the prompts that the page suggests", admin, s.setSuggestions),
		endpoint("GET", configs+"banners", "The banners of the page", member, s.banners),
		endpoint("POST", configs+"banners", "Set them", admin, s.setBanners),
		endpoint("POST", configs+"oauth/clients/register", "Register with a provider: is not done here", admin, notDone).refusing(elsewhere),
		endpoint("POST", configs+"tool_servers/verify", "Ask a server of tools: is not done here", admin, notDone).refusing(elsewhere),
		endpoint("POST", configs+"terminal_servers/verify", "Ask a server of terminals: is not done here", admin, notDone).refusing(elsewhere),
		endpoint("POST", configs+"terminal_servers/policy", "Set its policy: is not done here", admin, notDone).refusing(elsewhere),
		endpoint("POST", configs+"terminal_servers/lifecycle", "Set when it ends: is not done here", admin, notDone).refusing(elsewhere),
		endpoint("POST", configs+"terminal_servers/refresh", "Start it anew: is not done here", admin, notDone).refusing(elsewhere),
	)
}

// notDone answers for what needs another server than the database.
func notDone(context.Context, *request, none) (settings, error) {
	return nil, fail(http.StatusNotImplemented, msgNotDone)
}

// readConfig answers the settings of a form.
func readConfig[F any](s *Server) func(context.Context, *request, none) (settings, error) {
	return func(ctx context.Context, r *request, _ none) (settings, error) {
		return readSettings[F](ctx, s, r.who())
	}
}

// writeConfig stores the settings of a form.
func writeConfig[F any](s *Server) func(context.Context, *request, F) (settings, error) {
	return func(ctx context.Context, r *request, f F) (settings, error) { return change(ctx, s, r, f) }
}

type configImport struct {
	Config jsonvalue.JSON `json:"config"`
}

type namespaceForm struct {
	Namespace string `path:"namespace"`
}

func (s *Server) importConfig(ctx context.Context, r *request, f configImport) (settings, error) {
	values := map[string]jsonvalue.JSON{}
	if err := f.Config.Decode(&values); err != nil {
		return nil, err
	}
	if _, err := s.store.Config.Change(ctx, r.who(), values); err != nil {
		return nil, err
	}
	return s.exportConfig(ctx, r, none{})
}

func (s *Server) exportConfig(ctx context.Context, r *request, _ none) (settings, error) {
	return s.allConfig(ctx, r, "")
}

func (s *Server) configNamespace(ctx context.Context, r *request, f namespaceForm) (settings, error) {
	return s.allConfig(ctx, r, f.Namespace+".")
}

// allConfig answers for sign-ins at other providers what is standard: rows do
// not count, as for Open WebUI unless it is told to.
func (s *Server) allConfig(ctx context.Context, r *request, prefix string) (settings, error) {
	all, err := s.store.Config.All(ctx, r.who(), prefix)
	for key := range all {
		if standard := s.store.Config.Default(key); strings.HasPrefix(key, "oauth.") && !standard.IsNull() {
			all[key] = standard
		}
	}
	return all, err
}

type visibilityForm struct {
	Visibility visibility `json:"visibility" key:"ui.visibility"`
}

func (s *Server) setVisibility(ctx context.Context, r *request, f visibilityForm) (*visibilityForm, error) {
	_, err := change(ctx, s, r, f)
	return &f, err
}

type connectionsForm struct {
	Connections  bool       `json:"ENABLE_DIRECT_CONNECTIONS" key:"direct.enable"`
	Integrations sent[bool] `json:"ENABLE_DIRECT_INTEGRATIONS" key:"direct.integrations.enable"`
	ModelsCache  bool       `json:"ENABLE_BASE_MODELS_CACHE" key:"models.base_models_cache"`
}

type toolServersForm struct {
	Servers toolServers `json:"TOOL_SERVER_CONNECTIONS" key:"tool_server.connections"`
}

type terminalServersForm struct {
	Servers terminalServers `json:"TERMINAL_SERVER_CONNECTIONS" key:"terminal_server.connections"`
}

type codeForm struct {
	Execution           bool             `json:"ENABLE_CODE_EXECUTION" key:"code_execution.enable"`
	Engine              string           `json:"CODE_EXECUTION_ENGINE" key:"code_execution.engine"`
	JupyterURL          nullable[string] `json:"CODE_EXECUTION_JUPYTER_URL" key:"code_execution.jupyter.url"`
	JupyterAuth         nullable[string] `json:"CODE_EXECUTION_JUPYTER_AUTH" key:"code_execution.jupyter.auth"`
	JupyterToken        nullable[string] `json:"CODE_EXECUTION_JUPYTER_AUTH_TOKEN" key:"code_execution.jupyter.auth_token"`
	JupyterPassword     nullable[string] `json:"CODE_EXECUTION_JUPYTER_AUTH_PASSWORD" key:"code_execution.jupyter.auth_password"`
	JupyterTimeout      nullable[int64]  `json:"CODE_EXECUTION_JUPYTER_TIMEOUT" key:"code_execution.jupyter.timeout"`
	Interpreter         bool             `json:"ENABLE_CODE_INTERPRETER" key:"code_interpreter.enable"`
	InterpreterEngine   string           `json:"CODE_INTERPRETER_ENGINE" key:"code_interpreter.engine"`
	InterpreterTemplate nullable[string] `json:"CODE_INTERPRETER_PROMPT_TEMPLATE" key:"code_interpreter.prompt_template"`
	InterpreterURL      nullable[string] `json:"CODE_INTERPRETER_JUPYTER_URL" key:"code_interpreter.jupyter.url"`
	InterpreterAuth     nullable[string] `json:"CODE_INTERPRETER_JUPYTER_AUTH" key:"code_interpreter.jupyter.auth"`
	InterpreterToken    nullable[string] `json:"CODE_INTERPRETER_JUPYTER_AUTH_TOKEN" key:"code_interpreter.jupyter.auth_token"`
	InterpreterPassword nullable[string] `json:"CODE_INTERPRETER_JUPYTER_AUTH_PASSWORD" key:"code_interpreter.jupyter.auth_password"`
	InterpreterTimeout  nullable[int64]  `json:"CODE_INTERPRETER_JUPYTER_TIMEOUT" key:"code_interpreter.jupyter.timeout"`
}

type modelsForm struct {
	Models       nullable[string]   `json:"DEFAULT_MODELS" key:"ui.default_models"`
	PinnedModels nullable[string]   `json:"DEFAULT_PINNED_MODELS" key:"ui.default_pinned_models"`
	Order        nullable[[]string] `json:"MODEL_ORDER_LIST" key:"ui.model_order_list"`
	Metadata     *jsonvalue.JSON    `json:"DEFAULT_MODEL_METADATA" key:"models.default_metadata"`
	Params       *jsonvalue.JSON    `json:"DEFAULT_MODEL_PARAMS" key:"models.default_params"`
}

type subagentsForm struct {
	Enable       bool   `json:"ENABLE_SUBAGENTS" key:"subagents.enable"`
	Background   bool   `json:"SUBAGENTS_BACKGROUND_ENABLED" key:"subagents.background_enabled"`
	Concurrent   int64  `json:"SUBAGENTS_MAX_CONCURRENT" key:"subagents.max_concurrent"`
	Async        int64  `json:"SUBAGENTS_MAX_ASYNC" key:"subagents.max_async"`
	Iterations   int64  `json:"SUBAGENTS_MAX_ITERATIONS" key:"subagents.max_iterations"`
	Output       int64  `json:"SUBAGENTS_MAX_OUTPUT" key:"subagents.max_output"`
	SystemPrompt string `json:"SUBAGENTS_SYSTEM_PROMPT" key:"subagents.system_prompt"`
}

type suggestionsForm struct {
	Suggestions nullable[suggestions] `json:"suggestions" key:"ui.prompt_suggestions"`
	I18N        *jsonvalue.JSON       `json:"i18n" key:"ui.prompt_suggestions_i18n"`
}

type bannersForm struct {
	Banners banners `json:"banners" key:"ui.banners"`
}

func (s *Server) setSuggestions(ctx context.Context, r *request, f suggestionsForm) (settings, error) {
	if f.I18N == nil {
		empty := jsonvalue.Text("{}")
		f.I18N = &empty
	}
	return change(ctx, s, r, f)
}

func (s *Server) modelDefaults(ctx context.Context, _ *request, _ none) (settings, error) {
	const key = "models.default_metadata"
	set, err := s.store.Config.Values(ctx, key)
	return settings{"DEFAULT_MODEL_METADATA": set[key]}, err
}

const keyBanners = "ui.banners"

func (s *Server) banners(ctx context.Context, _ *request, _ none) (verbatim, error) {
	set, err := s.store.Config.Values(ctx, keyBanners)
	return readable(set[keyBanners]), err
}

func (s *Server) setBanners(ctx context.Context, r *request, f bannersForm) (verbatim, error) {
	out, err := change(ctx, s, r, f)
	return readable(out["banners"]), err
}
