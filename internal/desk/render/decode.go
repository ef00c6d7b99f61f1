package render

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// decoder makes raw pictures of one run. Beside them, on a pipe of its own, ffmpeg writes the presentation time of each.
type decoder struct {
	pixels io.Reader
	times  *bufio.Scanner
	size   int64 // bytes of one picture
}

// decode runs ffmpeg over a piece and calls use with what comes out. It returns when the process and the reading of footage are over.
func (j *job) decode(p *plan, piece *ReelPiece, r pieceRange, use func(*decoder) error) error {
	timesR, timesW, err := newPipe()
	if err != nil {
		return err
	}
	defer timesR.Close()
	first, last := piece.Frames[r.from].PTS, piece.Frames[r.to-1].PTS
	checked := *piece
	checked.Media = func(ctx context.Context, w io.Writer) error {
		return piece.Media(ctx, io.MultiWriter(&composition{}, w))
	}
	return j.pass(&checked, []*os.File{timesW}, pictureArgs(p, first, last), func(out io.Reader) error {
		d := &decoder{pixels: out, times: bufio.NewScanner(timesR), size: int64(p.width) * int64(p.height) * 3 / 2}
		d.times.Buffer(nil, 4<<10)
		return use(d)
	})
}

// pictureArgs select the pictures of an interval of presentation times, both ends included, and give all of them one size.
func pictureArgs(p *plan, first, last int64) []string {
	w, h := strconv.Itoa(p.width), strconv.Itoa(p.height)
	filter := fmt.Sprintf("select=between(pts\\,%d\\,%d),metadata=mode=add:key=n:value=1,metadata=mode=print:file=pipe\\\\:3:direct=1,", first, last) +
		"scale=w=" + w + ":h=" + h + ":force_original_aspect_ratio=decrease:out_range=tv:flags=bilinear+accurate_rnd+bitexact," +
		"pad=w=" + w + ":h=" + h + ":x=-1:y=-1:color=black,format=yuv420p,setsar=1"
	return append(append([]string{"-flags", "-output_corrupt", "-ignore_editlist", "1", "-noautorotate"}, input()...),
		"-max_error_rate", "1", "-map", "0:v:0", "-vf", filter, "-fps_mode", "passthrough", "-enc_time_base", "-1", "-c:v", "rawvideo", "-f", "rawvideo", "pipe:1")
}

// pass runs ffmpeg with a piece as its standard input and calls use with its standard output.
func (j *job) pass(piece *ReelPiece, extra []*os.File, args []string, use func(io.Reader) error) error {
	inR, inW, err := newPipe()
	if err != nil {
		closeAll(extra...)
		return err
	}
	outR, outW, err := newPipe()
	if err != nil {
		closeAll(append(extra, inR, inW)...)
		return err
	}
	defer outR.Close()
	program, err := j.start(inR, outW, extra, args)
	if err != nil {
		inW.Close()
		return err
	}
	fed := make(chan error, 1)
	go func() { fed <- j.feed(piece, inW) }()
	err = use(outR)
	if err != nil {
		j.end(err) // nobody reads any more: do not wait for more
	}
	outR.Close()
	fault := <-fed
	if e := program.wait(); err == nil {
		err = e
	}
	if fault != nil {
		return fault
	}
	return err
}

// feed writes the piece to a run and closes its input. It returns what Media returned, if the run was still reading.
func (j *job) feed(piece *ReelPiece, to *os.File) error {
	defer to.Close()
	f := &feed{j: j, to: to}
	_, err := f.Write(piece.Init)
	if err == nil {
		err = piece.Media(j.ctx, f)
	}
	if err == nil || f.broken != nil {
		return nil
	}
	j.end(err)
	return err
}

// next returns the presentation time of the next picture, whose pixels come next; false after the last.
func (d *decoder) next() (pts int64, ok bool, err error) {
	for d.times.Scan() {
		line, isFrame := strings.CutPrefix(d.times.Text(), "frame:")
		if !isFrame {
			continue // a key and its value
		}
		_, after, _ := strings.Cut(line, "pts:")
		number, _, _ := strings.Cut(after, " ")
		if pts, err = strconv.ParseInt(number, 10, 64); err != nil {
			return 0, false, custody.Wrap(custody.Corrupt, err, "a picture without a time was decoded")
		}
		return pts, true, nil
	}
	return 0, false, custody.Wrap(custody.Corrupt, d.times.Err(), "the times of the pictures cannot be read")
}

// skip passes over the pixels of a picture.
func (d *decoder) skip() error { return torn(io.CopyN(io.Discard, d.pixels, d.size)) }

// torn makes the error of a picture that ended in the midst.
func torn(_ int64, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return custody.Wrap(custody.Corrupt, err, "the footage of that time cannot be decoded")
}
