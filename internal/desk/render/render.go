package render

import (
	"cmp"
	"context"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Options are a Renderer's bounds; zero means the default.
type Options struct {
	FFmpeg           string        // path or name of the program; "ffmpeg"
	NoSandbox        bool          // run without bubblewrap even where it works
	StillTimeout     time.Duration // 10 s
	TranscodeTimeout time.Duration // 30 s
	Wait             time.Duration // how long a caller waits for a place; 5 s
	Stills           int           // at a time; 2
	Transcodes       int           // at a time; 1
	Stall            time.Duration // a viewing rendition that makes no progress for so long is given up; 1 min
}

// Bounds of one run.
const (
	maxStill     = 8 << 20
	maxTranscode = 64 << 20
	maxMemory    = 1536 << 20 // address space
	maxWaiting   = 32
)

// Renderer runs ffmpeg. It is safe for concurrent use.
type Renderer struct {
	o          Options
	before     []string // of every command line: the sandbox and the limits
	strength   int      // of choices
	sandboxed  bool
	version    string
	stills     *queue
	transcodes *queue
	viewings   chan struct{} // the one place in which a viewing rendition is made
}

// New looks for ffmpeg and for a sandbox that works. It fails with Unavailable if ffmpeg does not run at all.
func New(ctx context.Context, o Options) (*Renderer, error) {
	o.FFmpeg = cmp.Or(o.FFmpeg, "ffmpeg")
	o.StillTimeout = cmp.Or(o.StillTimeout, 10*time.Second)
	o.TranscodeTimeout = cmp.Or(o.TranscodeTimeout, 30*time.Second)
	o.Wait = cmp.Or(o.Wait, 5*time.Second)
	o.Stall = cmp.Or(o.Stall, time.Minute)
	path, err := exec.LookPath(o.FFmpeg)
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "ffmpeg is not installed: stills and transcoding need it")
	}
	o.FFmpeg = path
	r := &Renderer{o: o, stills: newQueue(cmp.Or(o.Stills, 2), o.Wait), transcodes: newQueue(cmp.Or(o.Transcodes, 1), o.Wait),
		viewings: make(chan struct{}, 1)}
	short := int(max(o.StillTimeout, o.TranscodeTimeout)/time.Second) * 4
	for i, walls := range r.choices(short) {
		r.before, r.strength, r.sandboxed = walls.command, i, walls.sandbox
		if answer, fault := r.run(ctx, o.StillTimeout, nil, maxStill, "-version"); fault == nil {
			r.version = versionIn(string(answer))
			return r, nil
		} else {
			err = fault
		}
	}
	return nil, custody.Wrap(custody.Unavailable, err, "ffmpeg does not run: stills and transcoding need it")
}

// Version is what ffmpeg says about itself, such as 5.1.6-0+deb12u1: a package names the tools that made its renditions. Empty if it does
// not say.
func (r *Renderer) Version() string { return r.version }

func versionIn(answer string) string {
	line, _, _ := strings.Cut(answer, "\n")
	version, found := strings.CutPrefix(line, "ffmpeg version ")
	version, _, _ = strings.Cut(version, " ")
	if !found || !printable(version, 60) {
		return ""
	}
	return version
}

// Sandboxed reports whether ffmpeg runs behind walls, not only within limits.
func (r *Renderer) Sandboxed() bool { return r.sandboxed }

// Still decodes of fMP4 bytes (init section, then fragments) the first picture whose presentation time, in microseconds on the file's own
// count, is at or after at, and returns a JPEG no wider than width, in the picture's own proportions. Errors: Corrupt (nothing could be
// decoded), Unavailable (too much is being made, or ctx's).
func (r *Renderer) Still(ctx context.Context, fmp4 []byte, at int64, width int) ([]byte, error) {
	leave, err := r.stills.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	seconds := strconv.FormatFloat(float64(at)/1e6, 'f', 6, 64)
	filter := "select=gte(t\\," + seconds + "),scale=w=min(iw\\," + strconv.Itoa(max(width, 16)) + "):h=-2:out_range=pc,format=yuvj420p"
	jpeg, err := r.run(ctx, r.o.StillTimeout, fmp4, maxStill, append(input(),
		"-map", "0:v:0", "-vf", filter, "-fps_mode", "passthrough", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4", "-f", "image2pipe", "pipe:1")...)
	if err == nil && !isJPEG(jpeg) {
		err = custody.Errorf(custody.Corrupt, "no picture could be decoded from the footage of that time")
	}
	return jpeg, err
}

// Transcode makes H.264 fMP4 (init section and fragments) of such bytes; times and sound are kept. It is a rendition for looking at, not what
// the camera sent. Errors are Still's.
func (r *Renderer) Transcode(ctx context.Context, fmp4 []byte) ([]byte, error) {
	leave, err := r.transcodes.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	out, err := r.run(ctx, r.o.TranscodeTimeout, fmp4, maxTranscode, append(input(),
		"-map", "0:v:0", "-map", "0:a?", "-c:a", "copy", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "23", "-bf", "0", "-pix_fmt", "yuv420p",
		"-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-video_track_timescale", "90000", "-avoid_negative_ts", "disabled",
		"-metadata", "comment=transcoded for viewing; not the camera's bytes",
		"-movflags", "empty_moov+frag_keyframe+default_base_moof+frag_discont", "-use_editlist", "0", "-f", "mp4", "pipe:1")...)
	if err == nil && (len(out) < 8 || string(out[4:8]) != "ftyp") {
		err = custody.Errorf(custody.Corrupt, "the footage of that time could not be made over")
	}
	return out, err
}

// input is how every run reads: fragmented MP4 from its standard input, nothing else, times as they are.
func input() []string {
	return []string{"-hide_banner", "-nostdin", "-loglevel", "error", "-max_alloc", strconv.Itoa(512 << 20), "-threads", "1", "-filter_threads", "1",
		"-protocol_whitelist", "pipe", "-f", "mov", "-copyts", "-i", "pipe:0"}
}

func isJPEG(b []byte) bool { return len(b) > 4 && b[0] == 0xff && b[1] == 0xd8 }
