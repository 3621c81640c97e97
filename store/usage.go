package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Usage is what a user has done in a period, as clients are told.
type Usage struct {
	Totals     UsageTotals   `json:"totals"`
	Days       []UsageDay    `json:"heatmap"`
	Weeks      []UsageDay    `json:"weekly_heatmap"` // each under its Monday
	Cumulative []UsageDay    `json:"cumulative_heatmap"`
	Insights   UsageInsights `json:"insights"`
	TopModels  []ModelUsage  `json:"top_models"` // five at most
	TopTools   []ToolUsage   `json:"top_tools"`  // five at most
	Period     UsagePeriod   `json:"period"`
}

// UsageTotals are sums; tokens and models since the beginning.
type UsageTotals struct {
	Tokens            int64 `json:"lifetime_tokens"`
	Input             int64 `json:"input_tokens"`
	Output            int64 `json:"output_tokens"`
	PeakTokens        int64 `json:"peak_daily_tokens"`
	LongestChat       int64 `json:"longest_chat_seconds"` // without pauses of more than half an hour
	CurrentStreak     int64 `json:"current_streak"`       // days in a row with messages
	LongestStreak     int64 `json:"longest_streak"`
	Chats             int64 `json:"total_chats"`
	ActiveDays        int64 `json:"active_days"`
	Models            int64 `json:"models_used"`
	Messages          int64 `json:"messages"`
	UserMessages      int64 `json:"user_messages"`
	AssistantMessages int64 `json:"assistant_messages"`
}

// UsageDay is a day, a week, or all days so far.
type UsageDay struct {
	Date     string           `json:"date"`
	Messages int64            `json:"messages"`
	Chats    int64            `json:"chats"`
	Tokens   int64            `json:"tokens"`
	Models   map[string]int64 `json:"models"` // answers by model
}

func (d *UsageDay) add(more *UsageDay) {
	d.Messages, d.Chats, d.Tokens = d.Messages+more.Messages, d.Chats+more.Chats, d.Tokens+more.Tokens
	for model, n := range more.Models {
		d.Models[model] += n
	}
}

// UsageInsights are ratios, with one digit behind the point.
type UsageInsights struct {
	MostUsedModel  *string `json:"most_used_model"`
	TokensPerChat  float64 `json:"average_tokens_per_chat"`
	MessagesPerDay float64 `json:"average_messages_per_active_day"`
	UserShare      float64 `json:"user_message_share"`
	AssistantShare float64 `json:"assistant_message_share"`
}

// ModelUsage is how much a model has answered.
type ModelUsage struct {
	ModelID  string `json:"model_id"`
	Messages int64  `json:"messages"`
	Input    int64  `json:"input_tokens"`
	Output   int64  `json:"output_tokens"`
	Total    int64  `json:"total_tokens"`
}

// ToolUsage is how often messages name a tool.
type ToolUsage struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// UsagePeriod is from when to when, in seconds.
type UsagePeriod struct {
	Start int64 `json:"start_date"`
	End   int64 `json:"end_date"`
	Days  int64 `json:"days"`
}

// day is the length of a day in seconds.
const day = 24 * 60 * 60

type usageRow struct {
	CreatedAt *int64         `db:"created_at"`
	ChatID    string         `db:"chat_id"`
	Role      string         `db:"role"`
	ModelID   *string        `db:"model_id"`
	In        int64          `db:"tokens_in"`
	Out       int64          `db:"tokens_out"`
	Output    jsonvalue.JSON `db:"output"`
	Meta      jsonvalue.JSON `db:"meta"`
}

// tokens are the columns of how many a message took, under either name.
func tokens(name, older string) query.Expr[int64] {
	m := tables.ChatMessage
	return query.Coalesce[int64](m.Usage.Path(name).Int(), m.Usage.Path(older).Int()).IfNull(0)
}

// Usage returns what w has done from start to end, in seconds, by the days of
// the time zone of w. It takes five statements, and reads the messages of the
// period one by one.
func (u *Users) Usage(ctx context.Context, w Who, start, end int64) (*Usage, error) {
	if _, err := u.permitted(ctx, w); err != nil {
		return nil, err
	}
	t, m := tables.User, tables.ChatMessage
	zone, err := query.One[string](ctx, u.q,
		query.Select(t.Timezone.IfNull("")).From(t.Table).Named("users.Timezone").Where(t.ID.Eq(w.ID)))
	if err != nil {
		return nil, err
	}
	at, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		at = time.UTC
	}
	c := &usageCount{now: u.now(), zone: at, days: map[string]*UsageDay{}, chats: map[string]map[string]bool{},
		models: map[string]*ModelUsage{}, tools: map[string]int64{}}
	rows := query.Select(m.CreatedAt, m.ChatID, m.Role, m.ModelID, tokens("input_tokens", "prompt_tokens").As("tokens_in"),
		tokens("output_tokens", "completion_tokens").As("tokens_out"), m.Output, m.Meta).From(m.Table).
		Named("usage.Messages").
		Where(m.UserID.Eq(w.ID), m.CreatedAt.Ge(start), m.CreatedAt.Le(end))
	for r, err := range query.Rows[usageRow](ctx, u.q, rows) {
		if err != nil {
			return nil, err
		}
		c.add(&r)
	}
	out := c.usage(start, end)
	return out, u.sinceEver(ctx, w, out)
}

