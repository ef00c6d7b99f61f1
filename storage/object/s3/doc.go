// Package s3 is the driver of vault.Objects for any S3 service, through minio-go.
//
// Owns: the objects of one bucket whose names are valid keys, and the two probe objects below.
//
// Trusts: the service only as far as it was tried. Capabilities are probed, not believed: before the
// first put the driver offers bytes with a wrong SHA-256 under the key "custody-probe-checksum" (an honest
// service refuses and stores nothing) and puts "custody-probe-put" twice with If-None-Match (the second must fail).
// A hyphen is not legal in a key, so neither is an object of ours and List shows neither.
//
// Invariants:
//
//	put     one PUT with If-None-Match: *, signed over the SHA-256 and carrying it as x-amz-checksum-sha256
//	verify  HEAD of the version just made: size, and the full-object SHA-256 if the service proved that it
//	        checks it; else, and always with Config.Reread and after a multipart upload, read back and digest
//	undo    what fails verification is removed again by version, with the dispose credentials if there are any
//	again   412: compare size and digest the same way; equal is success, other bytes are Exists
//	replace the same put on the condition If-Match: the ETag of the other bytes; without a version kept below, those are gone
//	purge   every version and delete marker of the key, then list again to see that none is left
//
// A service that stores other bytes and also forges the checksum in its HEAD answer is only caught by
// Config.Reread, which costs the traffic twice.
//
// Where the service ignores If-None-Match the driver looks first and puts then: put-if-absent is atomic
// within this process only (a lock per key).
//
// Credentials: two pairs, so that the recording process can store and read but not remove. Purge and the
// release of a legal hold use the dispose pair and are Denied without one. Neither pair appears in an error, a log
// or a formatted value; causes keep the service's status and code, never its prose.
//
// Time: every call has a deadline (Config.Timeout, plus the size at Config.MinRate for transfers); a stream
// fails when no byte came for Config.Timeout. Nothing is retried here: the caller's queue does that.
//
// Locks: Store.probed is a one-place semaphore around the probe; Store.keys serialises puts of one key
// where the service cannot. They are never held together with anything else.
//
// Does not: presign, follow redirects, delete a bucket, bypass a retention.
package s3
