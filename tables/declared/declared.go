package declared

import "github.com/larder-db/larder/schema"

// Head is the revision of the shared history at which these tables are.
const Head = "0bd252b206fb"

// All returns the 47 tables in an order in which they can be created: a table
// stands behind those that its foreign keys refer to. The tables are shared and
// must not be changed; Clone one first.
func All() []*schema.Table {
	return []*schema.Table{
		User,
		Auth,
		APIKey,
		OAuthSession,
		Group,
		GroupMember,
		AccessGrant,
		Folder,
		Chat,
		ChatMessage,
		SharedChat,
		Tag,
		ChatIDTag,
		File,
		ChatFile,
		Document,
		Knowledge,
		KnowledgeDirectory,
		KnowledgeFile,
		Channel,
		Message,
		MessageReaction,
		ChannelMember,
		ChannelFile,
		ChannelWebhook,
		App,
		Note,
		PinnedNote,
		Memory,
		Prompt,
		PromptHistory,
		Model,
		ModelHistory,
		Tool,
		ToolHistory,
		Function,
		FunctionHistory,
		Skill,
		SkillHistory,
		Feedback,
		Calendar,
		CalendarEvent,
		CalendarEventAttendee,
		Automation,
		AutomationRun,
		Config,
		ConfigOld,
	}
}

// define makes a table of what columns says.
func define(name string, columns func(t *schema.Table)) *schema.Table {
	t := schema.Define(name)
	columns(t)
	return t
}

// The most characters of keys, for engines that limit them. They bind only
// there and are explained in docs/engines.md.
const (
	idKey      = 191 // ids of users, chats, folders, files and the like: a UUID has 36, an imported one may have more
	messageKey = 384 // "<chat id>-<message id>"
	modelKey   = 255 // ids that people choose: models, tools, functions, skills, prompts
	nameKey    = 255 // names and addresses that are unique
	tagKey     = 512 // a tag's id is its name
	configKey  = 512 // dotted keys
	wordKey    = 64  // words of a fixed list: a role, a status, a permission
)

// What the times of most tables are.
const (
	madeAt    = "when the row was made"
	changedAt = "when the program last changed the row"
)
