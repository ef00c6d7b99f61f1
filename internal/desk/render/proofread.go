package render

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// proofread has ffmpeg, behind its walls, read the finished file as any player would, and compares what it finds with what was to be made:
// as many pictures, each at its time and of its size, and the sound. Internal if it differs in anything: then nothing is handed out.
func (j *job) proofread(f *film) error {
	piece := &ReelPiece{Media: func(_ context.Context, w io.Writer) error { return f.write(w) }}
	args := append(input(), "-map", "0", "-c", "copy", "-avoid_negative_ts", "disabled", "-f", "framecrc", "pipe:1")
	pictures, sounds := 0, 0
	err := j.pass(piece, nil, args, func(out io.Reader) error {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			row, ok := readRow(lines.Text())
			switch {
			case !ok:
				continue
			case row.track == 0 && pictures < len(f.at) && row.pts == f.at[pictures] && row.size == int64(f.sizes[pictures]):
				pictures++
			case row.track == 1 && f.sound != nil && sounds < len(f.sound.sizes) && row.pts == int64(sounds)*soundFrame && row.size == int64(f.sound.sizes[sounds]):
				sounds++
			default:
				return custody.Errorf(custody.Internal, "the viewing copy is not what it should be: picture %d or sound %d differs", pictures, sounds)
			}
			j.pulse()
		}
		return custody.Wrap(custody.Internal, lines.Err(), "the viewing copy cannot be checked")
	})
	if err == nil && (pictures != len(f.at) || f.sound != nil && sounds != len(f.sound.sizes)) {
		err = custody.Errorf(custody.Internal, "the viewing copy is not what it should be: it has %d pictures instead of %d", pictures, len(f.at))
	}
	return err
}

// row is a line of ffmpeg's framecrc format.
type row struct{ track, pts, size int64 }

func readRow(line string) (r row, ok bool) {
	fields := strings.Split(line, ",")
	if strings.HasPrefix(line, "#") || len(fields) < 6 {
		return row{}, false
	}
	for field, to := range map[int]*int64{0: &r.track, 2: &r.pts, 4: &r.size} {
		v, err := strconv.ParseInt(strings.TrimSpace(fields[field]), 10, 64)
		if err != nil {
			return row{}, false
		}
		*to = v
	}
	return r, true
}
