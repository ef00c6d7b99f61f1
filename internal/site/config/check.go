package config

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// fill derives what the file left out and makes every path absolute.
func (d *document) fill(c *Config) {
	if c.Database.Driver != SQLite && d.find("database.path") == nil {
		c.Database.Path = ""
	}
	if c.Objects.Driver != Disk && d.find("objects.path") == nil {
		c.Objects.Path = ""
	}
	if d.find("site.origin") == nil {
		c.Site.Origin = Slug(c.Site.Name)
	}
	for _, p := range c.paths() {
		if *p != "" {
			*p = d.absolute(*p)
		}
	}
}

// paths are the fields that hold a path.
func (c *Config) paths() []*string {
	ps := []*string{
		&c.DataDir, &c.Database.Path, &c.Database.DSNFile, &c.Objects.Path, &c.Objects.PutKeyFile,
		&c.Objects.DisposeKeyFile, &c.Objects.CAFile, &c.Spool.Dir, &c.Cameras.CAFile, &c.Keys.SiteKeyFile, &c.Backup.Dir,
		&c.Web.Dir, &c.Web.CertFile, &c.Web.KeyFile, &c.Web.ACMECAFile,
	}
	for i := range c.Checkpoints.CopyTo {
		ps = append(ps, &c.Checkpoints.CopyTo[i])
	}
	return ps
}

// Slug makes a log origin of a site's name: lower-case letters, digits and single hyphens, at most 64 bytes.
// It may be empty, for a name without any letter from a to z or digit.
func Slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
		} else if s := b.String(); s != "" && s[len(s)-1] != '-' {
			b.WriteByte('-')
		}
	}
	s := b.String()
	return strings.Trim(s[:min(len(s), 64)], "-")
}

func (d *document) check(c *Config) {
	d.checkSite(c.Site)
	d.required("data_dir", c.DataDir)
	if d.find("data_dir") == nil {
		d.bad("data_dir", "is required: the directory below which the site keeps its data")
	}
	d.checkDatabase(c.Database)
	d.checkObjects(c.Objects)
	d.checkSpool(c.Spool)
	d.required("keys.site_key_file", c.Keys.SiteKeyFile)
	d.checkCheckpoints(c.Checkpoints)
	d.required("backup.dir", c.Backup.Dir)
	if c.Backup.Keep < 1 || c.Backup.Keep > 400 {
		d.bad("backup.keep", "must be from 1 to 400")
	}
	d.checkWeb(c.Web)
	d.oneOf("records.jurisdiction", c.Records.Jurisdiction, IowaLibrary)
	if n := c.Records.RequestFilesYears; n < 1 || n > 100 {
		d.bad("records.request_files_years", "must be from 1 to 100")
	}
	d.checkOperator(c.Operator)
	d.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	d.oneOf("log.format", c.Log.Format, "text", "json")
	d.checkApart(c)
}

func (d *document) required(key, value string) {
	if value == "" {
		d.bad(key, "must not be empty")
	}
}

func (d *document) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		d.bad(key, "must be %s, not %q", strings.Join(allowed, " or "), value)
	}
}

