package server

import (
	"context"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"
)

// A page in the user's browser can send requests to a server on the user's own machine,
// and with a name that its owner points there (DNS rebinding) it can also read the
// answers. What follows refuses such requests. Browsers name the page in Origin or
// Referer and say in Sec-Fetch-Site how far away it is; no page can leave that out or
// change it. The headers of proxies (Forwarded, X-Forwarded-Host) are never looked at,
// as any client can send them.

// listenerKey is the key of the listener's address in the context of a request.
type listenerKey struct{}

// withListener notes the listener in the context of its requests.
func withListener(l net.Listener) context.Context {
	return context.WithValue(context.Background(), listenerKey{}, l.Addr())
}

// listenerOf returns the address of the listener that a request came to. Where it is not
// known, as with an http.Server of the caller's, it is that of the connection.
func listenerOf(r *http.Request) net.Addr {
	if a, ok := r.Context().Value(listenerKey{}).(net.Addr); ok {
		return a
	}
	a, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return a
}

// Guard answers as a handler does, but refuses the requests of pages of other origins and
// requests to foreign hosts, as [Server.Handler] does. It is for what is served beside that
// without a key, such as [Server.Metrics].
func (s *Server) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := s.stranger(r, nil, false); f != nil {
			http.Error(w, f.message, f.status)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// stranger refuses a request to a foreign host, or of a page that is not admitted. Keyed
// tells whether a request needs a key.
func (s *Server) stranger(r *http.Request, admitted *cors.Cors, keyed bool) *failure {
	if f := s.foreignHost(r, keyed); f != nil {
		return f
	}
	return foreignPage(r, admitted)
}

// safe refuses requests of pages that are not admitted, requests to foreign hosts and,
// where everything is behind the keys, requests without one.
func (s *Server) safe(pages *cors.Cors, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := s.stranger(r, pages, s.config.Keyed())
		if f == nil && s.config.ProtectAll {
			if _, f = s.admit(r); f != nil {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
		}
		if f != nil {
			s.refuse(w, r, dialectOfPath(r.URL.Path), f)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func forbidden(message string) *failure {
	return &failure{status: http.StatusForbidden, kind: "Validation", message: message}
}

// foreignHost refuses a request whose Host is no name of this server. A listener that
// only this machine can reach is asked by the names of this machine, unless keys keep
// pages out; what else a proxy passes on must be listed. Unix sockets have no host.
func (s *Server) foreignHost(r *http.Request, keyed bool) *failure {
	a, ok := listenerOf(r).(*net.TCPAddr)
	host := hostName(r.Host)
	if !ok || host == "" || isLoopback(host) || slices.Contains(s.config.Hosts, "*") ||
		slices.ContainsFunc(s.config.Hosts, func(h string) bool { return hostName(h) == host }) {
		return nil
	}
	_, err := netip.ParseAddr(host)
	switch local := a.IP.IsLoopback(); {
	case local && !keyed:
	case len(s.config.Hosts) == 0, !local && err == nil: // no page can rebind an address
		return nil
	}
	return forbidden("the Host of the request is no name of this server: --hosts lists the names that a proxy passes on")
}

// hostName is a host without its port, in lower case and without a final dot.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// isLoopback reports whether a host is a name or an address of this machine. Names
// under localhost are never asked of a name server.
func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// foreignPage refuses a request of a page that is neither this server's nor of an origin
// that is admitted.
func foreignPage(r *http.Request, admitted *cors.Cors) *failure {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	asker := origin
	if u, err := url.Parse(r.Referer()); origin == "" && err == nil && u.Host != "" {
		asker = u.Scheme + "://" + u.Host
	}
	if admitted != nil && asker != "" {
		of := r.Clone(r.Context())
		of.Header.Set("Origin", asker)
		if admitted.OriginAllowed(of) {
			return nil
		}
	}
	switch {
	case origin != "" && !sameOrigin(origin, r):
		return forbidden("a page of another origin may not ask this server: --origins admits pages")
	case site == "cross-site", site == "same-site":
		return forbidden("a page of another site may not ask this server: --origins admits pages")
	case alters(r) && isForm(r) && (asker != "" || site != "" || fetchedByPage(r)):
		return forbidden("a form on a page may not change anything here: send application/json")
	}
	return nil
}

// sameOrigin reports whether an origin is that of the server itself.
func sameOrigin(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(withPort(u.Scheme, u.Host), withPort(u.Scheme, r.Host))
}

// withPort adds the port of a scheme to a host that names none.
func withPort(scheme, host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return host + ":" + map[string]string{"http": "80", "https": "443"}[scheme]
}

func alters(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}

// isForm reports whether a body is of a type that forms send, which browsers send to
// other origins unasked. A body without a type is one of a page too.
func isForm(r *http.Request) bool {
	given := r.Header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(given)
	if err != nil {
		kind, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(given)), ";")
	}
	switch strings.TrimSpace(kind) {
	case "":
		return r.ContentLength != 0
	case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
		return true
	}
	return false
}

// fetchedByPage reports whether the other Sec-Fetch headers are those of a browser.
// Programs that have fetch without a browser send the mode "cors" alone.
func fetchedByPage(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return r.Header.Get("Sec-Fetch-Dest") != "" || r.Header.Get("Sec-Fetch-User") != "" || mode != "" && mode != "cors"
}
