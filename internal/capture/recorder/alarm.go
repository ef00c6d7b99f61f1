package recorder

// AlarmKind names a condition that a person should know of.
type AlarmKind string

const (
	AlarmStorageFull  AlarmKind = "storage-full"         // the spool's disk has no room; recording is stopped
	AlarmStorageStall AlarmKind = "storage-stalled"      // the spool's disk does not keep up; fragments are lost
	AlarmStore        AlarmKind = "object-store"         // segments wait in the spool
	AlarmStoreCorrupt AlarmKind = "object-store-corrupt" // the store holds or returns other bytes than were put
	AlarmIndex        AlarmKind = "index"                // the database is not available
	AlarmRefused      AlarmKind = "index-refused"        // the database refused an entry for good
	AlarmSpool        AlarmKind = "spool"                // a spool file could not be sealed or read back
)

// Alarms is the recorder's port to whoever tells people. Both methods are idempotent, return at once and
// never fail, and do not call back: the recorder may hold a lock. subject is a stream or segment id, or empty for the whole site; sentence has no secrets.
type Alarms interface {
	Raise(kind AlarmKind, subject, sentence string)
	Clear(kind AlarmKind, subject string)
}
