package check

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// Rows as records. The names are those of the columns, because findings name them; replay.go makes the same records from events.

func instant(i custody.Instant) string {
	if i == 0 {
		return "none"
	}
	return i.String()
}

func optional(v *int64) string {
	if v == nil {
		return "none"
	}
	return strconv.FormatInt(*v, 10)
}

func segmentRecord(r *media.SegmentRow) record {
	return record{kind: "segment", id: string(r.ID), fields: []field{
		{"camera_id", string(r.Camera)}, {"stream_id", string(r.Stream)}, {"run_id", string(r.Run)},
		{"number", strconv.FormatUint(uint64(r.Number), 10)}, {"continuation", strconv.FormatBool(r.Continuation)},
		{"start_at", r.Span.Start.String()}, {"end_at", r.Span.End.String()},
		{"media_ticks", strconv.FormatInt(r.MediaTicks, 10)}, {"timescale", strconv.FormatUint(uint64(r.Timescale), 10)},
		{"units", strconv.FormatUint(r.Units, 10)}, {"damaged", strconv.FormatUint(r.Damaged, 10)},
		{"root", hex.EncodeToString(r.Root[:])}, {"leaves", strconv.FormatUint(r.Leaves, 10)},
		{"object_size", strconv.FormatInt(r.ObjectSize, 10)}, {"object_digest", hex.EncodeToString(r.ObjectDigest[:])},
		{"key_id", string(r.KeyID)}, {"camera_offset", optional(r.CameraOffset)},
		{"recovered", strconv.FormatBool(r.Recovered)}, {"sealed_at", r.SealedAt.String()},
	}}
}

func runRecord(r *Run) record {
	digest := sha256.Sum256([]byte(r.Text))
	return record{kind: "run", id: string(r.ID), fields: []field{
		{"camera_id", string(r.Camera)}, {"stream_id", string(r.Stream)}, {"started_at", r.Started.String()},
		{"header", hex.EncodeToString(digest[:])},
	}}
}

func gapRecord(g *media.Gap) record {
	return record{kind: "gap", id: string(g.ID), fields: []field{
		{"camera_id", string(g.Camera)}, {"stream_id", string(g.Stream)}, {"start_at", instant(g.Span.Start)},
		{"end_at", instant(g.Span.End)}, {"cause", string(g.Cause)}, {"detail", shortDetail(g.Detail)},
	}}
}

// shortDetail is a gap's detail as the database keeps it: 200 bytes at most, without NUL.
func shortDetail(s string) string {
	s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	for len(s) > 200 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

func objectRecord(key string, size int64) record {
	return record{kind: "object", id: key, fields: []field{{"size", strconv.FormatInt(size, 10)}}}
}

func quarantineRecord(key string) record {
	return record{kind: "quarantine", id: key, fields: []field{{"object_key", key}}}
}

func keyRecord(k *keys.Record) record {
	return record{kind: "key", id: string(k.ID), fields: []field{
		{"purpose", string(k.Purpose)}, {"public_key", base64.StdEncoding.EncodeToString(k.Public)},
		{"created_at", instant(k.Created)}, {"retired_at", instant(k.Retired)},
	}}
}

// cameraRecord holds what camera events say: of a stream's address its scheme and host, of its credentials whether there are any.
func cameraRecord(c *camera.Camera) record {
	r := record{kind: "camera", id: string(c.ID), fields: []field{
		{"name", c.Name}, {"place", c.Place}, {"class", string(c.Class)}, {"retention_days", strconv.Itoa(c.RetentionDays)}, {"enabled", strconv.FormatBool(c.Enabled)}, {"audio", strconv.FormatBool(c.Audio)},
		{"version", strconv.FormatInt(c.Version, 10)}, {"added_at", instant(c.Added)}, {"removed_at", instant(c.Removed)},
		{"number of streams", strconv.Itoa(len(c.Streams))},
	}}
	for i, s := range c.Streams {
		scheme, host := "", ""
		if u, err := url.Parse(s.URL); err == nil {
			scheme, host = u.Scheme, u.Host
		}
		r.fields = append(r.fields, streamField(i, string(s.ID), string(s.Role), scheme, host, s.Transport, len(s.Secret) > 0))
	}
	return r
}

func streamField(i int, id, role, scheme, host, transport string, credentials bool) field {
	return field{fmt.Sprintf("stream %d (id, role, host, scheme, transport or credentials)", i+1),
		strings.Join([]string{id, role, scheme, host, transport, strconv.FormatBool(credentials)}, " ")}
}
