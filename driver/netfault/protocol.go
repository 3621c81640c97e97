package netfault

import (
	"bytes"
	"context"
	"net"
	"strings"
	"time"
)

// patience is how long what listens may take to show what it is, for each of
// the two questions.
const patience = time.Second

// Protocol says what listens at an address, by what it says unasked or to the
// first bytes of PostgreSQL's and of HTTP's own dialogue: "a PostgreSQL server".
// It is empty for what cannot be told, and where nothing listens.
func Protocol(ctx context.Context, address string) string {
	// A database server of the MySQL family, SSH and mail greet whoever comes.
	switch greeting := ask(ctx, address, nil); {
	case len(greeting) > 5 && (greeting[4] == 10 || greeting[4] == 0xff):
		return "a MySQL or MariaDB server"
	case bytes.HasPrefix(greeting, []byte("SSH-")):
		return "an SSH server"
	case len(greeting) > 0:
		return "another kind of server"
	}
	sslRequest := []byte{0, 0, 0, 8, 4, 210, 22, 47}
	if answer := ask(ctx, address, sslRequest); len(answer) == 1 && (answer[0] == 'S' || answer[0] == 'N') {
		return "a PostgreSQL server"
	}
	if answer := ask(ctx, address, []byte("GET / HTTP/1.0\r\n\r\n")); bytes.HasPrefix(answer, []byte("HTTP/")) {
		return "a web server"
	}
	return ""
}

// ask sends bytes, if any, and returns the first that come back.
func ask(ctx context.Context, address string, question []byte) []byte {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if conn.SetDeadline(deadline) != nil {
		return nil
	}
	if _, err := conn.Write(question); err != nil {
		return nil
	}
	buf := make([]byte, 64)
	n, _ := conn.Read(buf) // nothing in time is an answer, too
	return buf[:n]
}

// stranger is the sentence for an address at which something listens that is no
// server of a's kind; empty when there is none.
func (a Attempt) stranger(ctx context.Context) string {
	for _, address := range strings.Split(a.Where, ", ") {
		if is := Protocol(ctx, address); is != "" && !strings.Contains(is, a.Server) {
			return "what listens at " + address + " is " + is + ", and no " + a.Server +
				" server; correct the scheme or the port of the URL"
		}
	}
	return ""
}
