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

// name returns the name of a folder, which is an absolute path.
func (p *places) name(folder string) (string, error) {
	rest := strings.TrimPrefix(filepath.ToSlash(folder), filepath.ToSlash(filepath.VolumeName(folder)))
	parts := strings.Split(strings.Trim(rest, "/"), "/")
	name := ""
	for i := len(parts) - 1; i >= 0; i-- {
		name = strings.TrimSuffix(parts[i]+"/"+name, "/")
		taken, err := p.taken(name, folder)
		if err != nil {
			return "", err
		}
		if !taken {
			break
		}
	}
	if p.named == nil {
		p.named = map[string]string{}
	}
	p.named[name] = folder
	return name, nil
}

// taken reports whether documents of something else than the folder have a name.
func (p *places) taken(name, folder string) (bool, error) {
	for known, owner := range p.named {
		if owner != folder && (known == name || strings.HasPrefix(known, name+"/") || strings.HasPrefix(name, known+"/")) {
			return true, nil
		}
	}
	if p.index == nil {
		return false, nil
	}
	doc, found, err := p.index.FindPrefix(name + "/")
	if err != nil || !found {
		return false, err
	}
	d, err := p.index.Document(doc)
	if err != nil {
		return false, fmt.Errorf("whose documents are called %s: %w", name, err)
	}
	owner, _ := d.Fields.Get("folder")
	return owner.Text() != folder, nil
}
