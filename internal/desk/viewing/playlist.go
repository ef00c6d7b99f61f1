package viewing

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Playlist is the Index as an HLS media playlist (RFC 8216). Addresses in it are relative to the camera's. What is still growing
// is left out until its end is certain, and the list says that it may go on.
func (d *Desk) Playlist(ctx context.Context, actor access.Actor, id custody.ViewingID, r Request) ([]byte, error) {
	s, v, err := d.find(actor, id, r.Camera)
	if err != nil {
		return nil, err
	}
	x, _, err := d.outline(ctx, s, v, r)
	if err != nil {
		return nil, err
	}
	return playlist(x, x.Span.End > d.p.Clock.Now()), nil
}

// playlist writes the list. open leaves its end open, because the span reaches past the present.
func playlist(x Index, open bool) []byte {
	parts := x.Parts
	if n := len(parts); n > 0 && parts[n-1].Growing {
		parts = parts[:n-1]
	}
	target := 1.0
	for _, p := range parts {
		target = max(target, math.Ceil(p.Span.Duration().Seconds()))
	}
	kind := "VOD"
	if open {
		kind = "EVENT"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%.0f\n#EXT-X-PLAYLIST-TYPE:%s\n#EXT-X-INDEPENDENT-SEGMENTS\n", target, kind)
	fmt.Fprintf(&b, "#EXT-X-MEDIA-SEQUENCE:0\n")
	var run custody.RunID
	var line []byte
	for i, p := range parts {
		if i > 0 && (p.Run != run || p.Span.Start != parts[i-1].Span.End) {
			b.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		if p.Run != run {
			run = p.Run
			fmt.Fprintf(&b, "#EXT-X-MAP:URI=\"init/%s.mp4\"\n", p.Segment)
		}
		line = append(p.Span.Start.Time().AppendFormat(append(line[:0], "#EXT-X-PROGRAM-DATE-TIME:"...), "2006-01-02T15:04:05.000Z"), "\n#EXTINF:"...)
		line = append(strconv.AppendFloat(line, p.Span.Duration().Seconds(), 'f', 6, 64), ",\nmedia/"...)
		line = append(append(append(append(line, p.Segment...), '/'), p.Name()...), ".m4s\n"...)
		b.Write(line)
	}
	if !open {
		b.WriteString("#EXT-X-ENDLIST\n")
	}
	return b.Bytes()
}
