package tables

import "github.com/larder-db/larder/schema"

// Head is the revision of the shared history at which these tables are.
const Head = "0bd252b206fb"

// All returns the 47 tables in an order in which they can be created: a table
// stands behind those that its foreign keys refer to. The tables are shared and
// must not be changed; Clone one first.
func All() []*schema.Table {
	return []*schema.Table{
		User.Table,
		Auth.Table,
		APIKey.Table,
		OAuthSession.Table,
		Group.Table,
		GroupMember.Table,
		AccessGrant.Table,
		Folder.Table,
		Chat.Table,
		ChatMessage.Table,
		SharedChat.Table,
		Tag.Table,
		ChatIDTag.Table,
		File.Table,
		ChatFile.Table,
		Document.Table,
		Knowledge.Table,
		KnowledgeDirectory.Table,
		KnowledgeFile.Table,
		Channel.Table,
		Message.Table,
		MessageReaction.Table,
		ChannelMember.Table,
		ChannelFile.Table,
		ChannelWebhook.Table,
		App.Table,
		Note.Table,
		PinnedNote.Table,
		Memory.Table,
		Prompt.Table,
		PromptHistory.Table,
		Model.Table,
		ModelHistory.Table,
		Tool.Table,
		ToolHistory.Table,
		Function.Table,
		FunctionHistory.Table,
		Skill.Table,
		SkillHistory.Table,
		Feedback.Table,
		Calendar.Table,
		CalendarEvent.Table,
		CalendarEventAttendee.Table,
		Automation.Table,
		AutomationRun.Table,
		Config.Table,
		ConfigOld.Table,
	}
}

// Named returns the table of that name, or nil.
func Named(name string) *schema.Table {
	for _, t := range All() {
		if t.Name == name {
			return t
		}
	}
	return nil
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
