package api

// aboutAPI opens the OpenAPI document.
const aboutAPI = `Custody's only programming interface: what the application can do, any client can, under the same judge.

Instants are RFC 3339 in UTC with six decimals; a name that ends in _us holds microseconds since 1970-01-01T00:00:00Z. Ids are a
prefix and 26 characters. A body is a JSON object of at most 64 KiB; a field that is not named here is refused, and so is a query
parameter. A change (PATCH, PUT of a class) carries the version that was read; 409 says that somebody else came first.

Errors are RFC 9457 problems with a kind and the request_id under which the site's log has the cause. No answer repeats what was submitted.
What does not exist and what the caller may not know about both answer 404.

Browsers hold a session in a cookie and send X-CSRF with every unsafe request; programs send Authorization: Bearer. A token never
stands in a URL. When a token is older than a minute the answer carries a fresh one: a cookie, or X-Token.

Footage needs a viewing: a stated purpose, cameras and a span, for a bounded time. Every camera-minute is in the diary before its first byte leaves,
and a change of any right stops playlists, fragments, stills and live pictures within seconds.`
