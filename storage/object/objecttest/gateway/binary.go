package gateway

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/footage-custody/custody/internal/custody"
)

// Module is what Binary builds when it finds no versitygw.
const Module = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"

// Binary returns the path of versitygw: the one that CUSTODY_VERSITYGW names, else .cache/tools/versitygw
// of the repository around the working directory, built there if it is missing (minutes, once).
func Binary(ctx context.Context) (string, error) {
	if p := os.Getenv("CUSTODY_VERSITYGW"); p != "" {
		return p, nil
	}
	root, err := repository()
	if err != nil {
		return "", err
	}
	tools := filepath.Join(root, ".cache", "tools")
	path := filepath.Join(tools, "versitygw")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	cmd := exec.CommandContext(ctx, "go", "install", Module)
	cmd.Env = append(os.Environ(), "GOBIN="+tools, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", custody.Wrap(custody.Unavailable, err, "versitygw could not be built (set CUSTODY_VERSITYGW to a binary): %s", tail(out))
	}
	return path, nil
}

// repository returns the nearest directory upwards that holds a go.mod.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", custody.Wrap(custody.Internal, err, "the working directory is unknown")
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", custody.Errorf(custody.Invalid, "versitygw was not found: set CUSTODY_VERSITYGW to its path")
		}
		dir = up
	}
}

// tail returns the last KiB of a process's output.
func tail(out []byte) []byte { return out[max(0, len(out)-1024):] }
