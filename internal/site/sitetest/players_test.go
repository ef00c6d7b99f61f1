package sitetest

import (
	"bytes"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// players are programs that play films and know nothing of Custody.
type players struct{ gst, vlc string }

// findPlayers fails the test when a player is missing: deploy/bootstrap.sh --tests installs them.
func findPlayers(t *testing.T) (p players) {
	t.Helper()
	for name, path := range map[string]*string{"gst-launch-1.0": &p.gst, "cvlc": &p.vlc} {
		found, err := exec.LookPath(name)
		if err != nil {
			t.Fatalf("%s is missing: run deploy/bootstrap.sh --tests", name)
		}
		*path = found
	}
	return p
}

// play plays a film of so many pictures in every player.
func (p players) play(t *testing.T, path string, frames int) {
	t.Helper()
	if got := p.gstreamer(t, path); got != frames {
		t.Errorf("GStreamer decodes %d pictures of %d of %s", got, frames, filepath.Base(path))
	}
	// VLC plays in real time and leaves out what comes late.
	if got := p.vlcs(t, path); got < frames/2 || got > frames+1 {
		t.Errorf("VLC shows %d pictures of %d of %s", got, frames, path)
	}
}

// gstreamer decodes a film and counts the pictures that come out.
func (p players) gstreamer(t *testing.T, path string) int {
	t.Helper()
	cmd := exec.Command(p.gst, "-v", "filesrc", "location="+path, "!", "decodebin", "!", "video/x-raw", "!", "fakesink", "silent=false", "sync=false")
	out, err := cmd.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("ERROR")) || bytes.Contains(out, []byte("WARNING")) {
		t.Errorf("GStreamer does not play %s: %v\n%s", path, err, tail(out))
	}
	return bytes.Count(out, []byte("last-message = chain "))
}

// vlcs plays a film in VLC, as nobody where the test runs as root, because VLC refuses root; it counts the pictures that were shown.
func (p players) vlcs(t *testing.T, path string) int {
	t.Helper()
	dir, err := os.MkdirTemp("", "custody-vlc-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	film, shown := filepath.Join(dir, "film.mp4"), filepath.Join(dir, "shown.y4m")
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(film, b, 0o644)
	}
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), p.vlc, "--intf", "dummy", "--no-audio", "--vout", "yuv", "--yuv-yuv4mpeg2", "--yuv-file", shown, "--play-and-exit", "--no-video-title-show", film)
	cmd.Env, cmd.Dir = append(os.Environ(), "HOME="+dir, "XDG_RUNTIME_DIR="+dir), dir
	cmd.SysProcAttr = nobody(t)
	var complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &complaint, &complaint, time.Second
	if err := cmd.Run(); err != nil {
		t.Errorf("VLC does not play %s: %v\n%s", path, err, tail(complaint.Bytes()))
	}
	out, err := os.ReadFile(shown)
	if err != nil {
		t.Errorf("VLC shows nothing of %s: %v\n%s", path, err, tail(complaint.Bytes()))
	}
	return bytes.Count(out, []byte("FRAME\n"))
}

// nobody makes a process run as the user nobody where this one is root.
func nobody(t *testing.T) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	who, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// countFrames decodes a film with ffmpeg and counts its pictures.
func countFrames(t *testing.T, path string) int {
	t.Helper()
	cmd := exec.Command("ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", path)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	n, bad := strconv.Atoi(strings.Trim(strings.TrimSpace(string(out)), ","))
	if err != nil || bad != nil || complaint.Len() > 0 {
		t.Errorf("ffprobe of %s: %v %v %s", path, err, bad, complaint.String())
	}
	return n
}

// tail is the end of what a program said.
func tail(b []byte) string { return string(b[max(0, len(b)-2000):]) }
