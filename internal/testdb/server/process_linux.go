package server

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// alive reports whether the process is there and not merely waiting to be
// collected by its parent.
func alive(pid int) bool {
	state, _, ok := stat(pid)
	return ok && state != "Z" && state != "X"
}

// runs reports whether text is part of the process's command line.
func runs(pid int, text string) bool {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	return err == nil && bytes.Contains(line, []byte(text))
}

// children lists the processes that pid has started itself.
func children(pid int) []int {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	var all []int
	for _, d := range dirs {
		child, err := strconv.Atoi(filepath.Base(d))
		if err != nil {
			continue
		}
		if state, parent, ok := stat(child); ok && parent == pid && state != "Z" {
			all = append(all, child)
		}
	}
	return all
}

func stat(pid int) (state string, parent int, ok bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return "", 0, false
	}
	// The second field is the program's name in parentheses, with anything in it.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 2 {
		return "", 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	return fields[0], parent, err == nil
}
