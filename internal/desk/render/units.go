package render

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os"

	"github.com/footage-custody/custody/internal/custody"
)

// units are the access units of the encoder's output as they will stand in the file: its NAL units without delimiters, parameter sets and SEI,
// each after its length. They lie in a file one after the other.
type units struct {
	store *bufio.Writer
	limit int64 // bytes

	sps, pps []byte
	sizes    []uint32
	sync     []uint32 // numbers of the units where decoding can begin, from 0
	bytes    int64
	open     bool // the last of sizes may still grow
}

func newUnits(store *os.File, limit int64) *units {
	return &units{store: bufio.NewWriterSize(store, 256<<10), limit: limit}
}

// Kinds of NAL units (ITU-T H.264 table 7-1).
const (
	nalSlice, nalIDR, nalSPS, nalPPS, nalDelimiter = 1, 5, 7, 8, 9
	maxNAL                                         = 32 << 20
)

// readFrom takes a byte stream (ITU-T H.264 annex B) whose access units begin with delimiters.
func (u *units) readFrom(j *job, r io.Reader) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 256<<10), maxNAL)
	s.Split(splitNAL)
	for s.Scan() {
		if err := u.add(s.Bytes()); err != nil {
			return err
		}
		j.pulse()
	}
	if err := s.Err(); err != nil {
		return custody.Wrap(custody.Internal, err, "the encoder's output cannot be read")
	}
	return custody.Wrap(custody.Unavailable, u.store.Flush(), "the viewing copy cannot be kept: the disk may be full")
}

// splitNAL is a bufio.SplitFunc: NAL units between start codes, without the zeros that follow them. What stands before the first start code
// is an empty unit or garbage.
func splitNAL(data []byte, end bool) (advance int, token []byte, err error) {
	if i := bytes.Index(data, []byte{0, 0, 1}); i >= 0 {
		return i + 3, bytes.TrimRight(data[:i], "\x00"), nil
	}
	if end && len(data) > 0 {
		return len(data), bytes.TrimRight(data, "\x00"), nil
	}
	return 0, nil, nil
}

func (u *units) add(nal []byte) error {
	if len(nal) == 0 {
		return nil
	}
	var err error
	switch kind := nal[0] & 31; kind {
	case nalDelimiter:
		u.open = false
	case nalSPS:
		u.sps, err = same(u.sps, nal)
	case nalPPS:
		u.pps, err = same(u.pps, nal)
	case nalSlice, nalIDR:
		if !u.open {
			u.open = true
			if u.sizes = append(u.sizes, 0); kind == nalIDR {
				u.sync = append(u.sync, uint32(len(u.sizes)-1))
			}
		}
		err = u.keep(nal)
	}
	return err
}

// same keeps the only parameter set of its kind.
func same(old, set []byte) ([]byte, error) {
	if old != nil && !bytes.Equal(old, set) {
		return nil, custody.Errorf(custody.Internal, "the encoder changed its parameters in the midst")
	}
	return bytes.Clone(set), nil
}

func (u *units) keep(nal []byte) error {
	n := 4 + len(nal)
	u.sizes[len(u.sizes)-1] += uint32(n)
	if u.bytes += int64(n); u.bytes > u.limit {
		return errTooLarge
	}
	u.store.Write(binary.BigEndian.AppendUint32(nil, uint32(len(nal))))
	_, err := u.store.Write(nal)
	return custody.Wrap(custody.Unavailable, err, "the viewing copy cannot be kept: the disk may be full")
}
