// Package web is the staff application as one file system inside the binary, and the handler that serves it.
//
// Owns: the built files of the React application in dist (its source lies beside this file and is built by
// `npm run build`), the page's content security policy, and the list of addresses at which the page answers.
//
// Trusts: nothing. The application is a client of the HTTP API like any other and holds no privilege: what it does
// not show, the server must refuse. It keeps the sign-in in a cookie that its own scripts cannot read.
//
// Invariants: no page asks any third party for anything; scripts and styles come from files only, never from the
// page's text; a file under /assets/ carries a digest in its name, so it never changes and may be kept for ever;
// the page itself is asked for anew each time. An address the application does not know is 404, not the page.
// A binary without the built application says so, with the remedy, and never shows an empty page.
//
// Memory: the files are part of the binary's image; a request copies none of them. The build refuses a first route
// above 200 kB of compressed script and a viewer above 160 kB more.
//
// Locks: none; the handler's value is never changed after Handler returns and serves any number of requests at once.
//
// Does not: authenticate, decide, compress at request time, or serve footage.
package web