// sinceEver adds what does not belong to the period.
func (u *Users) sinceEver(ctx context.Context, w Who, out *Usage) error {
	c, m := tables.Chat, tables.ChatMessage
	sums, err := query.One[struct {
		In     int64 `db:"tokens_in"`
		Out    int64 `db:"tokens_out"`
		Models int64 `db:"models"`
	}](ctx, u.q, query.Select(query.Sum(tokens("input_tokens", "prompt_tokens")).IfNull(0).As("tokens_in"),
		query.Sum(tokens("output_tokens", "completion_tokens")).IfNull(0).As("tokens_out"), query.CountDistinct(m.ModelID).
			As("models")).
		From(m.Table).Named("usage.Sums").Where(m.UserID.Eq(w.ID), m.Role.Eq("assistant")))
	if err != nil {
		return err
	}
	mine := query.And(c.UserID.Eq(w.ID), c.Meta.Path("internal").Bool().IfNull(false).Eq(false))
	if out.Totals.Chats, err = query.Count(ctx, u.q, query.Select(c.ID).From(c.Table).Named("usage.Chats").
		Where(mine)); err != nil {
		return err
	}
	var chat string
	var last, active int64
	times := query.Select(m.ChatID, m.CreatedAt).From(m.Table).Named("usage.Times").Join(c.Table, c.ID.EqTo(m.ChatID)).
		Where(mine, m.CreatedAt.NotNull()).OrderBy(m.ChatID, m.CreatedAt)
	for r, err := range query.Rows[struct {
		ChatID    string `db:"chat_id"`
		CreatedAt int64  `db:"created_at"`
	}](ctx, u.q, times) {
		if err != nil {
			return err
		}
		const pause = 30 * 60
		now := inSeconds(r.CreatedAt)
		if r.ChatID != chat {
			chat, active = r.ChatID, 0
		} else if now-last <= pause {
			active += now - last
		}
		last = now
		out.Totals.LongestChat = max(out.Totals.LongestChat, active)
	}
	x := &out.Totals
	x.Input, x.Output, x.Tokens, x.Models = sums.In, sums.Out, sums.In+sums.Out, sums.Models
	out.Insights.TokensPerChat = ratio(x.Tokens, x.Chats, 1)
	return nil
}

// inSeconds is a time that may be in milliseconds, as old rows have it.
func inSeconds(t int64) int64 {
	if t > 10_000_000_000 {
		return t / 1000
	}
	return t
}

// ratio is a/b times a factor with one digit behind the point; 0 for none.
func ratio(a, b int64, times float64) float64 {
	if b == 0 {
		return 0
	}
	f, _ := strconv.ParseFloat(strconv.FormatFloat(float64(a)/float64(b)*times, 'f', 1, 64), 64)
	return f
}

// usageCount sums the messages of a period.
type usageCount struct {
	now    int64
	zone   *time.Location
	days   map[string]*UsageDay
	chats  map[string]map[string]bool // by day
	models map[string]*ModelUsage
	tools  map[string]int64
	totals UsageTotals
}

// when is a time that there can be: from 2020 to tomorrow; else now.
func (c *usageCount) when(t int64) time.Time {
	const first = 1_577_836_800
	if t = inSeconds(t); t < first || t > c.now+day {
		t = c.now
	}
	return time.Unix(t, 0).In(c.zone)
}

func (c *usageCount) on(date string) *UsageDay {
	d := c.days[date]
	if d == nil {
		d = &UsageDay{Date: date, Models: map[string]int64{}}
		c.days[date], c.chats[date] = d, map[string]bool{}
	}
	return d
}

