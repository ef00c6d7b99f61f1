package config

// Row documents one key of the file.
type Row struct {
	Key     string // dotted, for example spool.dir
	Default string // as it would be written; DATA is data_dir; empty if there is none
	Meaning string
}

// Required marks a key without a default in Row.Default.
const Required = "required"

// Table documents every key, in the order of the file. It is the only place where a default is
// described; a test holds it against Default.
func Table() []Row { return append(recording(), answering()...) }

// recording documents what recording needs.
func recording() []Row {
	return []Row{
		{"site.name", Required, "The public body's name, as letters and certificates will show it."},
		{"site.zone", Required, "IANA time zone of the site, for example America/Chicago."},
		{"site.origin", "from site.name", "Name of the log in its signed checkpoints; never change it once checkpoints have left the site."},
		{"data_dir", Required, "Where the defaults below lie (DATA). Relative paths start at this file's directory."},

		{"database.driver", SQLite, "sqlite (one process, one machine) or postgres."},
		{"database.path", "DATA/custody.db", "sqlite: the database file."},
		{"database.dsn_file", "", "postgres: file of one line, the connection string. Mode 0600."},

		{"objects.driver", Disk, "Where sealed segments lie: disk or s3."},
		{"objects.path", "DATA/objects", "disk: the directory. On the spool's file system, a segment moves without being copied."},
		{"objects.endpoint", "", "s3: https://host[:port]; plain http only to a loopback address."},
		{"objects.bucket", "", "s3: the bucket; switch versioning and Object Lock on before the first segment."},
		{"objects.region", "", "s3: the region, if the service has any."},
		{"objects.put_key_file", "", "s3: file of two lines, access key id and secret access key, allowed to put, read and list. Mode 0600."},
		{"objects.dispose_key_file", "", "s3: the same for a second account that may also delete. Mode 0600."},
		{"objects.ca_file", "", "s3: PEM file of the authorities to trust instead of the system's."},
		{"objects.path_style", "false", "s3: true for services that want the bucket in the path."},
		{"objects.reread", "false", "s3: true reads every object back before its row, at the price of the traffic twice, for a service whose checksums are not to be believed."},

		{"spool.dir", "DATA/spool", "Where footage waits between camera and object store: a local disk, never a network share."},
		{"spool.durability", PerSegment, "segment: fsync as each segment closes. fragment: fsync every 2 seconds, so that a power cut loses at most the fragment being filled."},
		{"spool.max_bytes", "20GiB", "Recording stops, declared as a gap, when this much waits for the object store."},
		{"spool.min_free_bytes", "2GiB", "Recording stops, declared as a gap, when the spool's disk has less than this free."},

		{"cameras.ca_file", "", "PEM file of what vouches for rtsps cameras instead of the system's authorities: an authority of your own, or the cameras' self-signed certificates themselves. They must name the host or address that the camera's URL names."},

		{"keys.site_key_file", "DATA/site.key", "The key that wraps every other. `custody init` makes it; keep the recovery sheet. Mode 0600."},

		{"checkpoints.every", "1m", "How often the log is signed, from 1s to 1h."},
		{"checkpoints.copy_to", "DATA/checkpoints", "Directories that receive every signed checkpoint. They prove nothing unless one of them is out of this machine's reach."},

		{"backup.dir", "DATA/backup", "Where backups go. A lost database is lost footage: let this be another disk or machine."},
		{"backup.keep", "14", "How many backups stay, from 1 to 400."},
		{"backup.at", "02:30", "When the nightly backup is made, in the site's zone."},
	}
}

// answering documents how people come in, and what they are told.
func answering() []Row {
	return []Row{
		{"web.listen", "127.0.0.1:8440", "Address of the application and the API, host:port; :8440 for every machine of the network; off to record only."},
		{"web.url", "https://localhost:8440", "The one address that people use. Links, cookies and sign-in hold to it; a request for another is refused."},
		{"web.tls", TLSSite, "site: a certificate of the site's own authority. files: one of yours. acme: fetched from an authority. none: plain HTTP, on a loopback address only."},
		{"web.dir", "DATA/tls", "Where the site's authority and certificates lie, or ACME's account. Mode 0700."},
		{"web.hosts", "", "site: more names and addresses that the certificate is good for, beside that of web.url."},
		{"web.cert_file", "", "files: PEM file of the certificate and what leads to its authority. Read again when it changes."},
		{"web.key_file", "", "files: PEM file of its key. Mode 0600."},
		{"web.acme_email", "", "acme: where the authority may write to."},
		{"web.acme_directory", "", "acme: the authority's directory; empty for Let's Encrypt."},
		{"web.acme_ca_file", "", "acme: PEM file of what vouches for the authority's own server instead of the system's authorities."},
		{"web.acme_listen", "", "acme: address such as :80 at which the authority's HTTP-01 challenge is answered; empty for TLS-ALPN-01 on web.listen."},
		{"web.trusted_proxies", "", "Networks of reverse proxies whose X-Forwarded-For is believed, such as 10.0.0.5/32. Nobody by default."},
		{"web.second_factor", FactorRequired, "required, or optional while only this machine can reach the application."},

		{"records.jurisdiction", IowaLibrary, "Whose holidays, clocks, citations and wording hold. They are defaults that the body's counsel confirms; iowa-library is the one there is."},
		{"records.closed", "", "Days on which the body is closed beside weekends and holidays: 2026-12-24 Christmas Eve, or 12-24 Christmas Eve for every year."},
		{"records.open", "", "Holidays on which it works all the same, by name."},
		{"records.custodian", "", "The office that decides, as letters name it, such as Library Director."},
		{"records.address", "", "The body's address, for letters."},
		{"records.contact", "", "How the custodian is reached, for letters."},
		{"records.request_files_years", "5", "For how many years after its closing the file of a request is kept. Then two people may dispose of it: its words go, number, dates, outcome, citations and digests stay. Confirm it with whoever keeps the body's schedule, such as the City Clerk."},
		{"records.fees", "", "The notice about fees as counsel confirmed it. Without it letters say nothing about fees."},

		{"operator.listen", "127.0.0.1:9464", "Address of /metrics, /healthz and /readyz. It has no sign-in and shows no footage."},
		{"operator.allow_remote", "false", "Must be true to listen on an address that other machines can reach."},

		{"log.level", "info", "debug, info, warn or error."},
		{"log.format", "text", "text or json, on standard error."},
	}
}
