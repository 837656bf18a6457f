package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/flashrerank/rerank/internal/exactjson"
)

const (
	maxAnswer = 64 << 20
	maxFiles  = 1 << 16
	maxPages  = 1 << 10
	maxSize   = 1 << 40
)

// File is a file of a repository.
type File struct {
	Path string `json:"path"` // within the repository, with slashes
	Size int64  `json:"size"`
	Sum  string `json:"sum"` // SHA-256 of large files, git's SHA-1 of others
}

// entry is a file as the Hub lists it.
type entry struct {
	Type string `json:"type"`
	OID  string `json:"oid"`
	Size int64  `json:"size"`
	Path string `json:"path"`
	LFS  *struct {
		OID  string `json:"oid"`
		Size int64  `json:"size"`
	} `json:"lfs"`
}

var sumPattern = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// file checks an entry: a repository may call its files anything.
func (e entry) file() (File, error) {
	f := File{Path: e.Path, Size: e.Size, Sum: e.OID}
	if e.LFS != nil {
		f.Size, f.Sum = e.LFS.Size, e.LFS.OID
	}
	if !fs.ValidPath(f.Path) || f.Path == "." || !filepath.IsLocal(filepath.FromSlash(f.Path)) || strings.ContainsAny(f.Path, "\\:\x00") {
		return f, fmt.Errorf("the repository holds a file of the name %q", f.Path)
	}
	if !sumPattern.MatchString(f.Sum) || f.Size < 0 || f.Size > maxSize {
		return f, fmt.Errorf("the file %q is listed with %d bytes and the checksum %q", f.Path, f.Size, f.Sum)
	}
	return f, nil
}

// neededNames are the files of a model that this project reads, in any folder
// that has a number in front, as those of sentence-transformers modules. Those of
// chat templates and adapters say that a model is not supported.
var neededNames = []string{
	"config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "modules.json",
	"config_sentence_transformers.json", "model.safetensors", "model.safetensors.index.json",
	"chat_template.jinja", "chat_template.json", "adapter_config.json",
}

var (
	readingPattern = regexp.MustCompile(`^sentence_[a-z-]+_config\.json$`)
	shardPattern   = regexp.MustCompile(`^model-\d{5}-of-\d{5}\.safetensors$`)
	modulePattern  = regexp.MustCompile(`^\d+_[A-Za-z]+$`)
)

// Needed reports whether a file of a repository is one that this project reads.
func Needed(name string) bool {
	folder, base := path.Split(name)
	if folder = strings.TrimSuffix(folder, "/"); folder != "" && !modulePattern.MatchString(folder) {
		return false
	}
	return slices.Contains(neededNames, base) || readingPattern.MatchString(base) || shardPattern.MatchString(base)
}

// Pull fetches the files of a model that are not in the cache yet, and returns
// the whole. NAME is a repository such as cross-encoder/ms-marco-MiniLM-L6-v2 or
// a short name of [Names], with @REVISION behind it if it is not the newest.
func (c *Client) Pull(ctx context.Context, modelName string) (Snapshot, error) {
	n, err := parseName(modelName)
	if err != nil {
		return Snapshot{}, fmt.Errorf("hub: %w", err)
	}
	if c.Offline {
		return Snapshot{}, fmt.Errorf("hub: fetching %s: %w", n, ErrOffline)
	}
	s, err := c.pull(ctx, n)
	if err != nil {
		return Snapshot{}, fmt.Errorf("hub: fetching %s: %w", n, err)
	}
	return s, nil
}

