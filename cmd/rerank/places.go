package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/index"
)

// places gives folders the names that their documents' IDs begin with: the last part
// of a folder's path, or as many as it takes to differ from other folders of the
// command line and of the index. However its path is written, a folder has the same
// name again.
type places struct {
	index *index.Snapshot // what is added to; nil for a new index
	named map[string]string
}

// nameFolders names the folders among the sources of an index, or of one that is
// added to.
func nameFolders(sources []source, x *index.Index) (err error) {
	var p places
	if x != nil {
		if p.index, err = x.Snapshot(); err != nil {
			return err
		}
		defer p.index.Close()
	}
	for _, s := range sources {
		if s.folder == "" {
			continue
		}
		if s.options.Folder.Name, err = p.name(s.folder); err != nil {
			return err
		}
	}
	return nil
}

// folderOf returns the folder of a path: itself, or the one that a text lies in, and ""
// for a file of lines with IDs.
func folderOf(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s: no such file or folder", path)
	case err != nil, !info.IsDir() && dataset.IsLines(path):
		return "", err
	}
	abs, err := filepath.Abs(path)
	if err != nil || info.IsDir() {
		return abs, err
	}
	return filepath.Dir(abs), nil
}

// name returns the name of a folder, which is an absolute path: the one that its
// documents in the index have, or the shortest that is free.
func (p *places) name(folder string) (string, error) {
	names := endings(folder)
	for _, fits := range []func(name, folder string) (bool, error){p.had, p.free} {
		for _, name := range names {
			if ok, err := fits(name, folder); ok || err != nil {
				return p.take(name, folder), err
			}
		}
	}
	return p.take(names[len(names)-1], folder), nil
}

// endings returns the last part of a path, the last two, and so on.
func endings(path string) []string {
	rest := strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(filepath.VolumeName(path)))
	parts := strings.Split(strings.Trim(rest, "/"), "/")
	var list []string
	for i := range parts {
		list = append(list, strings.Join(parts[len(parts)-1-i:], "/"))
	}
	return list
}

func (p *places) take(name, folder string) string {
	if p.named == nil {
		p.named = map[string]string{}
	}
	p.named[name] = folder
	return name
}

// had reports whether the folder's documents in the index have a name.
func (p *places) had(name, folder string) (bool, error) {
	owner, found, err := p.owner(name)
	return found && owner == folder && !p.clashes(name, folder), err
}

// free reports whether nothing but the folder has a name.
func (p *places) free(name, folder string) (bool, error) {
	owner, found, err := p.owner(name)
	return (!found || owner == folder) && !p.clashes(name, folder), err
}

// clashes reports whether another folder of the command line has a name.
func (p *places) clashes(name, folder string) bool {
	for known, owner := range p.named {
		if owner != folder && (known == name || strings.HasPrefix(known, name+"/") || strings.HasPrefix(name, known+"/")) {
			return true
		}
	}
	return false
}

// owner returns the folder of a document in the index whose ID begins with a name;
// "" if it has no folder, or one of a longer name.
func (p *places) owner(name string) (folder string, found bool, err error) {
	if p.index == nil {
		return "", false, nil
	}
	doc, found, err := p.index.FindPrefix(name + "/")
	if err != nil || !found {
		return "", false, err
	}
	d, err := p.index.Document(doc)
	if err != nil {
		return "", false, fmt.Errorf("whose documents are called %s: %w", name, err)
	}
	path, _ := d.Fields.Get("path")
	if !strings.HasPrefix(d.ID, name+"/"+path.Text()) {
		return "", true, nil
	}
	owner, _ := d.Fields.Get("folder")
	return owner.Text(), true, nil
}
