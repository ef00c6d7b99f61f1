package apitest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/jpeg"
	"math"
	"os"
	"os/exec"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Numbered encodes n pictures of that width, five a second, with a random access unit every ten. The brightness of a picture is its
// number, so that a still says which one it shows; n is at most 40.
func (s *Site) Numbered(n, width int) (pictures [][]byte, track media.Track) {
	s.tb.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(s.tb.Context(), "ffmpeg", "-hide_banner", "-loglevel", "error", "-f", "lavfi",
		"-i", fmt.Sprintf("color=gray:s=%dx%d:r=5,geq=lum='20+N*5':cb=128:cr=128", width, width*3/4), "-frames:v", fmt.Sprint(n),
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "10", "-threads", "1", "-x264-params", "aud=1", "-f", "h264", "pipe:1")
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	s.must(cmd.Run())
	track = media.Track{ID: 1, Codec: media.H264, Timescale: Timescale, Source: media.FromStream}
	for _, nal := range bytes.Split(bytes.ReplaceAll(out.Bytes(), []byte{0, 0, 0, 1}, []byte{0, 0, 1}), []byte{0, 0, 1})[1:] {
		switch nal[0] & 31 {
		case 9: // an access unit begins
			pictures = append(pictures, signature())
			continue
		case 7:
			track.SPS = [][]byte{nal}
		case 8:
			track.PPS = [][]byte{nal}
		}
		last := &pictures[len(pictures)-1]
		*last = append(binary.BigEndian.AppendUint32(*last, uint32(len(nal))), nal...)
	}
	if len(pictures) != n {
		s.tb.Fatalf("ffmpeg made %d pictures of %d", len(pictures), n)
	}
	return pictures, track
}

// signature is a NAL unit that decoders pass over (user data, ITU-T H.264 D.1.6), so that no two pictures are the same bytes.
func signature() []byte {
	id := custody.NewSegmentID()
	nal := append(append([]byte{6, 5, byte(len(id))}, id...), 0x80)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(nal))), nal...)
}

// Shown reads the number of the picture that a JPEG shows, and its width.
func (a Answer) Shown() (number, width int) {
	a.s.tb.Helper()
	img, err := jpeg.Decode(bytes.NewReader(a.Body))
	a.s.must(err)
	r, _, _, _ := img.At(img.Bounds().Dx()/2, img.Bounds().Dy()/2).RGBA()
	return int(math.Round((float64(r>>8)*219/255 + 16 - 20) / 5)), img.Bounds().Dx()
}
