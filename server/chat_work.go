package server

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/store"
)

// chatWorkRoutes are of what models do with chats: what is stored of it.
func (s *Server) chatWorkRoutes() []route {
	return resource(chatRefusals,
		endpoint("GET", chatPath+"config", "How long chats are summed up, and how tools are found", admin, s.chatConfig).word(),
		endpoint("POST", chatPath+"config", "Change it", admin, s.setChatConfig).word(),
		endpoint("POST", chatPath+"{id}/compact", "Sum up the older messages of a chat: tells why that is not needed, and does not do it", member, s.compactChat).
			refusing(refusal{store.ErrNoModel, http.StatusBadRequest, "No model found for context compaction."},
				refusal{dberr.ErrUnsupported, http.StatusNotImplemented, msgNotDone}),
		endpoint("POST", chatPath+"{id}/messages/{message_id}/resolve", "Say what is to become of a tool that waits", member,
			s.resolveToolCall).refusing(
			refusal{dberr.ErrNotFound, http.StatusUnauthorized, msgAccessProhibited},
			refusal{store.ErrNoMessage, http.StatusNotFound, msgNotFound},
			refusal{store.ErrNotAsked, http.StatusForbidden, msgAccessProhibited},
			refusal{store.ErrNoOutput, http.StatusBadRequest, "Message has no resolvable output."},
			refusal{store.ErrNoToolCall, http.StatusNotFound, "Tool call not found."},
			refusal{store.ErrToolResolved, http.StatusConflict, "Tool call has already been resolved."},
			refusal{store.ErrAnswerExpected, http.StatusBadRequest, "ask_user requires an answer or deny."},
			refusal{store.ErrNoAnswers, http.StatusBadRequest, "Tool call does not accept answers."},
			refusal{store.ErrAnswerMissing, http.StatusBadRequest, "Answers are required for ask_user."}),
	)
}

type chatConfigForm struct {
	Model           *string  `json:"CONTEXT_COMPACTION_MODEL" default:"" key:"chat.context_compaction.model"`
	Compaction      bool     `json:"ENABLE_CONTEXT_COMPACTION" key:"chat.context_compaction.enable"`
	Threshold       *int64   `json:"CONTEXT_COMPACTION_TOKEN_THRESHOLD" key:"chat.context_compaction.token_threshold"`
	Cap             *int64   `json:"CONTEXT_COMPACTION_TOKEN_CAP" key:"chat.context_compaction.token_cap"`
	Retention       *int64   `json:"CONTEXT_COMPACTION_RETENTION_PERCENTAGE" key:"chat.context_compaction.retention_percentage"`
	Prompt          string   `json:"CONTEXT_COMPACTION_PROMPT_TEMPLATE" key:"chat.context_compaction.prompt_template"`
	ToolPermissions bool     `json:"ENABLE_TOOL_PERMISSIONS" default:"false" key:"chat.tool_permissions.enable"`
	ToolSearch      bool     `json:"ENABLE_TOOL_SEARCH" default:"false" key:"chat.tool_search.enable"`
	DeferAbove      int64    `json:"TOOL_SEARCH_DEFER_THRESHOLD" default:"400" key:"chat.tool_search.defer_threshold"`
	AlwaysLoaded    []string `json:"TOOL_SEARCH_ALWAYS_LOADED,omitempty" key:"chat.tool_search.always_loaded"`
	DeferBuiltin    bool     `json:"TOOL_SEARCH_DEFER_BUILTIN_TOOLS" default:"true" key:"chat.tool_search.defer_builtin_tools"`
}

