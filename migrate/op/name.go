package op

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/larder-db/larder/schema"
)

// Name is the name of a constraint or index whose author gave none:
// prefix_table_columns, for example "ix_chat_user_id_updated_at". The prefixes
// are ix, uq, fk, ck and pk. A name over schema.NameLimit bytes is cut, never
// inside a character, and ends in a hash of the whole, so that the same
// declaration has the same name everywhere, and two have two.
func Name(prefix, table string, columns ...string) string {
	full := strings.Join(append([]string{prefix, table}, columns...), "_")
	if len(full) <= schema.NameLimit {
		return full
	}
	// Names can hold "_" themselves: the hash tells a_b + c from a + b_c.
	sum := sha256.Sum256([]byte(strings.Join(append([]string{prefix, table}, columns...), "\x00")))
	n := schema.NameLimit - 9
	for n > 0 && !utf8.RuneStart(full[n]) {
		n--
	}
	return full[:n] + "_" + hex.EncodeToString(sum[:4])
}
