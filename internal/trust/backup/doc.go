// Package backup keeps encrypted copies of the database in a second place, and makes a site of one again.
//
// The key of every segment lies in the database, wrapped, so a lost database is lost footage (CONTRACTS 22).
//
// Owns: the backup file's format (format.go); the directory of backups - writing, reading back, listing, pruning
// (Shelf); the nightly backup (Nightly); the order of a restore and what makes each of its steps repeatable
// (Restore); the comparison of the restored index with the object store (Compare).
//
// Trusts: the database to dump one consistent snapshot and to load all or nothing, and the site key. It does not trust
// a backup file: every byte of it, the header's too, is authenticated before a restore changes anything, and the
// readers are bounded and fuzzed. It does not trust the disk: what was written is read back before it has a backup's name.
//
// Invariants:
//   - A file with a backup's name was read back whole, decrypted and compared with what the database dumped. A
//     backup that fails leaves no file.
//   - Pruning follows a successful backup only, counts only backups whose header and end open under the present site key, and
//     never touches a file that is not a backup of this site. So the last good one is never removed.
//   - A restore changes a database only if it is empty, or if an unfinished restore of the same file filled it. Until the new
//     epoch of the log has begun, a marker file keeps every other command away from the half-restored site.
//   - An object that the restored index does not know is set apart, never deleted.
//
// Memory: writing and reading hold two chunks (2 MiB) whatever the database's size, beside what the database itself
// needs. Compare holds 32 bytes for each segment.
//
// Lock order: none. A lock file in the directory keeps two processes from making backups at the same time.
//
// Does not: contain the site key; know the dump's content; read the machine's clock.
package backup
