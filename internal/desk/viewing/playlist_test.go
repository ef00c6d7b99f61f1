package viewing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
)

func TestThePlaylistSaysWhereTheHolesAre(t *testing.T) {
	s := newStage(t)
	cam, ann := s.camera(), s.person()
	s.film(cam, shape{start: noon, pictures: 45, group: 20, segment: 100})
	s.film(cam, shape{start: noon.Add(time.Minute), pictures: 20, group: 20, segment: 100})
	first, second := s.rows[0].ID, s.rows[1].ID
	o := s.open(ann, custody.Span{Start: noon, End: noon.Add(2 * time.Minute)}, cam)
	got := string(must(s.desk.Playlist(t.Context(), ann, o.ID, viewing.Request{Camera: cam, Span: o.Span})))
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-MAP:URI="init/A.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-03T12:00:00.000Z
#EXTINF:2.000000,
media/A/0-0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-03T12:00:02.000Z
#EXTINF:2.000000,
media/A/1-1.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-03T12:00:04.000Z
#EXTINF:0.500000,
media/A/2-2.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init/B.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-03T12:01:00.000Z
#EXTINF:2.000000,
media/B/0-0.m4s
#EXT-X-ENDLIST
`
	if got = strings.NewReplacer(string(first), "A", string(second), "B").Replace(got); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	init := must(s.desk.Init(t.Context(), ann, o.ID, cam, second))
	if !strings.HasPrefix(string(init), "init of run_") {
		t.Errorf("init section %q", init)
	}
}
