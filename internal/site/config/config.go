package config

import (
	"path/filepath"
	"time"
	_ "time/tzdata" // the site's zone must be known on a machine without a zone database
)

// The drivers, durabilities and log settings a Config may name.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"

	Disk = "disk"
	S3   = "s3"

	TLSSite  = "site"  // a certificate of the site's own authority
	TLSFiles = "files" // a certificate of somebody else's, as files
	TLSACME  = "acme"  // a certificate fetched by ACME (RFC 8555)
	TLSNone  = "none"  // plain HTTP, on a loopback address only

	IowaLibrary = "iowa-library" // records.jurisdiction

	Off = "off" // web.listen: no web server; the process records only

	FactorRequired = "required"
	FactorOptional = "optional"

	PerSegment  = "segment"
	PerFragment = "fragment"
)

// Config is one site's configuration. Paths are absolute.
type Config struct {
	Site        Site        `yaml:"site"`
	DataDir     string      `yaml:"data_dir"`
	Database    Database    `yaml:"database"`
	Objects     Objects     `yaml:"objects"`
	Spool       Spool       `yaml:"spool"`
	Cameras     Cameras     `yaml:"cameras,omitempty"`
	Keys        Keys        `yaml:"keys"`
	Checkpoints Checkpoints `yaml:"checkpoints"`
	Backup      Backup      `yaml:"backup"`
	Web         Web         `yaml:"web"`
	Records     Records     `yaml:"records"`
	Operator    Operator    `yaml:"operator"`
	Log         Log         `yaml:"log"`
}

// Site says which site this is.
type Site struct {
	Name   string `yaml:"name"`
	Zone   string `yaml:"zone"`   // IANA name
	Origin string `yaml:"origin"` // first line of the log's checkpoints (C2SP tlog-checkpoint)
}

// Location is the site's time zone, for the edge only: everything inside is UTC. It is never nil for a
// Config that Load or Default returned; for any other it may be UTC in place of an unknown zone.
func (s Site) Location() *time.Location {
	if loc, err := time.LoadLocation(s.Zone); err == nil {
		return loc
	}
	return time.UTC
}

// Database says where the rows and the log are. Path belongs to sqlite, DSNFile to postgres.
type Database struct {
	Driver  string `yaml:"driver"`
	Path    string `yaml:"path,omitempty"`
	DSNFile string `yaml:"dsn_file,omitempty"` // holds one line: the PostgreSQL connection string
}

// Objects says where sealed segments are. Path belongs to disk, everything else to s3.
type Objects struct {
	Driver         string `yaml:"driver"`
	Path           string `yaml:"path,omitempty"`
	Endpoint       string `yaml:"endpoint,omitempty"` // https://host[:port]; http only to a loopback address
	Bucket         string `yaml:"bucket,omitempty"`
	Region         string `yaml:"region,omitempty"`
	PutKeyFile     string `yaml:"put_key_file,omitempty"`     // two lines: access key id, secret access key (ReadKeyPair)
	DisposeKeyFile string `yaml:"dispose_key_file,omitempty"` // likewise; empty while nothing may be disposed
	CAFile         string `yaml:"ca_file,omitempty"`          // PEM; empty for the system's authorities
	PathStyle      bool   `yaml:"path_style,omitempty"`       // bucket in the path, not in the host name
	Reread         bool   `yaml:"reread,omitempty"`           // read every object back instead of believing the service's checksum
}

// Spool is where footage waits between the camera and the object store.
type Spool struct {
	Dir          string `yaml:"dir"`
	Durability   string `yaml:"durability"`
	MaxBytes     Size   `yaml:"max_bytes"`      // recording stops with gap cause storage-full beyond it
	MinFreeBytes Size   `yaml:"min_free_bytes"` // and when the disk has less than this free
}

// Cameras says what holds for every camera.
type Cameras struct {
	CAFile string `yaml:"ca_file,omitempty"` // PEM; empty for the system's authorities
}

// Keys says where the site key is; every other key lies in the database, wrapped by it.
type Keys struct {
	SiteKeyFile string `yaml:"site_key_file"`
}