// bounded is the form with what may be left out filled in, and no number out of
// its bounds.
func (f chatConfigForm) bounded() chatConfigForm {
	const tokens, share, least, most = 80000, 40, 10, 50
	or := func(n *int64, otherwise int64) int64 {
		if n == nil {
			return otherwise
		}
		return *n
	}
	model, threshold := orZero(f.Model), max(or(f.Threshold, tokens), 1)
	limit := or(f.Cap, threshold)
	if limit == 0 {
		limit = threshold
	}
	limit = max(limit, 1)
	retention := min(max(or(f.Retention, share), least), most)
	f.Model, f.Threshold, f.Cap, f.Retention, f.DeferAbove = &model, &threshold, &limit, &retention, max(f.DeferAbove, 0)
	loaded := []string{}
	for _, name := range f.AlwaysLoaded {
		if name = strings.TrimSpace(name); name != "" {
			loaded = append(loaded, name)
		}
	}
	f.AlwaysLoaded = loaded
	return f
}

func (s *Server) chatConfig(ctx context.Context, r *request, _ none) (settings, error) {
	out, err := readSettings[chatConfigForm](ctx, s, r.who())
	for name, otherwise := range map[string]jsonvalue.JSON{"CONTEXT_COMPACTION_MODEL": jsonvalue.Text(`""`),
		"CONTEXT_COMPACTION_TOKEN_CAP": out["CONTEXT_COMPACTION_TOKEN_THRESHOLD"], "CONTEXT_COMPACTION_RETENTION_PERCENTAGE": jsonvalue.Text("40")} {
		if v, ok := out[name]; ok && (v.IsNull() || v.IsJSONNull()) {
			out[name] = otherwise
		}
	}
	return out, err
}

func (s *Server) setChatConfig(ctx context.Context, r *request, f chatConfigForm) (settings, error) {
	return change(ctx, s, r, f.bounded())
}

type compactForm struct {
	_ optionalBody
	byID
	Model *string `json:"model"`
}

type compactAnswer struct {
	OK           bool    `json:"ok"`
	Compacted    bool    `json:"compacted"`
	Reason       string  `json:"reason"`
	ContextUsage *string `json:"context_usage"`
}

func (s *Server) compactChat(ctx context.Context, r *request, f compactForm) (*compactAnswer, error) {
	why, err := s.store.Chats.Compaction(ctx, r.who(), f.ID, orZero(f.Model))
	if err == nil && why == store.CompactionDue {
		err = fail(http.StatusNotImplemented, msgNotDone)
	}
	return &compactAnswer{OK: true, Reason: string(why)}, err
}

// toolAction is approve, reject or answer.
type toolAction string

func (a *toolAction) fromForm(f *form, loc []any, raw json.RawMessage) {
	var text string
	f.value(loc, raw, reflect.ValueOf(&text).Elem())
	switch *a = toolAction(text); store.ToolAction(text) {
	case store.ApproveTool, store.RejectTool, store.AnswerTool:
	default:
		f.wrong(loc, "literal_error", "Input should be 'approve', 'reject' or 'answer'", raw)
	}
}

func (toolAction) schema() any {
	return object{"type": "string",
		"enum": []string{string(store.ApproveTool), string(store.RejectTool), string(store.AnswerTool)}}
}

type resolveForm struct {
	messageID
	CallID   string         `json:"call_id"`
	Action   toolAction     `json:"action"`
	Answers  maybe[anyJSON] `json:"answers"`
	TimedOut bool           `json:"timed_out" default:"false"`
}

type resolveAnswer struct {
	Status  bool     `json:"status"`
	Chat    string   `json:"chat_id"`
	Message string   `json:"message_id"`
	Tasks   []string `json:"task_ids"` // none are begun here
}

func (s *Server) resolveToolCall(ctx context.Context, r *request, f resolveForm) (*resolveAnswer, error) {
	answer := store.ToolAnswer{CallID: f.CallID, Action: store.ToolAction(f.Action), TimedOut: f.TimedOut}
	if f.Answers.Value != nil {
		answer.Answers = f.Answers.Value.JSON
	}
	_, err := s.store.Chats.ResolveToolCall(ctx, r.who(), f.ID, f.Message, answer)
	return &resolveAnswer{Status: true, Chat: f.ID, Message: f.Message, Tasks: []string{}}, err
}
