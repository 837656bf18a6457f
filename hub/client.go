package hub

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/flashrerank/rerank/internal/durable"
)

// DefaultEndpoint is the Hub.
const DefaultEndpoint = "https://huggingface.co"

// DefaultRevision is what a name without a revision means.
const DefaultRevision = "main"

// Errors that [Client.Pull] and [Client.Find] wrap, with the name of what was
// asked for.
var (
	ErrNotFound     = errors.New("not found")
	ErrUnauthorized = errors.New("no access; a token of a user who has it goes into HF_TOKEN")
	ErrGated        = errors.New("access is gated; ask for it on the model's page, and set HF_TOKEN")
	ErrOffline      = errors.New("offline, as HF_HUB_OFFLINE is set")
	ErrChecksum     = errors.New("the checksum is wrong")
)

// Client fetches from one Hub into one cache. It is immutable and safe for
// concurrent use; downloads of one file wait for one another, across processes.
type Client struct {
	Cache    string // the folder; required
	Endpoint string // empty means DefaultEndpoint
	Token    string // sent to the endpoint alone
	Offline  bool   // Pull fails

	// HTTP is used for requests; nil means one with timeouts.
	HTTP *http.Client

	// Attempts is how often a request is tried, and how often a download that is
	// cut goes on without reaching further than before; 0 means 5. Backoff is the
	// pause after the first failure, doubled after each; 0 means a second. A server
	// that says how long to wait is obeyed, up to a minute. One that is silent for
	// Idle, 30 seconds if it is 0, counts as cut.
	Attempts int
	Backoff  time.Duration
	Idle     time.Duration

	// Progress is told how far Pull is, often and from its goroutine; nil is fine.
	Progress func(Progress)

	disk durable.Disk // where the cache is
}

// Progress is how far a Pull is, in bytes.
type Progress struct {
	File        string // that is being fetched
	Done, Total int64  // of all files
}

// FromEnvironment makes a client of the variables that huggingface_hub reads.
func FromEnvironment() (*Client, error) {
	home := os.Getenv("HF_HOME")
	if home == "" {
		cache := os.Getenv("XDG_CACHE_HOME")
		if cache == "" {
			user, err := os.UserHomeDir()
			if err != nil {
				return nil, fmt.Errorf("hub: a folder for the cache: %w", err)
			}
			cache = filepath.Join(user, ".cache")
		}
		home = filepath.Join(cache, "huggingface")
	}
	c := &Client{
		Cache:    cmp.Or(os.Getenv("HF_HUB_CACHE"), os.Getenv("HUGGINGFACE_HUB_CACHE"), filepath.Join(home, "hub")),
		Endpoint: os.Getenv("HF_ENDPOINT"),
		Token:    strings.TrimSpace(cmp.Or(os.Getenv("HF_TOKEN"), os.Getenv("HUGGING_FACE_HUB_TOKEN"))),
		Offline:  isTrue(os.Getenv("HF_HUB_OFFLINE")) || isTrue(os.Getenv("TRANSFORMERS_OFFLINE")),
	}
	if c.Token == "" && !isTrue(os.Getenv("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
		path := cmp.Or(os.Getenv("HF_TOKEN_PATH"), filepath.Join(home, "token"))
		if data, err := os.ReadFile(path); err == nil {
			c.Token = strings.TrimSpace(string(data))
		}
	}
	return c, nil
}

func isTrue(s string) bool {
	switch strings.ToUpper(s) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// name is a repository and a revision of it.
type name struct {
	repo, revision string
}

var (
	repoPattern   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,95})?$`)
	branchPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/-]{0,127}$`)
	commitPattern = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// parseName reads NAME[@REVISION]; a short name stands for a repository.
func parseName(s string) (name, error) {
	repo, revision, found := strings.Cut(s, "@")
	if known, ok := Lookup(repo); ok {
		repo = known.Repository
	}
	n := name{repo, cmp.Or(revision, DefaultRevision)}
	if found && revision == "" || !repoPattern.MatchString(repo) || strings.Contains(repo, "--") || strings.Contains(repo, "..") {
		return n, fmt.Errorf("%q is not the name of a model: NAME[@REVISION], or OWNER/NAME[@REVISION]", s)
	}
	if !branchPattern.MatchString(n.revision) || strings.Contains(n.revision, "..") || strings.Contains(n.revision, "//") {
		return n, fmt.Errorf("%q is not a revision", n.revision)
	}
	return n, nil
}

func (n name) String() string {
	if n.revision == DefaultRevision {
		return n.repo
	}
	return n.repo + "@" + n.revision
}

// IsName reports whether a text looks like the name of a model on the Hub, with a
// revision or without.
func IsName(s string) bool {
	_, err := parseName(s)
	return err == nil
}

const folderPrefix = "models--"

// folder is where a repository lies in the cache.
func (c *Client) folder(repo string) string {
	return filepath.Join(c.Cache, folderPrefix+strings.ReplaceAll(repo, "/", "--"))
}

func (c *Client) url(parts ...string) string {
	return strings.TrimRight(cmp.Or(c.Endpoint, DefaultEndpoint), "/") + "/" + strings.Join(parts, "/")
}

// escaped is a path for a URL.
func escaped(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}
