//go:build unix && !linux

package server

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
)

// alive reports whether the process is there and not merely waiting to be
// collected by its parent.
func alive(pid int) bool {
	state := strings.TrimSpace(ps("-o", "stat=", "-p", strconv.Itoa(pid)))
	return state != "" && !strings.HasPrefix(state, "Z")
}

// runs reports whether text is part of the process's command line.
func runs(pid int, text string) bool {
	return strings.Contains(ps("-ww", "-o", "command=", "-p", strconv.Itoa(pid)), text)
}

// children lists the processes that pid has started itself.
func children(pid int) []int {
	var all []int
	for line := range strings.Lines(ps("-ax", "-o", "pid=,ppid=")) {
		f := strings.Fields(line)
		if len(f) == 2 && f[1] == strconv.Itoa(pid) {
			if child, err := strconv.Atoi(f[0]); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

func ps(args ...string) string {
	out, err := exec.CommandContext(context.Background(), "ps", args...).Output()
	if err != nil {
		return ""
	}
	return string(out)
}
