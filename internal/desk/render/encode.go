package render

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
)

// encoder makes H.264 of raw pictures, in the order in which they are shown, each an access unit.
type encoder struct {
	j       *job
	in      *os.File
	program *program
	read    chan error // what came of reading its output
	units   *units
	strip   *strip
	slate   slate
	width   int
	height  int // of the picture above the strip
	chroma  []byte
	buffer  []byte
}

// newEncoder starts it. Its units go to a file in scratch.
func (j *job) newEncoder(p *plan, strip *strip, faces []typeface, store *os.File) (*encoder, error) {
	inR, inW, err := newPipe()
	if err != nil {
		return nil, err
	}
	outR, outW, err := newPipe()
	if err != nil {
		closeAll(inR, inW)
		return nil, err
	}
	program, err := j.start(inR, outW, nil, encoderArgs(p, p.height+strip.height))
	if err != nil {
		closeAll(inW, outR)
		return nil, err
	}
	e := &encoder{j: j, in: inW, program: program, read: make(chan error, 1), units: newUnits(store, bitBound(p)/8*int64(len(p.shots))*2000/int64(p.rate)+64<<20),
		strip: strip, slate: slate{faces, p.width, p.height}, width: p.width, height: p.height, buffer: make([]byte, 256<<10)}
	e.chroma = bytes.Repeat([]byte{neutral}, max(p.width, len(strip.luma)/4))
	go func() {
		defer outR.Close()
		err := e.units.readFrom(j, outR)
		if err != nil {
			j.end(err)
		}
		e.read <- err
	}()
	return e, nil
}

// bitBound is the rate in bits a second that the encoder keeps to: about 8 Mbit/s for 1080p at 15 pictures a second.
func bitBound(p *plan) int64 {
	return max(1_000_000, int64(p.width)*int64(p.height)*int64(max(p.rate, 15000))/1000/4)
}

// encoderArgs: the number of threads is fixed so that the same pictures give the same bytes on every day. No picture refers to a later
// one, so they are decoded in the order in which they are shown and no time has to be told twice.
func encoderArgs(p *plan, height int) []string {
	bits := strconv.FormatInt(bitBound(p), 10)
	gop := strconv.Itoa(min(max(p.rate*4/1000, 10), 120))
	return []string{"-hide_banner", "-nostdin", "-loglevel", "error", "-filter_threads", "1", "-protocol_whitelist", "pipe", "-threads", "1",
		"-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", fmt.Sprintf("%dx%d", p.width, height), "-framerate", fmt.Sprintf("%d/1000", p.rate), "-i", "pipe:0",
		"-map", "0:v:0", "-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "21", "-bf", "0", "-g", gop,
		"-maxrate", bits, "-bufsize", bits, "-threads", "2", "-x264-params", "aud=1:threads=2:lookahead-threads=1:sliced-threads=0",
		"-pix_fmt", "yuv420p", "-color_range", "tv", "-flags", "+bitexact", "-f", "h264", "pipe:1"}
}

// picture puts a decoded picture above the strip.
func (e *encoder) picture(d *decoder, s shot) error {
	e.strip.draw(s.wall, s.damaged)
	luma := int64(e.width) * int64(e.height)
	for i, n := range []int64{luma, luma / 4, luma / 4} {
		if err := e.copy(d.pixels, n); err != nil {
			return err
		}
		if err := e.below(i); err != nil {
			return err
		}
	}
	e.j.pulse()
	return nil
}

// copy takes n bytes of the decoder's to the encoder.
func (e *encoder) copy(from io.Reader, n int64) error {
	for n > 0 {
		m, err := io.ReadFull(from, e.buffer[:min(n, int64(len(e.buffer)))])
		if err != nil {
			return torn(int64(m), err)
		}
		if err = e.put(e.buffer[:m]); err != nil {
			return err
		}
		n -= int64(m)
	}
	return nil
}

// below writes one plane of the strip: 0 luma, 1 and 2 chroma.
func (e *encoder) below(plane int) error {
	if plane == 0 {
		return e.put(e.strip.luma)
	}
	return e.put(e.chroma[:len(e.strip.luma)/4])
}

// card puts a slate with a text above the strip as it stands.
func (e *encoder) card(paragraphs []string) error {
	if err := e.slate.rows(paragraphs, e.put); err != nil {
		return err
	}
	if err := e.below(0); err != nil {
		return err
	}
	for plane := 1; plane <= 2; plane++ {
		for range e.height / 2 {
			if err := e.put(e.chroma[:e.width/2]); err != nil {
				return err
			}
		}
		if err := e.below(plane); err != nil {
			return err
		}
	}
	e.j.pulse()
	return nil
}

func (e *encoder) put(b []byte) error {
	_, err := e.in.Write(b)
	return custody.Wrap(custody.Unavailable, err, "the encoder takes no more pictures")
}

// close ends the encoder and waits for it. Its own fault counts more than err, which may be what came of it.
func (e *encoder) close(err error) error {
	if err != nil {
		e.j.end(err)
	}
	e.in.Close()
	fault := <-e.read
	if w := e.program.wait(); fault == nil && err == nil {
		fault = w
	}
	if fault != nil {
		return fault
	}
	return err
}
