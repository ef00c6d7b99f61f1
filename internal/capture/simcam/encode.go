package simcam

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// The encoder writes every packet's bytes one after another into packetsFile and their decode time,
// presentation time and size into tableFile (FFmpeg's framecrc format).
const (
	packetsFile = "packets"
	tableFile   = "table"
	teeOutput   = "[f=data]" + packetsFile + "|[f=framecrc]" + tableFile
)

// encodedPacket is one encoded frame with its times in units of 1/clock second.
type encodedPacket struct {
	dts, pts int64
	data     []byte
}

// studio makes clips and keeps them in a directory. It may be shared and used concurrently, also by
// several processes: what is there is complete, since it arrives by one rename.
type studio struct {
	dir    string
	ffmpeg string
}

// encoded returns the packets for the arguments, encoding them first if they are not in the cache. paint
// writes the encoder's standard input and may be nil.
func (s studio) encoded(ctx context.Context, name string, args []string, clock int64, paint func(io.Writer) error) ([]encodedPacket, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q", recipeVersion, args))
	dir := filepath.Join(s.dir, name+"-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := s.encode(ctx, dir, args, paint); err != nil {
			return nil, err
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, packetsFile))
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the cached media %s cannot be read; remove its directory", name)
	}
	table, err := os.ReadFile(filepath.Join(dir, tableFile))
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the cached media %s cannot be read; remove its directory", name)
	}
	packets, err := readTable(table, data, clock)
	return packets, custody.Wrap(custody.Corrupt, err, "the cached media %s is damaged; remove its directory", name)
}

func (s studio) encode(ctx context.Context, dir string, args []string, paint func(io.Writer) error) error {
	const sentence = "the simulated cameras' media could not be encoded; is ffmpeg installed and the cache directory writable?"
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return custody.Wrap(custody.Unavailable, err, sentence)
	}
	tmp, err := os.MkdirTemp(s.dir, ".encoding-")
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, sentence)
	}
	defer os.RemoveAll(tmp)
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, s.ffmpeg, append(args[:len(args):len(args)], "-f", "tee", teeOutput)...)
	cmd.Dir, cmd.Stderr = tmp, &complaint
	if err := runPainted(cmd, paint); err != nil {
		return custody.Wrap(custody.Unavailable, fmt.Errorf("%w: %s", err, complaint.String()), sentence)
	}
	if err := os.Rename(tmp, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return custody.Wrap(custody.Unavailable, err, sentence)
	}
	return nil
}

// runPainted runs cmd while paint writes its standard input. The command's failure outranks the painter's.
func runPainted(cmd *exec.Cmd, paint func(io.Writer) error) error {
	if paint == nil {
		return cmd.Run()
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	painted := paint(in)
	closed := in.Close()
	if err := cmd.Wait(); err != nil {
		return err
	}
	return errors.Join(painted, closed)
}

// readTable cuts data into packets as framecrc's text says and converts their times to clock.
func readTable(table, data []byte, clock int64) ([]encodedPacket, error) {
	var out []encodedPacket
	var num, den int64 = 1, clock
	for lines := bufio.NewScanner(bytes.NewReader(table)); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "#") {
			if _, err := fmt.Sscanf(line, "#tb 0: %d/%d", &num, &den); err == nil && (num <= 0 || den <= 0) {
				return nil, errors.New("bad time base")
			}
			continue
		}
		var stream, duration, size int64
		var p encodedPacket
		if _, err := fmt.Sscanf(strings.ReplaceAll(line, " ", ""), "%d,%d,%d,%d,%d,", &stream, &p.dts, &p.pts, &duration, &size); err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		if size <= 0 || size > int64(len(data)) {
			return nil, errors.New("packets end early")
		}
		p.dts, p.pts = p.dts*num*clock/den, p.pts*num*clock/den
		p.data, data = data[:size:size], data[size:]
		out = append(out, p)
	}
	if len(data) != 0 || len(out) == 0 {
		return nil, errors.New("packets and table disagree")
	}
	return out, nil
}

// video returns a profile's encoded frames at 90 kHz.
func (s studio) video(ctx context.Context, p Profile) (recipe, []encodedPacket, error) {
	r, err := p.recipe()
	if err != nil {
		return r, nil, err
	}
	packets, err := s.encoded(ctx, string(p), r.arguments(), videoClock, func(w io.Writer) error {
		pic := newPicture(r.w, r.h)
		for n := range r.frames {
			pic.paint(uint32(n), r.grain)
			if _, err := w.Write(pic.pix); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return r, nil, err
	}
	if len(packets) != r.frames {
		return r, nil, custody.Errorf(custody.Corrupt, "the cached media %s has %d of %d frames; remove its directory", p, len(packets), r.frames)
	}
	return r, packets, nil
}

// audio returns 4 s of a tone at 48 kHz, mono.
func (s studio) audio(ctx context.Context, codec media.Codec) ([]encodedPacket, error) {
	args := []string{"-hide_banner", "-loglevel", "error", "-y", "-nostdin", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=4"}
	if codec == media.Opus {
		args = append(args, "-c:a", "libopus", "-b:a", "32k", "-vbr", "off")
	} else {
		args = append(args, "-c:a", "aac", "-b:a", "64k")
	}
	return s.encoded(ctx, string(codec), append(args, "-ac", "1", "-map", "0:a"), audioClock, nil)
}