// Checkpoints says how often the log is signed, and where copies of the signed checkpoints go.
type Checkpoints struct {
	Every  Duration `yaml:"every"`
	CopyTo []string `yaml:"copy_to"`
}

// Backup says where nightly backups go, how many stay, and when they are made.
type Backup struct {
	Dir  string    `yaml:"dir"`
	Keep int       `yaml:"keep"`
	At   TimeOfDay `yaml:"at"` // in the site's zone
}

// Web is the front door: where people reach the application and the API.
type Web struct {
	Listen         string   `yaml:"listen"` // host:port, or off
	URL            string   `yaml:"url"`    // the one address that people use: scheme, host, port and nothing else
	TLS            string   `yaml:"tls"`
	Dir            string   `yaml:"dir"`                       // the site's authority and certificates, ACME's account
	Hosts          []string `yaml:"hosts,omitempty"`           // more names and addresses for the site certificate
	CertFile       string   `yaml:"cert_file,omitempty"`       // files: PEM, leaf first
	KeyFile        string   `yaml:"key_file,omitempty"`        // files: PEM, mode 0600
	ACMEEmail      string   `yaml:"acme_email,omitempty"`      // acme
	ACMEDirectory  string   `yaml:"acme_directory,omitempty"`  // acme: empty for Let's Encrypt
	ACMECAFile     string   `yaml:"acme_ca_file,omitempty"`    // acme: PEM; empty for the system's authorities
	ACMEListen     string   `yaml:"acme_listen,omitempty"`     // acme: where HTTP-01 is answered; empty for TLS-ALPN-01 only
	TrustedProxies []string `yaml:"trusted_proxies,omitempty"` // networks whose X-Forwarded-For is believed
	SecondFactor   string   `yaml:"second_factor"`
}

// Records says how the body answers requests for records. Nothing of it is needed.
type Records struct {
	Jurisdiction string   `yaml:"jurisdiction"`        // whose holidays, clocks and wording
	Closed       []string `yaml:"closed,omitempty"`    // days on which the body is closed: "2026-12-24 Christmas Eve", or "12-24 ..." for every year
	Open         []string `yaml:"open,omitempty"`      // holidays on which it works all the same, by name
	Custodian    string   `yaml:"custodian,omitempty"` // the office that decides: "Library Director"
	Address      string   `yaml:"address,omitempty"`   // for letters
	Contact      string   `yaml:"contact,omitempty"`   // for letters
	// RequestFilesYears is for how many years after its closing the file of a request is kept, 1 to 100.
	RequestFilesYears int    `yaml:"request_files_years"`
	Fees              string `yaml:"fees,omitempty"` // the notice about fees as counsel confirmed it
}

// Operator is the listener for metrics and health.
type Operator struct {
	Listen      string `yaml:"listen"`
	AllowRemote bool   `yaml:"allow_remote"`
}

// Log says what the process writes to standard error.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Default is a complete configuration of the embedded drivers with everything below dataDir, which
// must be absolute. The site's name and zone are left for the caller to fill in: nobody can guess them.
func Default(dataDir string) Config {
	in := func(elem ...string) string { return filepath.Join(append([]string{dataDir}, elem...)...) }
	return Config{
		DataDir:     dataDir,
		Database:    Database{Driver: SQLite, Path: in("custody.db")},
		Objects:     Objects{Driver: Disk, Path: in("objects")},
		Spool:       Spool{Dir: in("spool"), Durability: PerSegment, MaxBytes: 20 << 30, MinFreeBytes: 2 << 30},
		Keys:        Keys{SiteKeyFile: in("site.key")},
		Checkpoints: Checkpoints{Every: Duration(time.Minute), CopyTo: []string{in("checkpoints")}},
		Backup:      Backup{Dir: in("backup"), Keep: 14, At: TimeOfDay{2, 30}},
		Web:         Web{Listen: "127.0.0.1:8440", URL: "https://localhost:8440", TLS: TLSSite, Dir: in("tls"), SecondFactor: FactorRequired},
		Records:     Records{Jurisdiction: IowaLibrary, RequestFilesYears: 5},
		Operator:    Operator{Listen: "127.0.0.1:9464"},
		Log:         Log{Level: "info", Format: "text"},
	}
}
