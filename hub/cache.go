package hub

import (
	"context"
	"crypto/sha1" //nolint:gosec // what git calls files by
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/flashrerank/rerank/internal/durable"
	"github.com/flashrerank/rerank/internal/regular"
)

// poll is how often a lock is tried.
const poll = 100 * time.Millisecond

// Snapshot is a model in the cache, as it is at one commit.
type Snapshot struct {
	Name     string `json:"name"` // OWNER/NAME
	Revision string `json:"revision"`
	Commit   string `json:"commit"`
	Folder   string `json:"folder"` // its files, as they lie in the repository
	Files    []File `json:"files"`
}

// Size returns the bytes of all files.
func (s Snapshot) Size() (n int64) {
	for _, f := range s.Files {
		n += f.Size
	}
	return n
}

// Find returns a model that is in the cache, without asking anybody. What is not
// there is [ErrNotFound].
func (c *Client) Find(modelName string) (Snapshot, error) {
	n, err := parseName(modelName)
	if err != nil {
		return Snapshot{}, fmt.Errorf("hub: %w", err)
	}
	commit := n.revision
	if !commitPattern.MatchString(commit) {
		data, err := readSmall(filepath.Join(c.folder(n.repo), "refs", filepath.FromSlash(n.revision)))
		if errors.Is(err, fs.ErrNotExist) {
			return Snapshot{}, fmt.Errorf("hub: %s is not in the cache: %w", n, ErrNotFound)
		}
		if err != nil {
			return Snapshot{}, fmt.Errorf("hub: %w", err)
		}
		if commit = strings.TrimSpace(data); !commitPattern.MatchString(commit) {
			return Snapshot{}, fmt.Errorf("hub: the cache says %.60q instead of a commit of %s", commit, n)
		}
	}
	s, err := c.snapshot(n, commit)
	if errors.Is(err, fs.ErrNotExist) {
		return Snapshot{}, fmt.Errorf("hub: %s is not in the cache: %w", n, ErrNotFound)
	}
	if err != nil {
		return Snapshot{}, fmt.Errorf("hub: %w", err)
	}
	return s, nil
}

// readSmall reads a file of a few bytes.
func readSmall(name string) (string, error) {
	f, err := regular.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 1<<10))
	return string(data), err
}

// snapshot lists the files of a commit.
func (c *Client) snapshot(n name, commit string) (Snapshot, error) {
	s := Snapshot{Name: n.repo, Revision: n.revision, Commit: commit, Folder: filepath.Join(c.folder(n.repo), "snapshots", commit)}
	err := filepath.WalkDir(s.Folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || durable.Unfinished(d.Name()) {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err // such as a link to what is not there any more
		}
		relative, err := filepath.Rel(s.Folder, path)
		if err != nil {
			return err
		}
		f := File{Path: filepath.ToSlash(relative), Size: info.Size()}
		if to, err := os.Readlink(path); err == nil && sumPattern.MatchString(filepath.Base(to)) {
			f.Sum = filepath.Base(to)
		}
		s.Files = append(s.Files, f)
		return nil
	})
	return s, err
}

// keepRevision writes down which commit a revision is.
func (c *Client) keepRevision(n name, commit string) error {
	if n.revision == commit {
		return nil
	}
	path := filepath.Join(c.folder(n.repo), "refs", filepath.FromSlash(n.revision))
	if err := c.disk.MakeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return c.disk.Replace(path, func(w io.Writer) error { _, err := io.WriteString(w, commit); return err })
}

// link makes a file of a snapshot of a blob: a link as huggingface_hub makes it,
// or a copy where there are no links.
func (c *Client) link(blob, path string) error {
	target, err := filepath.Rel(filepath.Dir(path), blob)
	if err != nil {
		return err
	}
	if have, err := os.Readlink(path); err == nil && have == target {
		return nil
	}
	if err := c.disk.MakeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	if err := c.disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if c.disk.Link(target, path) == nil { // durable before a revision names the snapshot
		return nil
	}
	return c.copyFile(blob, path)
}

func (c *Client) copyFile(from, to string) error {
	in, err := regular.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return c.disk.Replace(to, func(w io.Writer) error { _, err := io.Copy(w, in); return err })
}

// List returns what is in the cache: each model at each of its revisions.
func (c *Client) List() ([]Snapshot, error) {
	entries, err := os.ReadDir(c.Cache)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	var list []Snapshot
	for _, e := range entries {
		repo, ok := strings.CutPrefix(e.Name(), folderPrefix)
		if !ok || !e.IsDir() {
			continue
		}
		repo = strings.Replace(repo, "--", "/", 1)
		refs := filepath.Join(c.Cache, e.Name(), "refs")
		err := filepath.WalkDir(refs, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || durable.Unfinished(d.Name()) {
				return err
			}
			revision, err := filepath.Rel(refs, path)
			if err != nil {
				return err
			}
			if s, err := c.Find(repo + "@" + filepath.ToSlash(revision)); err == nil {
				list = append(list, s)
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("hub: %w", err)
		}
	}
	return list, nil
}

// Remove takes a model out of the cache, with all of its revisions, or one
// revision and what no other needs.
func (c *Client) Remove(modelName string) error {
	n, err := parseName(modelName)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	folder := c.folder(n.repo)
	if _, err := os.Stat(folder); err != nil {
		return fmt.Errorf("hub: %s is not in the cache: %w", n, ErrNotFound)
	}
	if !strings.Contains(modelName, "@") {
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("hub: removing %s: %w", n, err)
		}
		return nil
	}
	if err := c.removeRevision(n); err != nil {
		return fmt.Errorf("hub: removing %s: %w", n, err)
	}
	return nil
}

func (c *Client) removeRevision(n name) error {
	s, err := c.Find(n.repo + "@" + n.revision)
	if err != nil {
		return err
	}
	if n.revision != s.Commit {
		if err := os.Remove(filepath.Join(c.folder(n.repo), "refs", filepath.FromSlash(n.revision))); err != nil {
			return err
		}
	}
	all, err := c.List()
	if err != nil {
		return err
	}
	var kept []string
	for _, other := range all {
		if other.Name == n.repo && other.Commit == s.Commit {
			return nil // another name of the same commit
		}
		if other.Name == n.repo {
			for _, f := range other.Files {
				kept = append(kept, f.Sum)
			}
		}
	}
	for _, f := range s.Files {
		if f.Sum != "" && !slices.Contains(kept, f.Sum) {
			if err := os.Remove(filepath.Join(c.folder(n.repo), "blobs", f.Sum)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return os.RemoveAll(s.Folder)
}

// Verify compares the files of a model in the cache with their checksums. Files
// that are copies, for want of links, have none and are passed over; their number
// is returned.
func (c *Client) Verify(ctx context.Context, s Snapshot) (unchecked int, err error) {
	for _, f := range s.Files {
		if len(f.Sum) < 2*sha1.Size {
			unchecked++
			continue
		}
		if err := verify(ctx, filepath.Join(s.Folder, filepath.FromSlash(f.Path)), f); err != nil {
			return unchecked, fmt.Errorf("hub: %s: %s: %w", s.Name, f.Path, err)
		}
	}
	return unchecked, nil
}
