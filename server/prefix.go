package server

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// checkPrefix refuses what no path of a request begins with.
func checkPrefix(prefix string) error {
	switch {
	case prefix == "":
		return nil
	case prefix[0] != '/', prefix == "/", path.Clean(prefix) != prefix:
		return fmt.Errorf("%q is no prefix of a path such as /rerank-service", prefix)
	case strings.ContainsAny(prefix, "{}"), (&url.URL{Path: prefix}).EscapedPath() != prefix:
		return fmt.Errorf("%q has characters that addresses escape: letters, digits and - . _ ~ are safe", prefix)
	}
	return nil
}

// prefixed answers below the configured prefix of all paths, and there only.
func (s *Server) prefixed(next http.Handler) http.Handler {
	prefix := s.config.URLPrefix
	if prefix == "" {
		return next
	}
	below := http.StripPrefix(prefix, next)
	elsewhere := s.watched(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, dialectOfPath(r.URL.Path), &failure{http.StatusNotFound, "Validation", "there is nothing here: all paths of this server begin with " + prefix})
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch given := r.URL.EscapedPath(); {
		case given == prefix:
			next.ServeHTTP(w, moved(r, "/"))
		case strings.HasPrefix(given, prefix+"/"):
			below.ServeHTTP(w, r)
		default:
			elsewhere.ServeHTTP(w, r)
		}
	})
}