func (d *document) checkSite(s Site) {
	printable := !strings.ContainsFunc(s.Name, func(r rune) bool { return !unicode.IsPrint(r) })
	if n := utf8.RuneCountInString(s.Name); n < 1 || n > 80 || !printable || !utf8.ValidString(s.Name) {
		d.bad("site.name", "must have 1 to 80 printable characters")
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || s.Zone == "Local" {
		d.bad("site.zone", "%q is not an IANA time zone; write it like America/Chicago", s.Zone)
	}
	if !regexp.MustCompile(`^[a-z0-9]([a-z0-9./-]{0,62}[a-z0-9])?$`).MatchString(s.Origin) {
		d.bad("site.origin", "must have 1 to 64 of a-z, 0-9, hyphen, dot and slash, beginning and ending with a letter or digit")
	}
}

func (d *document) checkDatabase(b Database) {
	d.oneOf("database.driver", b.Driver, SQLite, Postgres)
	switch b.Driver {
	case SQLite:
		d.required("database.path", b.Path)
		d.foreign("postgres", "database.dsn_file")
	case Postgres:
		d.required("database.dsn_file", b.DSNFile)
		d.foreign("sqlite", "database.path")
	}
}

func (d *document) checkObjects(o Objects) {
	d.oneOf("objects.driver", o.Driver, Disk, S3)
	switch o.Driver {
	case Disk:
		d.required("objects.path", o.Path)
		d.foreign("s3", "objects.endpoint", "objects.bucket", "objects.region", "objects.put_key_file",
			"objects.dispose_key_file", "objects.ca_file", "objects.path_style", "objects.reread")
	case S3:
		d.foreign("disk", "objects.path")
		d.checkEndpoint(o.Endpoint)
		if !regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`).MatchString(o.Bucket) {
			d.bad("objects.bucket", "must have 3 to 63 of a-z, 0-9, dot and hyphen")
		}
		d.required("objects.put_key_file", o.PutKeyFile)
		if o.PutKeyFile != "" && o.PutKeyFile == o.DisposeKeyFile {
			d.bad("objects.dispose_key_file", "must not be the recording account's: what records must not be able to delete")
		}
	}
}

// foreign complains about keys that belong to another driver.
func (d *document) foreign(driver string, keys ...string) {
	for _, key := range keys {
		if d.find(key) != nil {
			d.bad(key, "belongs to driver %s: remove it, or change the driver", driver)
		}
	}
}

func (d *document) checkEndpoint(endpoint string) {
	u, err := url.Parse(endpoint)
	whole := err == nil && u.Host != "" && u.User == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
	switch {
	case !whole || (u.Scheme != "https" && u.Scheme != "http"):
		d.bad("objects.endpoint", "must be https://host or https://host:port and nothing else")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		d.bad("objects.endpoint", "plain http is only for a loopback address: use https, with objects.ca_file for an authority of your own")
	}
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (d *document) checkSpool(s Spool) {
	d.required("spool.dir", s.Dir)
	d.oneOf("spool.durability", s.Durability, PerSegment, PerFragment)
	if s.MaxBytes < 1<<30 {
		d.bad("spool.max_bytes", "must be at least 1GiB: one minute of a few cameras")
	}
	if s.MinFreeBytes < 256<<20 {
		d.bad("spool.min_free_bytes", "must be at least 256MiB: the open segments must still fit when recording stops")
	}
}

func (d *document) checkCheckpoints(p Checkpoints) {
	if every := time.Duration(p.Every); every < time.Second || every > time.Hour {
		d.bad("checkpoints.every", "must be from 1s to 1h")
	}
	if len(p.CopyTo) == 0 || len(p.CopyTo) > 8 || slices.Contains(p.CopyTo, "") {
		d.bad("checkpoints.copy_to", "must list 1 to 8 directories")
	}
}

func (d *document) checkOperator(o Operator) {
	host, port, err := net.SplitHostPort(o.Listen)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		d.bad("operator.listen", "must be host:port such as 127.0.0.1:9464, not %q", o.Listen)
		return
	}
	if !loopback(host) && !o.AllowRemote {
		d.bad("operator.listen", "other machines can reach %s: listen on 127.0.0.1, or say operator.allow_remote: true", o.Listen)
	}
}

// checkApart keeps what one part may delete or list away from what another part keeps.
func (d *document) checkApart(c *Config) {
	type place struct{ key, path string }
	owned := []place{{"objects.path", c.Objects.Path}, {"spool.dir", c.Spool.Dir}, {"backup.dir", c.Backup.Dir}}
	for _, dir := range c.Checkpoints.CopyTo {
		owned = append(owned, place{"checkpoints.copy_to", dir})
	}
	guests := append(slices.Clone(owned), place{"database.path", c.Database.Path}, place{"keys.site_key_file", c.Keys.SiteKeyFile},
		place{"web.dir", c.Web.Dir})
	for i, guest := range guests {
		for j, host := range owned {
			if i != j && guest.path != "" && host.path != "" && within(host.path, guest.path) {
				d.bad(guest.key, "must not lie in %s (%s): that directory belongs to one part alone", host.key, host.path)
			}
		}
	}
}

// within reports whether path is dir or lies below it.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}
