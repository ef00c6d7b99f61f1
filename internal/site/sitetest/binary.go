package sitetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// build and buildVerifier make the programs once for each test process. They are functions of the source, kept for the process's life.
var (
	build         = sync.OnceValues(func() (string, error) { return compile("custody") })
	buildVerifier = sync.OnceValues(func() (string, error) { return compile("custody-verify") })
)

func compile(program string) (string, error) {
	dir, err := os.MkdirTemp("", "custody-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, program)
	cmd := exec.Command("go", "build", "-o", path, "github.com/footage-custody/custody/cmd/"+program)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", &exec.Error{Name: "go build: " + string(out), Err: err}
	}
	return path, nil
}

// Verifier is the path of custody-verify, built from this source.
func Verifier(t testing.TB) string {
	t.Helper()
	path, err := buildVerifier()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Binary is the path of the program, built from this source. CUSTODY_BINARY names another one.
func Binary(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("CUSTODY_BINARY"); path != "" {
		return path
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Full reports whether tests run at full length (make accept).
func Full() bool { return os.Getenv("CUSTODY_ACCEPT") == "1" }

// Scaled is full in make accept and short in make test.
func Scaled[T any](short, full T) T {
	if Full() {
		return full
	}
	return short
}

// CacheDir is where encoded clips are kept between tests: .cache/media of the repository.
func CacheDir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, ".cache", "media")
		}
	}
	t.Fatal("this is not a checkout: there is no go.mod above")
	return ""
}
