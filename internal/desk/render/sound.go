package render

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
)

// Sound comes out as AAC at 48 kHz whose sample 0 is heard at the window's start. Each unit of the camera's stands at its own instant: where
// it is more than slack away from the end of the one before, silence is put between, or the overlap cut off; less is left, so
// that clocks that differ a little are not heard as clicks.
const (
	soundRate  = 48000
	soundFrame = 1024 // samples in an AAC frame
	soundSlack = soundRate / 50
)

// soundtrack is the encoded sound.
type soundtrack struct {
	channels int
	sizes    []uint32 // of the frames, which lie in a file one after the other
	bytes    int64
	lost     int // pieces whose sound cannot be decoded
}

// sound encodes the sound of a reel into store. Nil if no piece has any that can be decoded.
func (j *job) sound(reel Reel, p *plan, store *os.File) (*soundtrack, error) {
	s := &soundtrack{}
	for i, piece := range reel.Pieces {
		if from, to := heard(piece.Sound, reel.Span); from < to && p.pieces[i].shape.soundScale > 0 {
			s.channels = max(s.channels, min(max(p.pieces[i].shape.channels, 1), 2))
		}
	}
	if s.channels == 0 {
		return nil, nil
	}
	mixer, err := j.newMixer(reel, s, store)
	if err != nil {
		return nil, err
	}
	for i := range reel.Pieces {
		piece, shape := &reel.Pieces[i], p.pieces[i].shape
		from, to := heard(piece.Sound, reel.Span)
		if from == to || shape.soundScale == 0 {
			continue
		}
		before := mixer.samples
		if err = j.sub(func(j *job) error { return j.pieceSound(mixer, piece, shape.soundScale, from, to) }); err != nil {
			break
		}
		if mixer.samples == before {
			s.lost++
		}
	}
	if err = mixer.close(err); err != nil || mixer.samples == 0 {
		return nil, err
	}
	return s, nil
}

// heard returns the units [from, to) that may be heard in a window: a unit that begins before it may end in it.
func heard(units []Frame, window custody.Span) (from, to int) {
	from = len(units)
	for i, u := range units {
		if window.Contains(u.Wall) {
			from, to = min(from, i), i+1
		}
	}
	return max(0, min(from, to)-1), to
}

// sub runs a part whose fault with the footage does not end the job.
func (j *job) sub(part func(*job) error) error {
	k := j.r.newJob(j.ctx, j.seconds)
	k.whole = j
	defer k.close()
	err := k.fault(part(k))
	switch {
	case j.ctx.Err() != nil:
		return j.fault(err)
	case custody.KindOf(err) == custody.Corrupt:
		return nil
	}
	return err
}

// pieceSound decodes one piece and mixes it in. Samples come out without a break from the first unit's time on.
func (j *job) pieceSound(m *mixer, piece *ReelPiece, scale uint32, from, to int) error {
	first := piece.Sound[from].PTS
	filter := fmt.Sprintf("aselect=gte(pts\\,%d),aresample=%d,aresample=async=1:min_hard_comp=0.04:first_pts=%d,aformat=sample_fmts=s16:channel_layouts=%s",
		first, soundRate, rescale(first, soundRate, int64(scale)), map[int]string{1: "mono", 2: "stereo"}[m.track.channels])
	args := append(append([]string{"-ignore_editlist", "1"}, input()...), "-max_error_rate", "1", "-map", "0:a:0", "-af", filter, "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1")
	return j.pass(piece, nil, args, func(out io.Reader) error {
		pcm := bufio.NewReaderSize(out, 64<<10)
		at := rescale(first, soundRate, int64(scale))
		for i := from; i < to; i++ {
			end := at + soundRate // the last unit is heard to its end
			if i+1 < len(piece.Sound) {
				end = rescale(piece.Sound[i+1].PTS, soundRate, int64(scale))
			}
			more, err := m.unit(pcm, piece.Sound[i].Wall, end-at)
			if err != nil || !more {
				return err
			}
			at = end
			j.pulse()
		}
		_, err := io.Copy(io.Discard, pcm)
		return custody.Wrap(custody.Corrupt, err, "the sound of that time cannot be decoded")
	})
}

// mixer puts samples in their places and has them encoded.
type mixer struct {
	window  custody.Span
	track   *soundtrack
	in      *os.File
	program *program
	read    chan error
	at      int64 // samples put out: the place of the next
	samples int64 // of them, decoded ones
	end     int64 // samples that the window lasts
	buffer  []byte
}

