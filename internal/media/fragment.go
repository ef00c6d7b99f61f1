package media

// Fragment is one closed fragment on its way from the recorder to the vault: a moof+mdat pair in a
// buffer with room around it, the units inside, and their payload digests in the same order
// (fragment, track, decode order: CONTRACTS 4).
type Fragment struct {
	Info    FragmentInfo // Number, Offset and Length are filled in by the vault
	Units   []Unit
	Digests [][32]byte // SHA-256 of each unit's payload
	Buffer  *Buffer    // the moof+mdat bytes; the vault encrypts them in place
}

// MaxFragmentUnits bounds the units of one fragment: a flood of tiny ones closes it early.
const MaxFragmentUnits = 4096

// Headroom and Tailroom are the free bytes a Buffer keeps around its content, so that the vault can
// frame and encrypt in place and write once: before the content the record's frame, after it the
// nonce and tag of AES-256-GCM.
const (
	Headroom = 64
	Tailroom = 64
)

// Buffer is a byte range inside a larger allocation, with at least Headroom bytes free before it and
// Tailroom after it. It is not safe for concurrent use. Release may be nil.
type Buffer struct {
	Mem        []byte // the whole allocation
	Start, End int    // the content is Mem[Start:End]
	Release    func() // returns Mem to its pool; called once by the last user
}

// Bytes is the content.
func (b *Buffer) Bytes() []byte { return b.Mem[b.Start:b.End] }

// Len is the length of the content.
func (b *Buffer) Len() int { return b.End - b.Start }

// Free gives the memory back to where it came from. The buffer must not be used afterwards; a second
// Free does nothing.
func (b *Buffer) Free() {
	if release := b.Release; release != nil {
		b.Release, b.Mem = nil, nil
		release()
	}
}
