package sitetest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// film is one run as anybody would watch it.
type film struct {
	run    custody.RunID
	header media.RunHeader
	bytes  []byte // init section and fragments
	path   string // what custody footage write made of it
	movie  *mp4box.File
	units  []Unit            // of the run
	sent   []custody.Instant // when each picture was sent, by its SEI
}

// watched writes every run of a stream with custody footage write, holds the files against the fragments that the vault
// reads, the samples against the units, and the pictures that ffmpeg decodes against those that the camera painted.
func watched(t *testing.T, site *Site, st *Stored, r *role) {
	t.Helper()
	r.films = project(t, st, r)
	write(t, site, r)
	for _, f := range r.films {
		samples(t, r, f, 1)
		if r.audio != "" {
			samples(t, r, f, 2)
		}
		pictures(t, r, f)
	}
	probed(t, r)
}

// project reads each run's fragments from the vault.
func project(t *testing.T, st *Stored, r *role) []*film {
	t.Helper()
	ctx, grant := t.Context(), st.Grant(r.id)
	var films []*film
	for _, row := range st.SegmentsOf(r.stream) {
		head, err := st.Vault.Init(ctx, grant, row.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(films) == 0 || films[len(films)-1].run != row.Run {
			films = append(films, &film{run: row.Run, header: head.Run, bytes: bytes.Clone(head.Init)})
		}
		f := films[len(films)-1]
		infos, err := media.UnpackFragments(row.Fragments)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range infos {
			b, _, err := st.Vault.Read(ctx, grant, row.ID, i.Number)
			if err != nil {
				t.Fatal(err)
			}
			f.bytes = append(f.bytes, b...)
		}
	}
	for _, f := range films {
		for _, u := range r.units {
			if u.Run == f.run {
				f.units = append(f.units, u)
			}
		}
		var err error
		if f.movie, err = mp4box.Read(bytes.NewReader(f.bytes), int64(len(f.bytes))); err != nil {
			t.Fatalf("run %s: %v", f.run, err)
		}
	}
	return films
}

// write has the command write all runs.
func write(t *testing.T, site *Site, r *role) {
	t.Helper()
	base := filepath.Join(t.TempDir(), "film")
	site.Must("footage", "write", r.camera, "--stream", string(r.on), "--from", "24h", "--purpose", "a test", "--out", base+".mp4")
	for i, f := range r.films {
		f.path = base + ".mp4"
		if i > 0 {
			f.path = fmt.Sprintf("%s-%d.mp4", base, i+1)
		}
		b, err := os.ReadFile(f.path)
		if err != nil || !bytes.Equal(b, f.bytes) {
			t.Errorf("run %s: the file written is not the fragments that the vault reads (%v)", f.run, err)
		}
	}
	if files, err := filepath.Glob(base + "*"); err != nil || len(files) != len(r.films) {
		t.Errorf("%d files are written for %d runs: %v %v", len(files), len(r.films), files, err)
	}
}

// samples: the file holds each stored unit once, in order, at its time, to the byte; and the frame numbers in the
// pictures' SEI are those that the ledger says were sent.
func samples(t *testing.T, r *role, f *film, track uint8) {
	t.Helper()
	var units []Unit
	for _, u := range f.units {
		if u.Track == track {
			units = append(units, u)
		}
	}
	movie := f.movie.Track(uint32(track))
	if movie == nil || movie.EditList || len(movie.Samples) != len(units) {
		t.Fatalf("run %s track %d: the file does not hold the %d stored units", f.run, track, len(units))
	}
	origin := int64(movie.Timescale) * int64(media.DecodeOrigin/1e9)
	frames := r.frames()
	for i, s := range movie.Samples {
		payload, err := s.Payload(bytes.NewReader(f.bytes))
		if err != nil {
			t.Fatal(err)
		}
		u := units[i]
		if sha256.Sum256(payload) != u.Digest || s.DTS != u.DTS+origin || s.PTS() != u.PTS+origin {
			t.Fatalf("run %s track %d: sample %d is not unit %d", f.run, track, i, u.Seq)
		}
		if track != 1 {
			continue
		}
		at, ok := simcam.SentAtFromUnit(payload, r.cam.Codec())
		f.sent = append(f.sent, at)
		if e, whole := frames[u.RTP]; whole {
			number, frame, known := simcam.FrameNumberFromUnit(payload, r.cam.Codec())
			if !ok || !known || number != r.cam.Number() || frame != e.Frame {
				t.Errorf("run %s: sample %d says camera %d frame %d, the ledger frame %d", f.run, i, number, frame, e.Frame)
			}
		}
	}
}

// frames are the stored pictures that were sent whole, by RTP time.
func (r *role) frames() map[uint32]simcam.Entry {
	out := map[uint32]simcam.Entry{}
	for _, s := range r.sessions {
		stored := map[uint32]bool{}
		for _, u := range s.Stored {
			stored[u.RTP] = true
		}
		for _, e := range s.Sent {
			if stored[e.RTP] {
				out[e.RTP] = e
			}
		}
	}
	return out
}

// pictures decodes the file and reads the number in every picture. Every run begins at a closed random access point here, so
// every unit is shown: in a file that begins at an open one the pictures that lean on what is before it are not. Where the
// connection was cut between two slices of a picture, half of it is stored, as the camera sent it and flagged; ffmpeg
// must decode everything before it.
func pictures(t *testing.T, r *role, f *film) {
	t.Helper()
	var units []Unit
	for _, u := range f.units {
		if u.Track == 1 {
			units = append(units, u)
		}
	}
	if len(units) == 0 || units[0].Flags&(media.RandomAccess|media.Open) != media.RandomAccess {
		t.Fatalf("run %s does not begin at a closed random access point", f.run)
	}
	slices.SortStableFunc(units, func(a, b Unit) int { return cmp.Compare(a.PTS, b.PTS) })
	frames := r.frames()
	var want []uint32
	for _, u := range units {
		if e, ok := frames[u.RTP]; ok {
			want = append(want, e.Picture)
		}
	}
	entry := f.movie.Tracks[0].Entries[0]
	half := len(units) > len(want)
	got, complaint := decode(f.path, entry.Width, entry.Height, r.audio != "", !half)
	if half && len(got) >= len(want) {
		got = got[:min(len(got), len(want))] // ffmpeg may say what it likes about half a picture
	} else if complaint != "" {
		t.Errorf("run %s: ffmpeg complains: %s", f.run, complaint)
	}
	if !slices.Equal(got, want) {
		t.Errorf("run %s: %d pictures are decoded, %d were stored; the numbers differ from picture %d on", f.run, len(got), len(want), differ(got, want))
	}
}

// unreadable stands for a picture whose number cannot be read.
const unreadable = 1<<32 - 1

// decode returns the numbers in a file's pictures, in the order in which they are shown, and whatever ffmpeg says. Strict, it
// ends at the first error.
func decode(path string, w, h int, audio, strict bool) (numbers []uint32, complaint string) {
	return decodeTop(path, w, h, h, audio, strict)
}

// decodeTop is decode for pictures of which only the upper top lines are the camera's.
func decodeTop(path string, w, h, top int, audio, strict bool) (numbers []uint32, complaint string) {
	args := []string{"-hide_banner", "-nostdin", "-v", "error"}
	if strict {
		args = append(args, "-xerror")
	}
	args = append(args, "-i", path,
		"-map", "0:v", "-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1")
	if audio {
		args = append(args, "-map", "0:a", "-f", "s16le", "-y", os.DevNull)
	}
	cmd := exec.Command("ffmpeg", args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err.Error()
	}
	gray := make([]byte, w*h)
	for {
		if _, err := io.ReadFull(out, gray); err != nil {
			if !errors.Is(err, io.EOF) {
				fmt.Fprintln(&said, err)
			}
			break
		}
		n, ok := simcam.ReadFrameNumber(gray[:w*top], w, top)
		if !ok {
			n = unreadable
		}
		numbers = append(numbers, n)
	}
	if err := cmd.Wait(); err != nil {
		fmt.Fprintln(&said, err)
	}
	return numbers, said.String()
}

func differ(a, b []uint32) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// probed asks ffprobe what the first file holds.
func probed(t *testing.T, r *role) {
	t.Helper()
	f := r.films[0]
	out, err := exec.Command("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of", "csv=p=0", f.path).CombinedOutput()
	var want []string
	for i, codec := range []media.Codec{r.cam.Codec(), r.audio} {
		if codec == "" {
			continue
		}
		name := map[media.Codec]string{media.H264: "h264", media.H265: "hevc", media.AAC: "aac", media.Opus: "opus"}[codec]
		want = append(want, fmt.Sprintf("%s,%d", name, len(f.movie.Tracks[i].Samples)))
	}
	if got := strings.Fields(string(out)); err != nil || !slices.Equal(got, want) {
		t.Errorf("ffprobe finds %q, want %q (%v)", got, want, err)
	}
}
