package credential

import (
	"context"
	"os/exec"
	"syscall"
)

// shell hands the line over as it is: cmd has rules of its own for quotes.
func shell(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /S /C "` + line + `"`}
	return cmd
}
