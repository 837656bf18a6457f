package pipeline

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/flashrerank/rerank/hub"
	"github.com/flashrerank/rerank/internal/regular"
	"github.com/flashrerank/rerank/models/cross"
	"github.com/flashrerank/rerank/models/minilm"
	"github.com/flashrerank/rerank/transformer"
)

// ModelFiles opens the files of a model: of one in this program ("minilm", "cross"), of a folder,
// of a zip file, or of a model of the Hub that is in the cache. Nothing is asked
// over the network. "hub:" before a name says that it is not a folder's. A precision before
// it ("int8:") says how the model is to compute and changes nothing of its files.
func ModelFiles(name string) (fs.FS, error) {
	_, name = precisionOf(name)
	switch name {
	case MiniLM:
		return minilm.Files(), nil
	case Cross:
		return cross.Files(), nil
	}
	if rest, ok := strings.CutPrefix(name, hubPrefix); ok {
		return cached(rest)
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return os.DirFS(name), nil
	case err == nil && strings.HasSuffix(name, ".zip"):
		return openZip(name, info.Size())
	case err == nil:
		return nil, fmt.Errorf("%s is a file; a model is a folder or a zip file", name)
	case !errors.Is(err, fs.ErrNotExist) || !hub.IsName(name):
		return nil, err
	}
	return cached(name)
}

// hubPrefix before a name says that it is that of a model of the Hub.
const hubPrefix = "hub:"

// precisionOf takes the precision from before a name, "" if there is none.
func precisionOf(name string) (transformer.Precision, string) {
	for _, p := range transformer.Precisions() {
		if rest, ok := strings.CutPrefix(name, string(p)+":"); ok {
			return p, rest
		}
	}
	return "", name
}

// modelName returns the name of a model whose config.json has none: the last part of the
// name that it was asked for by. It is "" where config.json has one.
func modelName(files fs.FS, name string) string {
	var config struct {
		Name string `json:"_name_or_path"`
	}
	data, err := regular.ReadFS(files, configName, maxConfig)
	if err != nil || json.Unmarshal(data, &config) != nil || config.Name != "" {
		return "" // loading the model tells what is wrong
	}
	_, name = precisionOf(name)
	if rest, ok := strings.CutPrefix(name, hubPrefix); ok {
		return path.Base(rest)
	}
	if abs, err := filepath.Abs(name); err == nil {
		name = abs // a folder may be "."
	}
	return strings.TrimSuffix(filepath.Base(name), ".zip")
}

// weightsCache is where int8 weights that were made of others are kept, "" if this user
// has no place for such things.
func weightsCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "rerank", "weights")
}

// cached opens a model in the cache.
func cached(name string) (fs.FS, error) {
	client, err := hub.FromEnvironment()
	if err != nil {
		return nil, err
	}
	s, err := client.Find(name)
	if errors.Is(err, hub.ErrNotFound) {
		return nil, notFetched(name)
	}
	if err != nil {
		return nil, err
	}
	return os.DirFS(s.Folder), nil
}

// notFetched is the name of a model that is not here, though it may be on the Hub.
type notFetched string

func (n notFetched) Error() string {
	return fmt.Sprintf("%q is not in the cache of models (\"rerank model pull %s\" fetches it, if it is on the Hub)", string(n), string(n))
}

func (notFetched) Is(target error) bool { return target == fs.ErrNotExist }

// openZip opens a zip file, whose files may lie in one folder. It stays open as
// long as somebody reads it.
func openZip(name string, size int64) (fs.FS, error) {
	f, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	if _, err := fs.Stat(archive, configName); err == nil {
		return archive, nil
	}
	found, err := fs.Glob(archive, "*/"+configName)
	if err != nil || len(found) != 1 {
		return nil, errors.Join(fmt.Errorf("%s: holds no model: %d files %s in its folders", name, len(found), configName), f.Close())
	}
	return fs.Sub(archive, path.Dir(found[0]))
}

const (
	configName = "config.json"
	maxConfig  = 1 << 20
)
