package api

import (
	"context"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Cameras are the cameras that the caller may know about, by name.
type Cameras struct {
	Cameras []Camera `json:"cameras"`
}

func (s rooms) cameraNames(ctx context.Context) (map[custody.CameraID]string, error) {
	return s.Office.CameraNames(ctx)
}

func (s rooms) cameras(ctx context.Context, _ *none) (Cameras, error) {
	pass := gate.PassOf(ctx)
	list, err := s.Office.Cameras(ctx, pass.Scope)
	if err != nil {
		return Cameras{}, err
	}
	health, err := s.Health.Cameras(ctx)
	if err != nil {
		return Cameras{}, err
	}
	may, err := s.Judge.MayCamera(ctx, pass.Actor, each(list, func(c camera.Camera) custody.CameraID { return c.ID })...)
	if err != nil {
		return Cameras{}, err
	}
	return Cameras{each(list, func(c camera.Camera) Camera { return cameraOut(c, health[c.ID], looks(may[c.ID])) })}, nil
}

// looks are those of the actions that show pictures.
func looks(may []access.Action) []string {
	out := []string{}
	for _, a := range may {
		switch a {
		case access.FootageRead, access.FootageLive, access.FootageStill:
			out = append(out, string(a))
		}
	}
	return out
}

func cameraOut(c camera.Camera, h CameraHealth, may []string) Camera {
	out := Camera{ID: string(c.ID), Name: c.Name, Place: c.Place, Class: string(c.Class), State: h.State, Since: stamp(h.Since), Cause: h.Cause, Detail: h.Detail,
		ClockOffsetUS: h.ClockOffsetUS, LastAt: stamp(h.Last), Live: h.Live, Streams: append([]CameraStream{}, h.Streams...), May: may}
	switch {
	case c.Removed != 0:
		out.State, out.Since, out.Live, out.Cause, out.Detail = "removed", stamp(c.Removed), false, "", ""
	case !c.Enabled:
		out.State, out.Live = "disabled", false
	case out.State == "":
		out.State, out.Cause = "gap", "stopped"
	}
	if len(out.Streams) == 0 {
		out.Streams = each(c.Streams, func(st camera.Stream) CameraStream { return CameraStream{Role: string(st.Role)} })
	}
	return out
}

// SiteHealth is how recording goes.
type SiteHealth struct {
	Cameras    []Camera    `json:"cameras"`
	SpoolBytes int64       `json:"spool_bytes"`
	FreeBytes  int64       `json:"free_bytes"`
	Alarms     []Alarm     `json:"alarms"`
	Log        LogHealth   `json:"log"`
	Clock      ClockHealth `json:"clock"`
}

// Alarm is a condition that a person should know of.
type Alarm struct {
	Kind     string `json:"kind"`
	Subject  string `json:"subject"`
	Since    string `json:"since" format:"date-time"`
	Sentence string `json:"sentence"`
}

// LogHealth is how the diary's log does.
type LogHealth struct {
	Size         uint64 `json:"size"`
	CheckpointAt string `json:"checkpoint_at,omitempty" format:"date-time"`
}

// ClockHealth is the state of the machine's time synchronisation.
type ClockHealth struct {
	State string `json:"state"`
}

func (s rooms) health(ctx context.Context, _ *none) (SiteHealth, error) {
	list, err := s.Office.Cameras(ctx, gate.PassOf(ctx).Scope)
	if err != nil {
		return SiteHealth{}, err
	}
	states, err := s.Health.Cameras(ctx)
	if err != nil {
		return SiteHealth{}, err
	}
	r, err := s.Health.Recorder(ctx)
	return SiteHealth{Cameras: each(list, func(c camera.Camera) Camera { return cameraOut(c, states[c.ID], []string{}) }),
		SpoolBytes: r.SpoolBytes, FreeBytes: r.FreeBytes, Alarms: append([]Alarm{}, r.Alarms...), Log: LogHealth{r.LogSize, stamp(r.Checkpoint)},
		Clock: ClockHealth{r.Clock}}, err
}

func (s rooms) cameraLines() []route {
	return []route{
		list("admin-cameras", "/api/admin/cameras", access.CameraView, "The register of cameras; no credentials", answers(ok, s.register)),
		decide("camera-add", post, "/api/admin/cameras", access.CameraManage, "Register a camera. A place where people undress is refused (Iowa Code ch. 27)", answers(created, s.addCamera)),
		decide("camera-try-address", post, "/api/admin/cameras/test", access.CameraManage, "Try an address before it is added. What the camera does wrong is in error", answers(ok, s.tryAddress)),
		list("admin-camera", "/api/admin/cameras/:camera", access.CameraView, "One camera of the register", answers(ok, s.registered)),
		decide("camera-change", patch, "/api/admin/cameras/:camera", access.CameraManage, "Change a camera. Stored credentials are never sent to another host", answers(ok, s.changeCamera)).on("camera"),
		decide("camera-remove", remove, "/api/admin/cameras/:camera", access.CameraManage, "End a camera's recording for good. Its footage stays", does(s.removeCamera)).on("camera"),
		decide("camera-credentials", put, "/api/admin/cameras/:camera/credentials", access.CameraManage, "Replace the credentials; both empty erase them. They are never shown", does(s.setCredentials)).on("camera"),
		decide("camera-class", put, "/api/admin/cameras/:camera/class", access.CameraClassify, "Say what a camera shows and how long its footage is kept", answers(ok, s.classify)).on("camera"),
		decide("camera-try", post, "/api/admin/cameras/:camera/test", access.CameraManage, "Try a camera with its stored credentials", answers(ok, s.tryCamera)).on("camera"),
	}
}
