package s3_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/object/objecttest"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
	"github.com/footage-custody/custody/storage/object/s3"
)

// raw is a plain client, to do to a bucket what the driver never does.
func raw(t *testing.T, gw *gateway.Gateway, access, secret string) *minio.Client {
	t.Helper()
	c, err := minio.New(strings.TrimPrefix(gw.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(access, secret, ""), Region: gw.Region, MaxRetries: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func versions(t *testing.T, c *minio.Client, bucket string) (n int) {
	t.Helper()
	for o := range c.ListObjectsIter(t.Context(), bucket, minio.ListObjectsOptions{WithVersions: true, Recursive: true, Prefix: key}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		n++
	}
	return n
}

func TestPurgeTakesEveryVersion(t *testing.T) {
	gw := objecttest.StartGateway(t)
	cfg := config(gw)
	s := store(t, cfg, s3.Bucket{Versioning: true})
	c := raw(t, gw, gw.AccessKey, gw.SecretKey)
	for i := range 5 {
		body := strings.Repeat("x", i+1) // an empty signed stream would leave its last chunk on the connection for the next request
		if _, err := c.PutObject(t.Context(), cfg.Bucket, key, strings.NewReader(body), int64(len(body)), minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := c.RemoveObject(t.Context(), cfg.Bucket, key, minio.RemoveObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := versions(t, c, cfg.Bucket); n < 10 {
		t.Fatalf("the bucket holds %d versions and markers, not 10", n)
	}
	if err := s.Purge(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if n := versions(t, c, cfg.Bucket); n != 0 {
		t.Errorf("%d versions are left", n)
	}
}

func TestObjectLock(t *testing.T) {
	gw := objecttest.StartGateway(t)
	cfg := config(gw)
	s := store(t, cfg, s3.Bucket{ObjectLock: true})
	if err := s.Put(t.Context(), key, objecttest.WriteSource(t, t.TempDir(), []byte("held"))); err != nil {
		t.Fatal(err)
	}
	if l, err := s.LockOf(t.Context(), key); err != nil || l != (s3.Lock{}) {
		t.Fatalf("a fresh object: %+v, %v", l, err)
	}
	for range 2 {
		if err := s.LegalHold(t.Context(), key, true); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, custody.Denied, s.Purge(t.Context(), key), "Purge under a hold")
	mustHold(t, s, []byte("held"))

	putter := cfg
	putter.DisposeCredentials = s3.Credentials{}
	p := store(t, putter, s3.Bucket{})
	wants(t, custody.Denied, p.LegalHold(t.Context(), key, false), "a release without dispose credentials")
	if err := s.LegalHold(t.Context(), key, false); err != nil {
		t.Fatal(err)
	}

	until := custody.InstantOf(time.Now().Add(time.Hour))
	for _, u := range []custody.Instant{until, until.Add(-time.Minute), until.Add(time.Minute)} {
		if err := s.Retain(t.Context(), key, u); err != nil {
			t.Fatal(err)
		}
	}
	if l, err := s.LockOf(t.Context(), key); err != nil || l.Held || l.Until < until.Add(time.Minute) || l.Until > until.Add(time.Minute+time.Second) {
		t.Fatalf("%+v, %v", l, err)
	}
	wants(t, custody.Denied, s.Purge(t.Context(), key), "Purge under a retention")
	mustHold(t, s, []byte("held"))
	wants(t, custody.NotFound, s.Retain(t.Context(), "seg_none", until), "Retain of an absent key")

	plain := store(t, config(gw), s3.Bucket{})
	wants(t, custody.Conflict, plain.Retain(t.Context(), key, until), "Retain in a plain bucket")
	wants(t, custody.Conflict, plain.LegalHold(t.Context(), key, true), "LegalHold in a plain bucket")
	wants(t, custody.Conflict, plain.EnsureBucket(t.Context(), s3.Bucket{ObjectLock: true}), "Object Lock for an old bucket")
}

// TestTwoCredentials gives the recorder an account that can put and read, and the disposer another.
func TestTwoCredentials(t *testing.T) {
	gw := objecttest.StartGateway(t)
	proxy := objecttest.StartProxy(t, gw)
	root := config(gw)
	store(t, root, s3.Bucket{Versioning: true})
	access, secret, err := gw.AddUser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	admin := raw(t, gw, gw.AccessKey, gw.SecretKey)
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":[%q]},
		"Action":["s3:PutObject","s3:GetObject","s3:GetObjectVersion","s3:ListBucket"],
		"Resource":["arn:aws:s3:::%s","arn:aws:s3:::%s/*"]}]}`, access, root.Bucket, root.Bucket)
	if err := admin.SetBucketPolicy(t.Context(), root.Bucket, policy); err != nil {
		t.Fatal(err)
	}
	c := root
	c.Endpoint = proxy.Endpoint
	c.PutCredentials, c.DisposeCredentials = s3.Credentials{AccessKey: access, SecretKey: secret}, s3.Credentials{}
	recorder, err := s3.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer recorder.Close()
	if err := recorder.Put(t.Context(), key, objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))); err != nil {
		t.Fatal(err)
	}
	mustHold(t, recorder, []byte("bytes"))
	wants(t, custody.Denied, recorder.Purge(t.Context(), key), "Purge without dispose credentials")
	thief := c
	thief.DisposeCredentials = c.PutCredentials
	stolen, err := s3.New(thief)
	if err != nil {
		t.Fatal(err)
	}
	defer stolen.Close()
	wants(t, custody.Denied, stolen.Purge(t.Context(), key), "Purge with the put credentials")
	mustHold(t, recorder, []byte("bytes"))
	if proxy.Users()[gw.AccessKey] != 0 {
		t.Error("the recorder used the other account")
	}
	c.DisposeCredentials = root.DisposeCredentials
	disposer, err := s3.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer disposer.Close()
	if err := disposer.Purge(t.Context(), key); err != nil || proxy.Users()[gw.AccessKey] == 0 {
		t.Errorf("Purge with dispose credentials: %v, %v", err, proxy.Users())
	}
}

// TestDamageWithoutDisposeCredentials: what the recorder cannot remove it reports and never overwrites by itself; told to
// replace it, it does, and only with what the service then proves to hold.
func TestDamageWithoutDisposeCredentials(t *testing.T) {
	gw := objecttest.StartGateway(t)
	for _, versioned := range []bool{false, true} {
		var bucket string
		s, p := proxied(t, gw, s3.Bucket{Versioning: versioned}, func(c *s3.Config) {
			c.DisposeCredentials, bucket = s3.Credentials{}, c.Bucket
		})
		data := objecttest.Bytes(5, 10_000)
		src := objecttest.WriteSource(t, t.TempDir(), data)
		p.Set(objecttest.Fault{Mode: objecttest.AlterPuts})
		wants(t, custody.Corrupt, s.Put(t.Context(), key, src), "Put")
		wants(t, custody.Exists, s.Put(t.Context(), key, src), "the retry")
		wants(t, custody.Corrupt, s.Replace(t.Context(), key, src), "Replace by a store that still lies")
		p.Set(objecttest.Fault{Mode: objecttest.DropPuts})
		wants(t, custody.Corrupt, s.Replace(t.Context(), key, src), "Replace by a store that drops it")
		p.Set(objecttest.Fault{})
		wants(t, custody.Exists, s.Put(t.Context(), key, src), "Put by an honest store")
		for range 2 {
			if err := s.Replace(t.Context(), key, src); err != nil {
				t.Fatal(err)
			}
		}
		mustHold(t, s, data)
		want := 1
		if versioned {
			want = 3 // the two damaged ones stay below
		}
		if n := versions(t, raw(t, gw, gw.AccessKey, gw.SecretKey), bucket); n != want {
			t.Errorf("versioned %v: %d versions, want %d", versioned, n, want)
		}
	}
}

func TestMultipart(t *testing.T) {
	cfg := config(objecttest.StartGateway(t))
	cfg.SinglePutMax = 1 << 20
	s := store(t, cfg, s3.Bucket{Versioning: true})
	data := objecttest.Bytes(4, 65<<20)
	src := objecttest.WriteSource(t, t.TempDir(), data)
	for range 2 {
		if err := s.Put(t.Context(), key, src); err != nil {
			t.Fatal(err)
		}
	}
	mustHold(t, s, data)
	if st, err := s.Stat(t.Context(), key); err != nil || st.Digest != nil {
		t.Errorf("a digest over parts passes for one over bytes: %+v, %v", st, err)
	}
	data[1<<20] ^= 1
	wants(t, custody.Exists, s.Put(t.Context(), key, objecttest.WriteSource(t, t.TempDir(), data)), "other bytes")
}

func TestPrivateAuthority(t *testing.T) {
	gw := objecttest.StartGateway(t)
	target, err := url.Parse(gw.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}})
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // one handshake shall fail
	front.StartTLS()
	defer front.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config(gw)
	cfg.Endpoint = front.URL
	distrusting, err := s3.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer distrusting.Close()
	wants(t, custody.Unavailable, distrusting.EnsureBucket(t.Context(), s3.Bucket{}), "an unknown authority")
	cfg.CAFile = ca
	s := store(t, cfg, s3.Bucket{})
	if err := s.Put(t.Context(), key, objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))); err != nil {
		t.Fatal(err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := s3.Config{Endpoint: "https://s3.example.org", Bucket: "b", PutCredentials: s3.Credentials{AccessKey: "a", SecretKey: "s"}}
	if _, err := s3.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*s3.Config){
		"no endpoint":        func(c *s3.Config) { c.Endpoint = "" },
		"a path":             func(c *s3.Config) { c.Endpoint += "/bucket" },
		"user in URL":        func(c *s3.Config) { c.Endpoint = "https://a:b@s3.example.org" },
		"other scheme":       func(c *s3.Config) { c.Endpoint = "ftp://s3.example.org" },
		"plaintext abroad":   func(c *s3.Config) { c.Endpoint = "http://s3.example.org" },
		"no bucket":          func(c *s3.Config) { c.Bucket = "" },
		"no credentials":     func(c *s3.Config) { c.PutCredentials = s3.Credentials{} },
		"no such CA":         func(c *s3.Config) { c.CAFile = "/nonexistent" },
		"CA without PEM":     func(c *s3.Config) { c.CAFile = "/dev/null" },
		"odd retention":      func(c *s3.Config) { c.Retention = "FOREVER" },
		"negative timeout":   func(c *s3.Config) { c.Timeout = -1 },
		"single put too big": func(c *s3.Config) { c.SinglePutMax = 6 << 30 },
	} {
		c := good
		change(&c)
		_, err := s3.New(c)
		wants(t, custody.Invalid, err, name)
	}
}

func TestCredentialsNeverShow(t *testing.T) {
	gw := objecttest.StartGateway(t)
	cfg := config(gw)
	store(t, cfg, s3.Bucket{})
	const access, secret = "ACCESSKEYOFTEST", "the-secret-of-the-test"
	cfg.PutCredentials = s3.Credentials{AccessKey: access, SecretKey: secret, SessionToken: secret}
	cfg.DisposeCredentials = cfg.PutCredentials
	s, err := s3.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", cfg, "credentials", cfg.PutCredentials)
	asJSON, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	seen := []string{log.String(), string(asJSON)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		seen = append(seen, fmt.Sprintf(verb, cfg), fmt.Sprintf(verb, &cfg), fmt.Sprintf(verb, cfg.PutCredentials), fmt.Sprintf(verb, s))
	}
	src := objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))
	_, statErr := s.Stat(t.Context(), key)
	for _, err := range []error{s.Put(context.Background(), key, src), statErr, s.Purge(t.Context(), key), s.ReadAt(t.Context(), key, make([]byte, 1), 0)} {
		if err == nil {
			t.Fatal("wrong credentials work")
		}
		seen = append(seen, err.Error(), fmt.Sprintf("%#v", err))
	}
	for _, text := range seen {
		for _, hidden := range []string{access, secret, fmt.Sprintf("%x", secret)} {
			if strings.Contains(text, hidden) {
				t.Errorf("%q shows in %q", hidden, text)
			}
		}
	}
}