func (c *usageCount) add(r *usageRow) {
	date := c.when(orZero(r.CreatedAt)).Format(time.DateOnly)
	d := c.on(date)
	d.Messages++
	d.Tokens += r.In + r.Out
	c.chats[date][r.ChatID] = true
	c.totals.Messages++
	switch r.Role {
	case "user":
		c.totals.UserMessages++
	case "assistant":
		c.totals.AssistantMessages++
		if id := orZero(r.ModelID); r.ModelID != nil {
			if id != "" {
				d.Models[id]++
			}
			x := c.models[id]
			if x == nil {
				x = &ModelUsage{ModelID: id}
				c.models[id] = x
			}
			x.Messages, x.Input, x.Output, x.Total = x.Messages+1, x.Input+r.In, x.Output+r.Out, x.Total+r.In+r.Out
		}
	}
	for _, doc := range []jsonvalue.JSON{r.Output, r.Meta} {
		if strings.Contains(doc.String(), "tool") || strings.Contains(doc.String(), "function_call") {
			var v any
			decode(doc, &v)
			c.named(v)
		}
	}
}

// named counts the tools that a part of a message names.
func (c *usageCount) named(v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			c.named(x)
		}
	case map[string]any:
		kind, _ := v["type"].(string)
		if strings.Contains(kind, "tool") || kind == "function_call" || kind == "function_call_output" {
			name := v["name"]
			if s, _ := name.(string); s == "" {
				name = v["tool_name"]
			}
			c.tool(name)
			if f, ok := v["function"].(map[string]any); ok {
				c.tool(f["name"])
			}
		}
		for _, member := range []string{"tool_calls", "tools", "output", "meta"} {
			c.named(v[member])
		}
	}
}

func (c *usageCount) tool(name any) {
	const longest = 128
	if s, ok := name.(string); ok {
		if s = strings.TrimSpace(s); s != "" && len([]rune(s)) <= longest {
			c.tools[s]++
		}
	}
}

// usage is all that was counted, with the days on which nothing was.
func (c *usageCount) usage(start, end int64) *Usage {
	c.totals.ActiveDays = int64(len(c.days))
	last := c.when(end)
	for d := c.when(start); d.Format(time.DateOnly) <= last.Format(time.DateOnly); d = d.AddDate(0, 0, 1) {
		c.on(d.Format(time.DateOnly))
	}
	out := &Usage{Totals: c.totals, Period: UsagePeriod{start, end, max(1, (end-start)/day+1)}, TopModels: []ModelUsage{},
		TopTools: []ToolUsage{}}
	sum := UsageDay{Models: map[string]int64{}}
	weeks := map[string]*UsageDay{}
	var streak int64
	for _, date := range slices.Sorted(maps.Keys(c.days)) {
		d := c.days[date]
		d.Chats = int64(len(c.chats[date]))
		out.Days = append(out.Days, *d)
		out.Totals.PeakTokens = max(out.Totals.PeakTokens, d.Tokens)
		if streak++; d.Messages == 0 {
			streak = 0
		}
		out.Totals.LongestStreak = max(out.Totals.LongestStreak, streak)
		sum.add(d)
		out.Cumulative = append(out.Cumulative, UsageDay{date, sum.Messages, sum.Chats, sum.Tokens, maps.Clone(sum.Models)})
		monday := mondayOf(date)
		if weeks[monday] == nil {
			weeks[monday] = &UsageDay{Date: monday, Models: map[string]int64{}}
			out.Weeks = append(out.Weeks, UsageDay{Date: monday})
		}
		weeks[monday].add(d)
	}
	for i := range out.Weeks {
		out.Weeks[i] = *weeks[out.Weeks[i].Date]
	}
	out.Totals.CurrentStreak = streak
	const most = 5
	for _, x := range slices.SortedFunc(maps.Values(c.models), func(a, b *ModelUsage) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.ModelID, b.ModelID))
	})[:min(most, len(c.models))] {
		out.TopModels = append(out.TopModels, *x)
	}
	for _, name := range slices.SortedFunc(maps.Keys(c.tools), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.tools[b], c.tools[a]), cmp.Compare(a, b))
	})[:min(most, len(c.tools))] {
		out.TopTools = append(out.TopTools, ToolUsage{name, c.tools[name]})
	}
	if len(out.TopModels) > 0 {
		out.Insights.MostUsedModel = &out.TopModels[0].ModelID
	}
	const percent = 100
	x := &out.Totals
	out.Insights.MessagesPerDay = ratio(x.Messages, x.ActiveDays, 1)
	out.Insights.UserShare, out.Insights.AssistantShare = ratio(x.UserMessages, x.Messages, percent),
		ratio(x.AssistantMessages, x.Messages, percent)
	return out
}

func mondayOf(date string) string {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	const week = 7
	return d.AddDate(0, 0, -(int(d.Weekday())+week-1)%week).Format(time.DateOnly)
}