func (j *job) newMixer(reel Reel, s *soundtrack, store *os.File) (*mixer, error) {
	inR, inW, err := newPipe()
	if err != nil {
		return nil, err
	}
	outR, outW, err := newPipe()
	if err != nil {
		closeAll(inR, inW)
		return nil, err
	}
	channels := strconv.Itoa(s.channels)
	program, err := j.start(inR, outW, nil, []string{"-hide_banner", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "pipe", "-threads", "1",
		"-f", "s16le", "-ar", strconv.Itoa(soundRate), "-ac", channels, "-i", "pipe:0", "-map", "0:a:0", "-c:a", "aac", "-threads", "1",
		"-b:a", strconv.Itoa(64000 * s.channels), "-flags", "+bitexact", "-f", "adts", "pipe:1"})
	if err != nil {
		closeAll(inW, outR)
		return nil, err
	}
	m := &mixer{window: reel.Span, track: s, in: inW, program: program, read: make(chan error, 1), buffer: make([]byte, 4096*2*s.channels),
		end: rescale(int64(reel.Span.End-reel.Span.Start), soundRate, 1e6)}
	go func() {
		defer outR.Close()
		err := s.readFrom(j, outR, store)
		if err != nil {
			j.end(err)
		}
		m.read <- err
	}()
	return m, nil
}

// unit takes the next n samples, which are heard from wall on. It reports false at the end of the samples or of the window.
func (m *mixer) unit(pcm io.Reader, wall custody.Instant, n int64) (more bool, err error) {
	place := rescale(int64(wall-m.window.Start), soundRate, 1e6)
	width := int64(2 * m.track.channels)
	switch {
	case place > m.at+soundSlack || place > m.at && m.samples == 0:
		if err = m.silence(min(place, m.end) - m.at); err != nil {
			return false, err
		}
	case place < m.at-soundSlack || place < m.at && m.samples == 0:
		skip := min(m.at-place, n)
		if _, err = io.CopyN(io.Discard, pcm, skip*width); err != nil {
			return false, ended(err)
		}
		n -= skip
	}
	for n = min(n, m.end-m.at); n > 0; {
		b := m.buffer[:min(n*width, int64(len(m.buffer)))]
		k, err := io.ReadFull(pcm, b)
		k -= k % int(width)
		if e := m.put(b[:k]); e != nil {
			return false, e
		}
		m.samples += int64(k) / width
		n -= int64(k) / width
		if err != nil {
			return false, ended(err)
		}
	}
	return m.at < m.end, nil
}

// ended makes nothing of the end of the samples.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return custody.Wrap(custody.Corrupt, err, "the sound of that time cannot be decoded")
}

func (m *mixer) silence(n int64) error {
	clear(m.buffer)
	for width := int64(2 * m.track.channels); n > 0; {
		k := min(n, int64(len(m.buffer))/width)
		if err := m.put(m.buffer[:k*width]); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

func (m *mixer) put(b []byte) error {
	m.at += int64(len(b) / (2 * m.track.channels))
	_, err := m.in.Write(b)
	return custody.Wrap(custody.Unavailable, err, "the encoder takes no more sound")
}

// close ends the encoder and waits for it.
func (m *mixer) close(err error) error {
	if err != nil {
		m.program.cmd.Cancel()
	}
	m.in.Close()
	fault := <-m.read
	w := m.program.wait()
	switch {
	case err != nil:
		return err
	case fault != nil:
		return fault
	case m.samples == 0:
		return nil
	}
	// What the encoder added after the last sample is no part of the sound.
	for frames := int((m.at + soundFrame - 1) / soundFrame); len(m.track.sizes) > frames; {
		last := len(m.track.sizes) - 1
		m.track.bytes -= int64(m.track.sizes[last])
		m.track.sizes = m.track.sizes[:last]
	}
	return w
}

// readFrom takes AAC frames in ADTS (ISO/IEC 13818-7 6.2). The first holds what the encoder looked ahead, before sample 0, and is dropped.
func (s *soundtrack) readFrom(j *job, r io.Reader, store *os.File) error {
	in, out := bufio.NewReaderSize(r, 64<<10), bufio.NewWriterSize(store, 64<<10)
	for first := true; ; first = false {
		h, err := in.Peek(7)
		if len(h) == 0 && errors.Is(err, io.EOF) {
			return custody.Wrap(custody.Unavailable, out.Flush(), "the viewing copy cannot be kept: the disk may be full")
		}
		if err != nil || h[0] != 0xff || h[1]&0xf6 != 0xf0 {
			return custody.Errorf(custody.Internal, "the encoder's sound cannot be read")
		}
		header := int64(9 - 2*(h[1]&1))
		size := int64(h[3]&3)<<11 | int64(h[4])<<3 | int64(h[5])>>5
		if size <= header {
			return custody.Errorf(custody.Internal, "the encoder's sound cannot be read")
		}
		if _, err = io.CopyN(io.Discard, in, header); err != nil {
			return custody.Wrap(custody.Internal, err, "the encoder's sound cannot be read")
		}
		to := io.Writer(out)
		if first {
			to = io.Discard
		} else {
			s.sizes = append(s.sizes, uint32(size-header))
			s.bytes += size - header
		}
		if _, err = io.CopyN(to, in, size-header); err != nil {
			return custody.Wrap(custody.Unavailable, err, "the viewing copy cannot be kept: the disk may be full")
		}
		j.pulse()
	}
}
