package objecttest

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7/pkg/signer"

	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
)

const sumHeader = "X-Amz-Checksum-Sha256"

// Proxy is an HTTP proxy in front of a gateway that does what Set says. It holds the gateway's keys, so that it can
// store what a client never signed. It is safe for concurrent use.
type Proxy struct {
	plan
	Endpoint string // "http://127.0.0.1:port"

	gw      *gateway.Gateway
	target  *url.URL
	forward *httputil.ReverseProxy
	server  *httptest.Server
	closed  context.Context // ends the waits of slow requests, whose clients may be gone unnoticed
	end     context.CancelFunc
	mu      sync.Mutex
	forged  map[string]string // path -> checksum that was sent
	users   map[string]int    // access key -> requests
}

// NewProxy starts a healthy proxy on a loopback port. The caller closes it.
func NewProxy(gw *gateway.Gateway) (*Proxy, error) {
	target, err := url.Parse(gw.Endpoint)
	if err != nil {
		return nil, err
	}
	p := &Proxy{gw: gw, target: target, forged: map[string]string{}, users: map[string]int{}}
	p.closed, p.end = context.WithCancel(context.Background())
	p.forward = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // the signature covers it
		},
		Transport:      &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16},
		ModifyResponse: p.modify,
		ErrorLog:       log.New(io.Discard, "", 0), // it would report the faults we make
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { cut(w) },
	}
	p.server = httptest.NewServer(http.HandlerFunc(p.serve))
	p.Endpoint = p.server.URL
	return p, nil
}

// StartProxy is NewProxy for a test, which closes it at its end.
func StartProxy(t testing.TB, gw *gateway.Gateway) *Proxy {
	t.Helper()
	p, err := NewProxy(gw)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// Close ends the proxy: its port then refuses connections.
func (p *Proxy) Close() {
	p.end()
	p.server.CloseClientConnections()
	p.server.Close()
}

// Users returns how many requests each access key has signed.
func (p *Proxy) Users() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[string]int, len(p.users))
	for k, v := range p.users {
		out[k] = v
	}
	return out
}

type faultKey struct{}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	p.countUser(r)
	fault := p.next(func(m Mode) bool { return concerns(m, r) })
	r = r.WithContext(context.WithValue(r.Context(), faultKey{}, fault.Mode))
	if fault.Mode == OldStore && r.Method != http.MethodPut {
		p.forward.ServeHTTP(w, r)
		return
	}
	switch fault.Mode {
	case Down:
		cut(w)
	case Error500:
		w.WriteHeader(http.StatusInternalServerError)
	case Slow:
		if pause(p.closed, fault.Delay) == nil {
			p.forward.ServeHTTP(w, r)
		}
	case LoseAnswer:
		p.forward.ServeHTTP(httptest.NewRecorder(), r) // done in full
		cut(w)
	case DropPuts:
		io.Copy(io.Discard, r.Body) // the client's trouble, if any, is its own
		acknowledge(w, r, `"dropped"`, "")
	case AlterPuts, CutPuts, ForgePuts, OldStore:
		p.store(w, r, fault.Mode)
	default:
		p.forward.ServeHTTP(w, r)
	}
}

// concerns reports whether a mode means this request: puts and reads are of objects, not of buckets.
func concerns(m Mode, r *http.Request) bool {
	object := strings.Count(strings.Trim(r.URL.Path, "/"), "/") == 1
	plain := !r.URL.Query().Has("retention") && !r.URL.Query().Has("legal-hold")
	switch m {
	case AlterReads, CutReads, ShortenReads:
		return object && plain && r.Method == http.MethodGet
	case DropPuts, AlterPuts, CutPuts, ForgePuts:
		return object && plain && r.Method == http.MethodPut
	case OldStore:
		return object && plain && (r.Method == http.MethodPut || r.Method == http.MethodHead || r.Method == http.MethodGet)
	}
	return true
}

// cut closes the client's connection without another byte.
func cut(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				tcp.SetLinger(0)
			}
			conn.Close()
			return
		}
	}
	w.WriteHeader(http.StatusBadGateway)
}

func acknowledge(w http.ResponseWriter, r *http.Request, etag, version string) {
	w.Header().Set("ETag", etag)
	w.Header().Set(sumHeader, r.Header.Get(sumHeader))
	if version != "" {
		w.Header().Set("X-Amz-Version-Id", version)
	}
	w.WriteHeader(http.StatusOK)
}

// store puts what the mode makes of the client's bytes, signed by the gateway's own account, and
// acknowledges it as if it were what the client sent.
func (p *Proxy) store(w http.ResponseWriter, r *http.Request, mode Mode) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	switch {
	case mode == CutPuts:
		body = body[:len(body)/2]
	case mode != OldStore && len(body) > 0:
		body[len(body)/2] ^= 0x20
	}
	u := *p.target
	u.Path, u.RawQuery = r.URL.Path, r.URL.RawQuery
	// A client that leaves now changes nothing: half a body, unsigned, would be half an object.
	req, err := http.NewRequestWithContext(p.closed, r.Method, u.String(), bytes.NewReader(body))
	if err != nil {
		cut(w)
		return
	}
	req.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	if c := r.Header.Get("If-None-Match"); c != "" && mode != OldStore {
		req.Header.Set("If-None-Match", c)
	}
	req = signer.SignV4(*req, p.gw.AccessKey, p.gw.SecretKey, "", p.gw.Region)
	resp, err := p.forward.Transport.RoundTrip(req)
	if err != nil {
		cut(w)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		w.WriteHeader(resp.StatusCode)
		return
	}
	if mode == ForgePuts {
		p.mu.Lock()
		p.forged[r.URL.Path] = r.Header.Get(sumHeader)
		p.mu.Unlock()
	}
	acknowledge(w, r, resp.Header.Get("ETag"), resp.Header.Get("X-Amz-Version-Id"))
}

// modify changes answers on their way back.
func (p *Proxy) modify(resp *http.Response) error {
	p.mu.Lock()
	sum, forged := p.forged[resp.Request.URL.Path]
	p.mu.Unlock()
	if forged && resp.Header.Get(sumHeader) != "" || forged && resp.Request.Method == http.MethodHead {
		resp.Header.Set(sumHeader, sum)
		resp.Header.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusPartialContent {
		return nil
	}
	mode, _ := resp.Request.Context().Value(faultKey{}).(Mode)
	half := resp.ContentLength / 2
	switch mode {
	case OldStore:
		resp.Header.Del(sumHeader)
	case CutReads:
		resp.Body = body{io.MultiReader(io.LimitReader(resp.Body, half), failing{}), resp.Body}
	case ShortenReads:
		resp.Body = body{io.LimitReader(resp.Body, half), resp.Body}
		resp.ContentLength = half
		resp.Header.Set("Content-Length", strconv.FormatInt(half, 10))
	case AlterReads:
		resp.Body = body{&altering{r: resp.Body, at: half}, resp.Body}
	}
	return nil
}

func (p *Proxy) countUser(r *http.Request) {
	_, cred, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	user, _, _ := strings.Cut(cred, "/")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.users[user]++
}

type body struct {
	io.Reader
	io.Closer
}

// failing makes the proxy drop the connection instead of ending the body well.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// altering changes the byte at one offset.
type altering struct {
	r  io.Reader
	at int64
}

func (a *altering) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	if a.at >= 0 && a.at < int64(n) {
		p[a.at] ^= 0x20
	}
	a.at -= int64(n)
	return n, err
}
