package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"

	"github.com/footage-custody/custody/internal/custody"
)

// sidecar is the file beside a spool file that keeps its segment's wrapped key until the row is committed.
type sidecar struct {
	Segment custody.SegmentID `json:"segment"`
	Key     custody.KeyID     `json:"key"`
	Wrapped []byte            `json:"wrapped"`
}

const maxSidecar = 4 << 10

// writeSidecar makes the sidecar durable under its name: temporary file, fsync, rename, fsync of the directory. The last
// also makes the name of the spool file durable, which exists already.
func (v *Vault) writeSidecar(s sidecar) error {
	b, err := json.Marshal(s)
	if err != nil {
		return custody.Wrap(custody.Internal, err, "the sidecar could not be written")
	}
	path := v.path(s.Segment, sidecarSuffix)
	f, err := v.disk.Create(path + tempSuffix)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := v.disk.Rename(path+tempSuffix, path); err != nil {
		return err
	}
	return v.disk.SyncDir(v.dir)
}

// readSidecar returns fs.ErrNotExist if there is none and Corrupt if it is not a sidecar of that segment.
func (v *Vault) readSidecar(id custody.SegmentID) (sidecar, error) {
	f, err := v.disk.Open(v.path(id, sidecarSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return sidecar{}, err
	}
	if err != nil {
		return sidecar{}, diskError(err, "a sidecar could not be opened")
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, maxSidecar+1))
	if err != nil {
		return sidecar{}, diskError(err, "a sidecar could not be read")
	}
	return parseSidecar(id, b)
}

func parseSidecar(id custody.SegmentID, b []byte) (sidecar, error) {
	var s sidecar
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(&s)
	if err != nil || len(b) > maxSidecar || s.Segment != id || s.Key == "" || len(s.Wrapped) == 0 || d.More() {
		return sidecar{}, &custody.Error{Kind: custody.Corrupt, Public: "the file beside the spool file of segment " + string(id) + " is not its sidecar", Cause: err}
	}
	return s, nil
}
