package manifest

import (
	"fmt"
	"html"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

const pageHead = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>How to verify this footage</title>
<style>body{font:1.1rem/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}pre,code{background:#eee;overflow-wrap:anywhere;white-space:pre-wrap}pre{padding:.6rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;border-bottom:1px solid #767676;padding:.3rem .6rem .3rem 0;vertical-align:top}</style>
`

const pageBody = `<h2>Verify it with the program</h2>
<p><code>custody-verify</code> runs on Linux, macOS and Windows, needs no network, and may come from anybody you trust: its source and the
description of this format are public. Ask the site for the public key of its log by a road of your own, for example by telephone from its
published number, and do not take it from this folder. Then:</p>
<pre>custody-verify --key-text '<em>the key that you were given</em>' <em>this folder</em></pre>
<p>For comparison, the key in this folder is</p>
<pre>%s</pre>
<h2>What the answer means</h2>
<table>
<tr><th>AUTHENTIC<td>Every picture of the originals is what the camera sent, as the site's log recorded it before anybody asked for it.
<tr><th>INTERNALLY CONSISTENT<td>The same, but only by the key in this folder. Give the key that you obtained yourself.
<tr><th>DERIVATIVE<td>The footage was encoded again, to show the exact time or to cover faces. The site attests it; it is not what the camera sent.
<tr><th>WITH GAPS<td>Time is missing, and the list says which and why.
<tr><th>NOT AUTHENTIC<td>Something was changed. The answer says which file, which picture and what time.
<tr><th>UNVERIFIABLE<td>Something is missing that the proof needs. The answer says what.
</table>
<h2>Verify the files without the program</h2>
<p>The folder is a BagIt bag (RFC 8493). These commands compare every file with its digest; they do not prove where the footage comes from.</p>
<pre>sha256sum -c manifest-sha256.txt
sha256sum -c tagmanifest-sha256.txt</pre>
<p>All times in this folder are UTC. Change nothing in it; work on a copy.</p>
`

// page is VERIFY.html: instructions without a script, an image or a link that leads out.
func page(p *Package, logKey string) []byte {
	var b strings.Builder
	b.WriteString(pageHead)
	fmt.Fprintf(&b, "<h1>How to verify this footage</h1>\n<p>Package %s of %s, request %s, made %s.</p>\n", html.EscapeString(p.ID), html.EscapeString(p.Site.Name),
		html.EscapeString(p.Request.Number), p.Made)
	b.WriteString("<table>\n<tr><th>File<th>Camera<th>From<th>To<th>What it is\n")
	for _, item := range p.Items {
		for _, r := range item.Renditions {
			fmt.Fprintf(&b, "<tr><td>%s<td>%s<td>%s<td>%s<td>%s\n", html.EscapeString(r.Path), html.EscapeString(item.Camera.Name), minute(r.Span.Start), minute(r.Span.End), r.Kind.words())
		}
		for _, g := range item.Gaps {
			fmt.Fprintf(&b, "<tr><td>no footage<td>%s<td>%s<td>%s<td>gap: %s\n", html.EscapeString(item.Camera.Name), minute(g.Span.Start), minute(g.Span.End), html.EscapeString(g.Cause))
		}
		if len(item.Renditions) == 0 {
			fmt.Fprintf(&b, "<tr><td>withheld<td>%s<td>%s<td>%s<td>%s %s\n", html.EscapeString(item.Camera.Name), minute(item.Requested.Start), minute(item.Requested.End),
				html.EscapeString(string(item.Outcome)), html.EscapeString(item.Citation))
		}
	}
	b.WriteString("</table>\n")
	fmt.Fprintf(&b, pageBody, html.EscapeString(logKey))
	return []byte(b.String())
}

// minute is a time as people read it, in UTC.
func minute(t Time) string { return custody.Instant(t).Time().Format("2006-01-02 15:04:05 UTC") }

func (k Kind) words() string {
	switch k {
	case Original:
		return "original: the camera's own pictures"
	case Viewing:
		return "viewing copy: encoded again"
	}
	return "redacted copy: encoded again"
}
