package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// tidy answers where a client's base URL has a slash or a version too many or too few, as
// if it were right: //rerank, /v1/rerank/, /v1/v2/rerank, /v1rerank, /ranking. Clients do
// not follow a redirect of what they send.
func (s *Server) tidy(mux *mux, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.URL.EscapedPath()
		if path := tidyPath(given, func(path string) bool { return mux.has(r, path) }); path != given {
			r = moved(r, path)
		}
		next.ServeHTTP(w, r)
	})
}

// tidyPath returns the path that an escaped one stands for, by what there is.
func tidyPath(path string, is func(path string) bool) string {
	path = "/" + strings.TrimLeft(path, "/")
	if strings.HasPrefix(path, "/documents/") {
		return path // what follows is an ID
	}
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	if path = "/" + strings.Trim(path, "/"); path == "/" || is(path) {
		return path
	}
	version, rest := "", path
	for {
		v, r := cutVersion(rest)
		if v == "" {
			break
		}
		version, rest = v, r
	}
	if dialectOfPath(rest) == &own {
		return path
	}
	for _, other := range []string{version, "", "/v1", "/v2"} {
		if is(other + rest) {
			return other + rest
		}
	}
	return path
}

// cutVersion cuts the version that a path begins with, "" if there is none: /v1 of
// /v1/rerank and of /v1rerank.
func cutVersion(path string) (version, rest string) {
	if len(path) < 4 || path[:2] != "/v" || path[2] < '1' || path[2] > '9' {
		return "", path
	}
	if path[3] == '/' {
		return path[:3], path[3:]
	}
	return path[:3], "/" + path[3:]
}

// has reports whether a request would be answered at another path.
func (m *mux) has(r *http.Request, path string) bool {
	if slices.Contains(m.patterns, r.Method+" "+path) { // as nearly always
		return true
	}
	_, pattern := m.Handler(moved(r, path))
	return strings.Contains(pattern, " ")
}

// moved is a request at another path, which is escaped.
func moved(r *http.Request, escaped string) *http.Request {
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return r
	}
	other := new(http.Request)
	*other = *r
	other.URL = new(url.URL)
	*other.URL = *r.URL
	other.URL.Path, other.URL.RawPath = path, escaped
	return other
}
