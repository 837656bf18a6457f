// Package durabletest lets the power go under what writes through package durable.
package durabletest

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/durable"
)

// ErrPower is the error of every step once the power is gone.
var ErrPower = errors.New("the power is gone")

// Power is a folder on a disk whose power goes. It knows which names and which bytes
// would be there after that. It is for one writer at a time.
type Power struct {
	root   string
	failAt int
	once   bool
	steps  int
	taken  durable.Step // the latest, whose effect is still to be noted

	now, durable map[string]*node // by path; durable holds what is there for sure
}

// node is a file, a folder or a link.
type node struct {
	folder bool
	target string // of a link
	synced []byte
}

// New returns the power under a folder, whose content is there for sure. Step failAt,
// counted from 0, and all after it fail; with once only that one. -1 means none.
func New(root string, failAt int, once bool) (*Power, error) {
	p := &Power{root: root, failAt: failAt, once: once, now: map[string]*node{root: {folder: true}}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		n := &node{folder: d.IsDir()}
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			n.target, err = os.Readlink(path)
		case d.Type().IsRegular():
			n.synced, err = os.ReadFile(path)
		}
		p.now[path] = n
		return err
	})
	p.durable = maps.Clone(p.now)
	return p, err
}

// Disk is the disk that is to be written to.
func (p *Power) Disk() durable.Disk { return durable.Disk{Before: p.before} }

// Steps returns how many steps were tried.
func (p *Power) Steps() int { return p.steps }

func (p *Power) before(s durable.Step) error {
	if err := p.settle(); err != nil {
		return err
	}
	n := p.steps
	p.steps++
	if n == p.failAt || p.failAt >= 0 && n > p.failAt && !p.once {
		return ErrPower
	}
	p.taken = s
	return nil
}

// settle notes what the latest step has done.
func (p *Power) settle() (err error) {
	s := p.taken
	p.taken = durable.Step{}
	info, missing := os.Lstat(s.Path)
	there := missing == nil
	switch s.Kind {
	case durable.Create:
		if there && p.now[s.Path] == nil {
			p.now[s.Path] = &node{}
		}
	case durable.Make:
		if there && p.now[s.Path] == nil {
			p.now[s.Path] = &node{folder: info.IsDir()}
		}
	case durable.Link:
		if there {
			p.now[s.Path] = &node{target: s.From}
		}
	case durable.Rename:
		if _, err := os.Lstat(s.From); err != nil {
			p.now[s.Path] = p.now[s.From]
			delete(p.now, s.From)
		}
	case durable.Remove:
		if !there {
			delete(p.now, s.Path)
		}
	case durable.Sync:
		p.now[s.Path].synced, err = os.ReadFile(s.Path)
	case durable.SyncNames:
		inside := func(path string, _ *node) bool { return filepath.Dir(path) == s.Path && path != p.root }
		maps.DeleteFunc(p.durable, inside)
		for path, n := range p.now {
			if inside(path, n) {
				p.durable[path] = n
			}
		}
	}
	return err
}

// Survive writes what is there when the power is back into an empty folder. keep decides
// of each name that was not synced whether it is, of each file's bytes likewise, and, where
// these are not, whether there are zeros in their place.
func (p *Power) Survive(to string, keep func() bool) error {
	if err := p.settle(); err != nil {
		return err
	}
	paths := slices.Concat(slices.Collect(maps.Keys(p.now)), slices.Collect(maps.Keys(p.durable)))
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		from := p.durable
		if keep() {
			from = p.now
		}
		n := from[path]
		place := filepath.Join(to, strings.TrimPrefix(path, p.root))
		if _, err := os.Stat(filepath.Dir(place)); n == nil || path == p.root || err != nil {
			continue // it is gone, or its folder is
		}
		if err := p.restore(n, path, place, keep); err != nil {
			return err
		}
	}
	return nil
}

func (p *Power) restore(n *node, path, place string, keep func() bool) error {
	switch {
	case n.folder:
		return os.Mkdir(place, 0o777)
	case n.target != "":
		return os.Symlink(n.target, place)
	}
	content, whole, sized := n.synced, keep(), keep()
	if p.now[path] == n && (whole || sized) {
		var err error
		if content, err = os.ReadFile(path); err != nil {
			return err
		}
		if !whole {
			clear(content[min(len(n.synced), len(content)):])
		}
	}
	return os.WriteFile(place, content, 0o666)
}
