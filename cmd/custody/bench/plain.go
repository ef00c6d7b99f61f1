package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ServePlain is the control of what comes through the front door: net/http serving the files of a directory to whoever asks, over
// loopback TCP, as http.ServeContent does it. It prints its address and ends with ctx.
func ServePlain(ctx context.Context, dir string, out io.Writer) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(filepath.Join(dir, filepath.Base(r.URL.Path)))
		if err != nil {
			http.Error(w, "there is no such file", http.StatusNotFound)
			return
		}
		defer f.Close()
		w.Header().Set("Content-Type", "video/mp4")
		http.ServeContent(w, r, "", time.Time{}, f)
	})}
	fmt.Fprintf(out, "http://%s\n", l.Addr())
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// plain is such a server in a process of its own.
type plain struct {
	*process
	url    string
	client *http.Client
}

func (b *bench) startPlain(ctx context.Context, dir string) (*plain, error) {
	out, in := io.Pipe()
	p, err := launch(ctx, in, b.Program, "bench", "--plain", dir)
	if err != nil {
		return nil, err
	}
	go func() {
		<-p.ended
		in.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
	if err != nil {
		return nil, fmt.Errorf("the plain file server did not start: %w", p.alive())
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	return &plain{p, strings.TrimSpace(line), client}, nil
}

// get fetches a file.
func (p *plain) get(ctx context.Context, name string, buf []byte) (fetched, error) {
	return fetch(ctx, func(ctx context.Context) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/"+name, nil)
		if err != nil {
			return nil, err
		}
		res, err := p.client.Do(r)
		if err == nil && res.StatusCode != http.StatusOK {
			err = errors.Join(fmt.Errorf("the plain file server answered %s", res.Status), res.Body.Close())
		}
		return res, err
	}, buf, nil)
}
