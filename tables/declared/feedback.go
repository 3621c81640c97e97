package declared

import "github.com/larder-db/larder/schema"

// Feedback is the table feedback.
var Feedback = define("feedback", func(t *schema.Table) {
	t.Describe("ratings of answers, with a snapshot of the chat.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Null().Doc("who rated")
	t.BigInt("version").Null().Doc("version of the format")
	t.Text("type").Null().Doc("rating")
	t.JSON("data").Null().Doc("rating, model_id, reason")
	t.JSON("meta").Null().Doc("chat_id, message_id")
	t.JSON("snapshot").Null().Doc("the chat as it was")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Unit(schema.Seconds).Doc(changedAt)
})
