package viewing

import (
	"testing"

	"github.com/footage-custody/custody/internal/media"
)

func FuzzPartName(f *testing.F) {
	for _, s := range []string{"0-0", "3-4.m4s", "3-4+2", "4-3", "", "-", "3-4+0", "03-4", "3-4+", "99999999999-1", "1-4096"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := parseName(s)
		if err != nil {
			return
		}
		p := Part{First: n.first, Last: n.last, More: n.more}
		if again, err := parseName(p.Name()); err != nil || again != n || p.Name() != s && p.Name()+".m4s" != s {
			t.Errorf("%q is %+v, written %q", s, n, p.Name())
		}
	})
}

func TestCodecsAreNamed(t *testing.T) {
	for _, c := range []struct {
		track media.Track
		want  string
	}{
		{media.Track{Codec: media.H264, SPS: [][]byte{{0x67, 0x64, 0, 0x1f}}}, "avc1.64001f"},
		{media.Track{Codec: media.H265, SPS: [][]byte{{0x42, 1, 1, 1, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x5d, 0xa0}}}, "hvc1.1.6.L93.90"},
		{media.Track{Codec: media.AAC, Config: []byte{0x12, 0x10}}, "mp4a.40.2"},
		{media.Track{Codec: media.Opus}, "opus"},
		{media.Track{Codec: media.H265, SPS: [][]byte{{0x42}}}, "hvc1"},
	} {
		if got := codecOf(c.track); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
