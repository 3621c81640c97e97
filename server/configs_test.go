package server_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/model"
)

// The forms that the page sends.
const (
	codeConfig = `{"ENABLE_CODE_EXECUTION":true,"CODE_EXECUTION_ENGINE":"pyodide","CODE_EXECUTION_JUPYTER_URL":null,
"CODE_EXECUTION_JUPYTER_AUTH":null,"CODE_EXECUTION_JUPYTER_AUTH_TOKEN":"t","CODE_EXECUTION_JUPYTER_AUTH_PASSWORD":"","CODE_EXECUTION_JUPYTER_TIMEOUT":60,
"ENABLE_CODE_INTERPRETER":true,"CODE_INTERPRETER_ENGINE":"pyodide","CODE_INTERPRETER_PROMPT_TEMPLATE":"","CODE_INTERPRETER_JUPYTER_URL":"",
"CODE_INTERPRETER_JUPYTER_AUTH":"","CODE_INTERPRETER_JUPYTER_AUTH_TOKEN":"","CODE_INTERPRETER_JUPYTER_AUTH_PASSWORD":"","CODE_INTERPRETER_JUPYTER_TIMEOUT":null}`
	subagents = `{"ENABLE_SUBAGENTS":true,"SUBAGENTS_BACKGROUND_ENABLED":false,"SUBAGENTS_MAX_CONCURRENT":1,"SUBAGENTS_MAX_ASYNC":2,
"SUBAGENTS_MAX_ITERATIONS":3,"SUBAGENTS_MAX_OUTPUT":4,"SUBAGENTS_SYSTEM_PROMPT":"p"}`
)

func TestConfigs(t *testing.T) {
	a := local(t)
	admin := a.admin()
	bob := a.user("bob", model.RoleUser)
	const configs = "/api/v1/configs/"
	for _, c := range []struct{ path, body, part string }{
		{"connections", `{"ENABLE_DIRECT_CONNECTIONS":"yes","ENABLE_BASE_MODELS_CACHE":false}`, `"ENABLE_DIRECT_CONNECTIONS":true`},
		{"code_execution", codeConfig, `"CODE_EXECUTION_JUPYTER_URL":null`},
		{"models", `{"DEFAULT_MODELS":"m1,m2","DEFAULT_PINNED_MODELS":null,"MODEL_ORDER_LIST":["m2"],"DEFAULT_MODEL_METADATA":{"a":1.0}}`, `"DEFAULT_MODEL_METADATA":{"a":1.0}`},
		{"subagents", subagents, `"SUBAGENTS_MAX_OUTPUT":4`},
		{"banners", `{"banners":[{"id":"b","type":"info","content":"c","dismissible":false,"timestamp":7,"x":1}]}`, `"title":null`},
		{"tool_servers", `{"TOOL_SERVER_CONNECTIONS":[{"url":"u","path":"p","auth_type":null,"key":null,"config":null,"more":[1]}]}`, `"more":[1]`},
		{"terminal_servers", `{"TERMINAL_SERVER_CONNECTIONS":[{"url":"u","policy":{},"policy_id":"p"}]}`, `"path":"/openapi.json"`},
	} {
		a.call("POST", configs+c.path, c.body, admin).says(200, c.part)
		a.call("GET", configs+c.path, nil, admin).says(200, c.part)
	}
	if got := a.call("GET", configs+"terminal_servers", nil, admin).Body.String(); strings.Contains(got, `"policy":`) {
		t.Errorf("a policy is kept: %s", got)
	}
	a.call("GET", configs+"models/defaults", nil, bob).says(200, `{"DEFAULT_MODEL_METADATA":{"a":1.0}}`)
	a.call("GET", configs+"banners", nil, bob).says(200, `"id":"b"`)
	a.call("POST", configs+"suggestions", `{"suggestions":[{"title":["a","b"],"content":"c"}]}`, admin).says(200, `"i18n":{}`)
	a.call("POST", configs+"suggestions", `{"suggestions":null}`, admin).says(200, `"suggestions":null`)
	a.call("POST", configs+"interface/visibility", `{"visibility":{"x":true}}`, admin).says(200, `{"visibility":{"x":true}}`)
	a.call("GET", configs+"namespace/subagents", nil, admin).says(200, `"subagents.max_output":4`)
	a.call("POST", configs+"import", `{"config":{"ui.watermark":"W","ui":{"stray":true},"n":1.0}}`, admin).says(200, `"ui.watermark":"W"`)
	a.call("GET", configs+"export", nil, admin).says(200, `"n":1.0`)
	for path, bodies := range map[string][]string{
		"connections":          {`{}`, `{"ENABLE_DIRECT_CONNECTIONS":null,"ENABLE_BASE_MODELS_CACHE":true}`, `{"ENABLE_DIRECT_CONNECTIONS":true,"ENABLE_BASE_MODELS_CACHE":"?"}`},
		"models":               {`{}`, `{"DEFAULT_MODELS":1,"DEFAULT_PINNED_MODELS":null,"MODEL_ORDER_LIST":[]}`, `{"DEFAULT_MODELS":null,"DEFAULT_PINNED_MODELS":null,"MODEL_ORDER_LIST":[1]}`},
		"banners":              {`{"banners":{}}`, `{"banners":[1]}`, `{"banners":[{"id":"b"}]}`, `{"banners":[{"id":"b","type":"info","content":"c","dismissible":"x","timestamp":7}]}`},
		"tool_servers":         {`{"TOOL_SERVER_CONNECTIONS":null}`, `{"TOOL_SERVER_CONNECTIONS":[{"url":1,"path":"p","auth_type":null,"key":null,"config":null}]}`},
		"interface/visibility": {`{"visibility":{"x":1}}`, `{"visibility":[]}`, `{}`},
		"import":               {`{"config":[]}`, `{}`, `{"config":null}`},
		"suggestions":          {`{}`, `{"suggestions":[{"title":"a","content":"c"}]}`},
		"code_execution":       {`{}`, strings.Replace(codeConfig, `:60`, `:"x"`, 1)},
	} {
		for _, body := range bodies {
			if w := a.call("POST", configs+path, body, admin); w.Code != 422 {
				t.Errorf("%s %s: %d %.200s", path, body, w.Code, w.Body)
			}
		}
	}
	a.call("POST", configs+"import", `{"config":{"auth.mfa.enable":true}}`, admin).is(409, "")
	a.call("POST", configs+"tool_servers/verify", `{"url":"x"}`, admin).says(501, "connects to no other server")
}
