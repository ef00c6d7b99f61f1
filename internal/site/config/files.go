package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

const maxSecretBytes = 16 << 10

// fileProblems checks the files that the configuration names. Problems already found keep it from
// complaining about paths that may not be meant.
func (c Config) fileProblems(found []problem) []problem {
	if len(found) > 0 {
		return nil
	}
	var problems []problem
	add := func(key string, err error) {
		if err != nil {
			problems = append(problems, problem{0, key + ": " + err.Error()})
		}
	}
	secret := func(key, path string) {
		if path != "" {
			add(key, checkSecret(path))
		}
	}
	secret("database.dsn_file", c.Database.DSNFile)
	secret("objects.put_key_file", c.Objects.PutKeyFile)
	secret("objects.dispose_key_file", c.Objects.DisposeKeyFile)
	if err := checkSecret(c.Keys.SiteKeyFile); !errors.Is(err, os.ErrNotExist) { // custody init makes it
		add("keys.site_key_file", err)
	}
	authorities := func(key, path string) {
		if path != "" {
			_, err := os.Stat(path)
			add(key, err)
		}
	}
	authorities("objects.ca_file", c.Objects.CAFile)
	authorities("cameras.ca_file", c.Cameras.CAFile)
	authorities("web.acme_ca_file", c.Web.ACMECAFile)
	return problems
}

// checkSecret refuses what is not a file that its owner alone may touch.
func checkSecret(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s holds a secret and has mode %04o: run chmod 600 %s", path, mode, path)
	}
	return nil
}

// ReadSecret returns the content of a secret file without its last line break. It fails with Invalid
// if the file is missing, empty, larger than 16 KiB or open to others; the error never holds the content.
func ReadSecret(path string) (string, error) {
	if err := checkSecret(path); err != nil {
		return "", custody.Wrap(custody.Invalid, err, "the secret file cannot be used")
	}
	b, err := readBounded(path, maxSecretBytes)
	if err != nil {
		return "", custody.Wrap(custody.Invalid, err, "the secret file cannot be read")
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if text == "" {
		return "", custody.Errorf(custody.Invalid, "the secret file %s is empty", path)
	}
	return text, nil
}

// ReadKeyPair returns the two lines of an object store key file: access key id and secret access key.
func ReadKeyPair(path string) (id, secret string, err error) {
	text, err := ReadSecret(path)
	if err != nil {
		return "", "", err
	}
	id, secret, _ = strings.Cut(text, "\n")
	id, secret = strings.TrimSpace(id), strings.TrimSpace(secret)
	if id == "" || secret == "" || strings.ContainsAny(secret, "\r\n") {
		return "", "", custody.Errorf(custody.Invalid, "%s must have two lines: access key id, then secret access key", path)
	}
	return id, secret, nil
}

// readBounded reads a whole file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return b, nil
}
