// Package certificate says by which certificate the front door is known: one of the site's own authority, one of somebody
// else's in files, or one fetched by ACME (CONTRACTS 23).
//
// Owns: the authority's key and the certificates below its directory; the TLS settings of the door. The authority is made
// once, by custody init, with ECDSA P-256 for ten years. It may sign servers only, and only names and networks that cannot
// be a stranger's: the hosts it was founded with, names that no public authority gives (localhost, lan, local, internal,
// home.arpa), and private addresses. So who installs it on a staff machine gives nobody power over the rest of the web,
// even if its key is stolen. Its leaf lives 397 days and is renewed by itself 30 days before its end, or when the hosts change.
//
// Trusts: the file system to keep a mode; the station clock; of ACME, the directory that the configuration names.
//
// Invariants: a key's file is 0600 from its first byte; key and certificate of a leaf are one file, replaced by rename, so no
// crash parts them. What is served changes only to a certificate that fits its key: a bad new file is complained of, and the
// old one stays. TLS 1.2 with forward secrecy and authenticated ciphers, or 1.3.
//
// Memory: one certificate chain; files of at most 1 MiB are read.
//
// Lock order: none; the certificate in use is one atomic pointer.
//
// Does not: listen for HTTPS (gate.Server does), revoke (the leaf is replaced), install the authority anywhere. The ACME library keeps
// its own renewal timers, by the machine's clock; they end with the process.
package certificate
