// Package chatdoc holds the rules of the chat document: the JSON object that a
// chat client keeps in chat.chat, with the message tree below
// history.messages. All functions are pure; text goes in, text comes out.
//
// The document is not decoded into Go values. It is cut at its member
// boundaries and put together again, so every part that no rule touches keeps
// its exact text: big integers, 1.0, the order of keys, escapes.
//
//	stored, err := chatdoc.ParseStored(row.Chat)
//	sent, err := chatdoc.Parse(body)
//	merged := chatdoc.Merge(stored, sent, chatdoc.Author{ID: userID, Name: name})
//	rows := merged.Rows(chatID, userID, now)
//
// What holds after [Merge]: no stored message is lost, every sent message is
// there, childrenIds agree with parentId, and merging the same document again
// changes nothing.
//
// What it will not do: read or write a database, or look at the clock.
package chatdoc
