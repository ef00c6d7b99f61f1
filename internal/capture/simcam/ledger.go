package simcam

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
)

// Digest is a SHA-256, written in hexadecimal.
type Digest [32]byte

// MarshalText writes the digest in lower-case hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (d *Digest) UnmarshalText(b []byte) error {
	if n, err := hex.Decode(d[:], b); err != nil || n != len(d) || len(b) != 2*len(d) {
		return custody.Errorf(custody.Invalid, "a digest is 64 hexadecimal digits")
	}
	return nil
}

// Entry is the truth about one access unit (video) or frame (audio) that was handed to the network.
type Entry struct {
	Camera       uint32 `json:"camera"`
	Session      uint32 `json:"session"` // of the camera, from 1
	Track        uint8  `json:"track"`   // 1 video, 2 audio
	Frame        uint64 `json:"frame"`   // in sending (decode) order; grows across loops and sessions; the SEI's number
	Picture      uint32 `json:"picture"` // the number in the pixels
	RTP          uint32 `json:"rtp"`
	Digest       Digest `json:"digest"` // of the payload after depacketisation; length-prefixed NAL units, or the audio frame
	Size         int    `json:"size"`   // bytes of that payload
	RandomAccess bool   `json:"random_access,omitempty"`
	IDR          bool   `json:"idr,omitempty"`
	Packets      int    `json:"packets"`
	Lost         int    `json:"lost,omitempty"` // packets withheld on purpose; if not 0 the payload cannot arrive whole
}

// Total counts one track of one session.
type Total struct {
	Camera   uint32 `json:"camera"`
	Session  uint32 `json:"session"`
	Track    uint8  `json:"track"`
	Units    uint64 `json:"units"`    // fully handed to the kernel, without faults
	First    uint64 `json:"first"`    // frame number of the first of them
	Last     uint64 `json:"last"`     // frame number of the last of them
	Withheld uint64 `json:"withheld"` // not sent, or not sent whole, on purpose
	Dropped  uint64 `json:"dropped"`  // not sent because the client did not read
	Ended    bool   `json:"ended"`
}

// ledger keeps entries up to a limit.
type ledger struct {
	mu      sync.Mutex
	limit   int
	entries []Entry
	missed  uint64
}

func (l *ledger) on() bool { return l.limit > 0 }

// add keeps an entry. The caller holds mu.
func (l *ledger) add(e Entry) {
	if len(l.entries) >= l.limit {
		l.missed++
		return
	}
	l.entries = append(l.entries, e)
}

// Ledger returns what was sent so far, in sending order, and how many entries did not fit Options.Ledger.
func (f *Farm) Ledger() (entries []Entry, missed uint64) {
	f.ledger.mu.Lock()
	defer f.ledger.mu.Unlock()
	return append([]Entry(nil), f.ledger.entries...), f.ledger.missed
}

// WriteLedger writes the entries as JSON Lines. It fails with Exhausted after writing if entries are missing.
func (f *Farm) WriteLedger(w io.Writer) error {
	entries, missed := f.Ledger()
	enc := json.NewEncoder(w)
	for _, e := range entries {
		if err := enc.Encode(e); err != nil {
			return custody.Wrap(custody.Unavailable, err, "the ledger could not be written")
		}
	}
	if missed > 0 {
		return custody.Errorf(custody.Exhausted, "%d units did not fit the ledger; raise its limit", missed)
	}
	return nil
}

// Totals returns the counters of every session so far, tracks of ended sessions included.
func (f *Farm) Totals() []Total {
	var out []Total
	for _, c := range f.cameras {
		out = append(out, c.Totals()...)
	}
	return out
}
