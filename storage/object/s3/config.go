package s3

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/footage-custody/custody/internal/custody"
)

// Credentials are one access key of the service. Formatting, logging or marshalling them shows nothing.
type Credentials struct {
	AccessKey, SecretKey, SessionToken string
}

const redacted = "[credentials]"

// Format implements fmt.Formatter for every verb.
func (Credentials) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer.
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, so JSON and YAML show nothing either.
func (Credentials) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func (c Credentials) empty() bool { return c.AccessKey == "" && c.SecretKey == "" }

// RetentionMode says who may shorten an Object Lock retention.
type RetentionMode string

// The modes of S3 Object Lock.
const (
	Governance RetentionMode = "GOVERNANCE" // an account with a special right
	Compliance RetentionMode = "COMPLIANCE" // nobody
)

// Config says where the bucket is and how to reach it.
type Config struct {
	Endpoint           string // "https://host[:port]"; http only for this host, or with Plaintext
	Region             string // default "us-east-1"
	Bucket             string
	PathStyle          bool   // endpoint/bucket/key instead of bucket.endpoint/key
	Plaintext          bool   // allow http to another host: whoever listens sees signatures and ciphertext
	CAFile             string // PEM file of authorities to trust instead of the system's
	PutCredentials     Credentials
	DisposeCredentials Credentials   // empty: Purge is Denied
	Reread             bool          // read back every put instead of trusting a proven checksum
	SinglePutMax       int64         // bytes; larger objects go as multipart and are read back; default 256 MiB, at most 5 GiB
	Timeout            time.Duration // of a call without its bytes; default 30 s
	MinRate            int64         // bytes a second granted to transfers; default 1 MiB/s
	Retention          RetentionMode // of Retain; default Governance
}

// partSize of a multipart upload: 5 MiB to 5 GiB by the protocol, at most 10,000 parts.
const partSize = 64 << 20

func (c *Config) complete() error {
	c.Region = or(c.Region, "us-east-1")
	c.SinglePutMax = or(c.SinglePutMax, 256<<20)
	c.Timeout = or(c.Timeout, 30*time.Second)
	c.MinRate = or(c.MinRate, 1<<20)
	c.Retention = or(c.Retention, Governance)
	switch {
	case c.Bucket == "":
		return invalid("bucket", "name the bucket")
	case c.PutCredentials.empty():
		return invalid("put credentials", "give an access key and its secret")
	case c.SinglePutMax < 0 || c.SinglePutMax > 5<<30:
		return invalid("single put limit", "give at most 5 GiB")
	case c.Timeout < 0 || c.MinRate < 0:
		return invalid("timeout or rate", "give more than zero")
	case c.Retention != Governance && c.Retention != Compliance:
		return invalid("retention mode", "write GOVERNANCE or COMPLIANCE")
	}
	return nil
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

func invalid(field, remedy string) error {
	return custody.Errorf(custody.Invalid, "the object store's %s is not valid: %s", field, remedy)
}

// endpoint returns host and scheme of a checked endpoint.
func (c *Config) endpoint() (host string, secure bool, err error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Host == "" || (u.Path != "" && u.Path != "/") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", false, invalid("endpoint", "write it like https://s3.example.org:9000, without path, user or query")
	}
	switch {
	case u.Scheme == "https":
		return u.Host, true, nil
	case u.Scheme != "http":
		return "", false, invalid("endpoint", "begin with https://")
	case !c.Plaintext && !loopback(u.Hostname()):
		return "", false, invalid("endpoint", "use https, or allow plaintext to another host explicitly")
	}
	return u.Host, false, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// client makes a minio client for one pair of credentials that retries nothing and follows no redirect.
func (c *Config) client(cred Credentials, tr http.RoundTripper) (*minio.Core, error) {
	host, secure, err := c.endpoint()
	if err != nil {
		return nil, err
	}
	lookup := minio.BucketLookupAuto
	if c.PathStyle {
		lookup = minio.BucketLookupPath
	}
	core, err := minio.NewCore(host, &minio.Options{
		Creds:        credentials.NewStaticV4(cred.AccessKey, cred.SecretKey, cred.SessionToken),
		Secure:       secure,
		Transport:    tr,
		Region:       c.Region,
		BucketLookup: lookup,
		MaxRetries:   1,
	})
	if err != nil {
		return nil, invalid("endpoint", "it is not one that S3 clients accept")
	}
	return core, nil
}

func (c *Config) transport() (*http.Transport, error) {
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, custody.Wrap(custody.Invalid, err, "the object store's CA file cannot be read")
		}
		tlsConfig.RootCAs = x509.NewCertPool()
		if !tlsConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, invalid("CA file", "it holds no PEM certificate")
		}
	}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: min(c.Timeout, 10*time.Second), KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       tlsConfig,
		TLSHandshakeTimeout:   min(c.Timeout, 10*time.Second),
		ExpectContinueTimeout: time.Second,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       time.Minute,
		DisableCompression:    true,
		WriteBufferSize:       256 << 10,
		ReadBufferSize:        256 << 10,
	}, nil
}