func (c *Client) pull(ctx context.Context, n name) (Snapshot, error) {
	commit, err := c.commit(ctx, n)
	if err != nil {
		return Snapshot{}, err
	}
	files, err := c.list(ctx, n.repo, commit)
	if err != nil {
		return Snapshot{}, err
	}
	if err := complete(files); err != nil {
		return Snapshot{}, err
	}
	progress := Progress{}
	for _, f := range files {
		progress.Total += f.Size
	}
	for _, f := range files {
		progress.File = f.Path
		if err := c.fetch(ctx, n.repo, commit, f, &progress); err != nil {
			return Snapshot{}, fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	if err := c.keepRevision(n, commit); err != nil {
		return Snapshot{}, err
	}
	return c.snapshot(n, commit)
}

// commit asks which commit a revision is.
func (c *Client) commit(ctx context.Context, n name) (string, error) {
	var info struct {
		SHA string `json:"sha"`
	}
	if _, err := c.json(ctx, c.url("api/models", n.repo, "revision", url.PathEscape(n.revision)), &info); err != nil {
		return "", err
	}
	if !commitPattern.MatchString(info.SHA) {
		return "", fmt.Errorf("the server says %.60q instead of a commit", info.SHA)
	}
	return info.SHA, nil
}

// list returns the files that are needed.
func (c *Client) list(ctx context.Context, repo, commit string) (files []File, err error) {
	next := c.url("api/models", repo, "tree", commit) + "?recursive=true&expand=false"
	seen := 0
	for range maxPages {
		var page []entry
		link, err := c.json(ctx, next, &page)
		if err != nil {
			return nil, err
		}
		if seen += len(page); seen > maxFiles {
			return nil, fmt.Errorf("more than %d files", maxFiles)
		}
		for _, e := range page {
			if e.Type != "file" || !Needed(e.Path) {
				continue
			}
			f, err := e.file()
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
		if link == "" {
			return files, nil
		}
		if next, err = c.sameHost(next, link); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("a list of more than %d pages", maxPages)
}

// sameHost resolves the address of a list's next page.
func (c *Client) sameHost(from, to string) (string, error) {
	base, err := url.Parse(from)
	if err != nil {
		return "", err
	}
	next, err := base.Parse(to)
	if err != nil {
		return "", err
	}
	if next.Host != base.Host || next.Scheme != base.Scheme {
		return "", fmt.Errorf("the list goes on at another host, %s", next.Host)
	}
	return next.String(), nil
}

// complete checks that there are weights and what belongs to them.
func complete(files []File) error {
	has := func(name string) bool {
		return slices.ContainsFunc(files, func(f File) bool { return f.Path == name })
	}
	for _, name := range []string{"config.json", "tokenizer.json"} {
		if !has(name) {
			return fmt.Errorf("the repository has no %s", name)
		}
	}
	if !has("model.safetensors") && !has("model.safetensors.index.json") {
		return errors.New("the repository has no safetensors weights")
	}
	return nil
}

var linkPattern = regexp.MustCompile(`<([^>]*)>;\s*rel="next"`)

// json reads an answer, and returns the address of the next page if there is
// one.
func (c *Client) json(ctx context.Context, address string, into any) (next string, err error) {
	response, err := c.get(ctx, address, 0)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return "", err
	}
	if len(data) > maxAnswer {
		return "", fmt.Errorf("an answer of more than %d bytes", maxAnswer)
	}
	if err := exactjson.UnmarshalLast(data, into); err != nil {
		return "", fmt.Errorf("the server's answer: %w", err)
	}
	if m := linkPattern.FindStringSubmatch(response.Header.Get("Link")); m != nil {
		next = m[1]
	}
	return next, nil
}

// fetch puts a file into the cache, unless it is there, and where the snapshot has
// it.
func (c *Client) fetch(ctx context.Context, repo, commit string, f File, p *Progress) error {
	blob := filepath.Join(c.folder(repo), "blobs", f.Sum)
	if info, err := os.Stat(blob); err != nil || info.Size() != f.Size {
		unlock, err := c.lock(ctx, repo, f.Sum)
		if err != nil {
			return err
		}
		err = c.download(ctx, c.url(repo, "resolve", commit, escaped(f.Path)), blob, f, p)
		unlock()
		if err != nil {
			return err
		}
	} else {
		c.report(p, f.Size)
	}
	return c.link(blob, filepath.Join(c.folder(repo), "snapshots", commit, filepath.FromSlash(f.Path)))
}

// lock waits for others, in this process or another, that fetch the same file.
func (c *Client) lock(ctx context.Context, repo, sum string) (unlock func(), err error) {
	folder := filepath.Join(c.Cache, ".locks", filepath.Base(c.folder(repo)))
	if err := c.disk.MakeFolder(folder); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(folder, sum+".lock"))
	if _, err := l.TryLockContext(ctx, poll); err != nil {
		return nil, fmt.Errorf("waiting for another download: %w", err)
	}
	return func() { _ = l.Unlock() }, nil
}

func (c *Client) report(p *Progress, n int64) {
	p.Done += n
	if c.Progress != nil {
		c.Progress(*p)
	}
}
