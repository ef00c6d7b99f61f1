package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ParsedURL is the address that people use. It is never nil for a Config that Load returned.
func (w Web) ParsedURL() *url.URL {
	u, err := url.Parse(w.URL)
	if err != nil {
		return &url.URL{}
	}
	return u
}

// Loopback reports whether only this machine can reach the web server.
func (w Web) Loopback() bool {
	host, _, err := net.SplitHostPort(w.Listen)
	return err == nil && loopback(host)
}

// Proxies are the networks whose X-Forwarded-For is believed.
func (w Web) Proxies() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range w.TrustedProxies {
		if p, err := netip.ParsePrefix(text); err == nil {
			out = append(out, p)
		}
	}
	return out
}

func (d *document) checkWeb(w Web) {
	d.oneOf("web.second_factor", w.SecondFactor, FactorRequired, FactorOptional)
	d.oneOf("web.tls", w.TLS, TLSSite, TLSFiles, TLSACME, TLSNone)
	d.required("web.dir", w.Dir)
	if w.Listen == Off {
		return
	}
	_, port, err := net.SplitHostPort(w.Listen)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		d.bad("web.listen", "must be host:port such as 127.0.0.1:8440, or off, not %q", w.Listen)
		return
	}
	d.checkWebURL(w)
	d.checkWebTLS(w)
	if w.SecondFactor == FactorOptional && !w.Loopback() {
		d.bad("web.second_factor", "may be optional only while web.listen is a loopback address: set it to required")
	}
	for _, text := range w.TrustedProxies {
		if _, err := netip.ParsePrefix(text); err != nil {
			d.bad("web.trusted_proxies", "%q is not a network such as 10.0.0.0/8", text)
		}
	}
}

func (d *document) checkWebURL(w Web) {
	u, err := url.Parse(w.URL)
	whole := err == nil && u.Hostname() != "" && u.User == nil && u.Path == "" && u.RawQuery == "" && u.Fragment == ""
	want := "https"
	if w.TLS == TLSNone {
		want = "http"
	}
	switch {
	case !whole || u.Scheme != want || strings.ToLower(u.Host) != u.Host:
		d.bad("web.url", "must be %s://host or %s://host:port in lower case and nothing else, not %q", want, want, w.URL)
	case w.TLS == TLSNone && !loopback(u.Hostname()):
		d.bad("web.url", "plain http is only for localhost: use web.tls: site, files or acme")
	}
}

func (d *document) checkWebTLS(w Web) {
	if w.TLS == TLSNone && !w.Loopback() {
		d.bad("web.tls", "none is only for a loopback web.listen: other machines would see passwords and footage in the clear")
	}
	if w.TLS == TLSFiles {
		d.required("web.cert_file", w.CertFile)
		d.required("web.key_file", w.KeyFile)
	} else {
		d.elsewhere(TLSFiles, "web.cert_file", "web.key_file")
	}
	if w.TLS != TLSSite {
		d.elsewhere(TLSSite, "web.hosts")
	}
	if w.TLS != TLSACME {
		d.elsewhere(TLSACME, "web.acme_email", "web.acme_directory", "web.acme_ca_file", "web.acme_listen")
	} else if _, err := netip.ParseAddr(w.ParsedURL().Hostname()); err == nil {
		d.bad("web.url", "an authority gives certificates by ACME for names only: use a host name, or web.tls: site")
	}
	for _, host := range w.Hosts {
		if host == "" || strings.ContainsAny(host, "/: *") && !strings.Contains(host, "::") {
			d.bad("web.hosts", "%q is not a host name or an address", host)
		}
	}
}

// elsewhere complains about keys that belong to another way of TLS.
func (d *document) elsewhere(tls string, keys ...string) {
	for _, key := range keys {
		if d.find(key) != nil {
			d.bad(key, "belongs to web.tls: %s: remove it, or change web.tls", tls)
		}
	}
}
