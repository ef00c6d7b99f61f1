package simcam

import (
	"encoding/json"
	"net"
	"net/http"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Control is the URL of the control endpoint; empty without Options.Control. It obeys whoever reaches it, so it
// belongs on the loopback interface.
//
//	POST /cam0001/freeze?for=5s   tells a camera a fault in ParseFault's language; camera "all" is every one
//	POST /listener/deafen         stops listening for RTSP; /listener/hear begins again
//	GET  /cameras                 path, URL and playing sessions of each camera
//	GET  /totals                  Farm.Totals as JSON
//	GET  /lateness                Farm.Lateness, in nanoseconds
//	GET  /ledger                  Farm.WriteLedger
func (f *Farm) Control() string {
	if f.control == nil {
		return ""
	}
	return "http://" + f.controlAt
}

func (f *Farm) openControl() error {
	if f.opts.Control == "" {
		return nil
	}
	l, err := net.Listen("tcp", f.opts.Control)
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "the control endpoint cannot listen on %s: choose a free address", f.opts.Control)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{camera}/{fault}", f.tell)
	mux.HandleFunc("POST /listener/deafen", func(http.ResponseWriter, *http.Request) { f.Deafen() })
	mux.HandleFunc("POST /listener/hear", func(w http.ResponseWriter, _ *http.Request) {
		if err := f.Hear(); err != nil {
			http.Error(w, custody.PublicText(err), http.StatusConflict)
		}
	})
	mux.HandleFunc("GET /cameras", func(w http.ResponseWriter, _ *http.Request) { f.write(w, f.list()) })
	mux.HandleFunc("GET /totals", func(w http.ResponseWriter, _ *http.Request) { f.write(w, f.Totals()) })
	mux.HandleFunc("GET /lateness", func(w http.ResponseWriter, _ *http.Request) {
		f.write(w, struct {
			Worst time.Duration `json:"worst"`
		}{f.Lateness()})
	})
	mux.HandleFunc("GET /ledger", func(w http.ResponseWriter, _ *http.Request) {
		if err := f.WriteLedger(w); err != nil {
			f.opts.Log.Warn("the ledger was not written whole", "error", err)
		}
	})
	f.control = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	f.controlAt = l.Addr().String()
	f.wg.Go(func() { _ = f.control.Serve(l) }) // always ends with ErrServerClosed, from Stop
	return nil
}

// tell applies a fault to one camera or to all.
func (f *Farm) tell(w http.ResponseWriter, r *http.Request) {
	targets := f.cameras
	if path := r.PathValue("camera"); path != "all" {
		c := f.paths[path]
		if c == nil {
			http.Error(w, "no such camera", http.StatusNotFound)
			return
		}
		targets = []*Camera{c}
	}
	fault, err := ParseFault(r.PathValue("fault") + "?" + r.URL.RawQuery)
	if err != nil {
		http.Error(w, custody.PublicText(err), http.StatusBadRequest)
		return
	}
	for _, c := range targets {
		c.Do(fault)
	}
}

// listed is one line of /cameras.
type listed struct {
	Number  uint32 `json:"number"`
	Path    string `json:"path"`
	URL     string `json:"url"`
	Playing int    `json:"playing"`
}

func (f *Farm) list() []listed {
	var out []listed
	for _, c := range f.cameras {
		out = append(out, listed{c.number, c.spec.Path, c.URL(), c.Playing()})
	}
	return out
}

func (f *Farm) write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		f.opts.Log.Warn("an answer was not written", "error", err)
	}
}
