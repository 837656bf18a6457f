package index

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/flashrerank/rerank/internal/durable"
)

// Build is a new index that is made in a folder beside its place and put there
// when it is complete: the place holds the whole index or what it held before.
// It never removes what is no part of an index. A Build is not safe for
// concurrent use.
type Build struct {
	place   string // where the index is to be: absolute, links followed
	dir     string // where it is now
	replace bool
	index   *Index
	writer  *Writer
	old     locked // the index to be replaced; nil if there is none

	moves
}

// moves are what a build does to folders.
type moves struct {
	exchange, rename func(from, to string) error
	sync             func(dir string) error
}

// NewBuild begins an index for a directory, which is made if need be, and
// follows a link. With replace, an index that is there, even a damaged or an
// old one, is replaced by Install; until then its lock is held, so that nothing
// is written to it that would be lost. Errors: [ErrExists] where an index is
// there and not to be replaced, [ErrForeign] where other files are, [ErrLocked].
//
// What an earlier build that was killed left behind is removed. The Build must
// be closed.
func NewBuild(dir string, o Options, replace bool) (*Build, error) {
	b := &Build{replace: replace, moves: moves{exchange, renameFolder, durable.SyncFolder}}
	err := b.start(dir, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("building an index in %s: %w", dir, err), b.Close())
	}
	return b, nil
}

func (b *Build) start(dir string, o Options) (err error) {
	if b.place, err = resolve(dir); err != nil {
		return err
	}
	if err := makeDirectory(filepath.Dir(b.place)); err != nil {
		return err
	}
	if isMount(b.place) {
		return errors.New("a file system is mounted there, so the folder cannot be replaced: choose a folder inside it")
	}
	if !movable && holdsCurrent(b.place) {
		return errors.New("the current folder is there, and this system does not move it: choose another folder, or another current one")
	}
	b.tidy()
	if err := b.claim(); err != nil {
		return err
	}
	const tries = 3 // another build may take an unfinished folder for a leftover
	for range tries {
		if err = b.create(o); err == nil {
			return nil
		}
		b.discard()
		if !errors.Is(err, ErrLocked) && !errors.Is(err, ErrNotExist) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

// create makes the empty index beside its place, for the same users as the folder there.
func (b *Build) create(o Options) error {
	b.dir = b.beside(building) + fmt.Sprintf("%08x", rand.Uint32())
	if err := os.Mkdir(b.dir, 0o777); err != nil {
		b.dir = ""
		return err
	}
	if info, err := os.Stat(b.place); err == nil {
		if err := os.Chmod(b.dir, info.Mode().Perm()|0o700); err != nil {
			return err
		}
	}
	var err error
	if b.index, err = Create(b.dir, o); err == nil {
		b.writer, err = b.index.Writer()
	}
	return err
}

// Folders beside the place of an index, which is hidden by the dot.
const (
	building = ".building-"
	replaced = ".replaced-"
)

func (b *Build) beside(kind string) string {
	return filepath.Join(filepath.Dir(b.place), "."+filepath.Base(b.place)+kind)
}

// claim looks whether the place may be taken and locks the index that is there.
func (b *Build) claim() error {
	found, err := inspect(b.place)
	if err == nil {
		err = found.err()
	}
	if err != nil {
		return err
	}
	if b.old != nil && b.old.held() != nil { // somebody moved it away
		err = b.old.unlock()
		b.old = nil
	}
	if err != nil || !found.index || b.old != nil {
		return err
	}
	if !b.replace {
		return ErrExists
	}
	b.old, err = newDirectory(b.place).lock()
	return err
}

// Index returns the new index.
func (b *Build) Index() *Index { return b.index }

// Writer returns the new index's writer, which the build closes.
func (b *Build) Writer() *Writer { return b.writer }

// Dir returns the folder where the new index is: its place, once it is installed.
func (b *Build) Dir() string { return b.dir }

// Install closes the index and puts it in its place. Where the system can
// exchange two folders at once, there is no moment without an index. After an
// error the place is as it was, unless the error says that the new index is there.
func (b *Build) Install() error {
	if err := b.install(); err != nil {
		return fmt.Errorf("putting the new index in %s: %w", b.place, err)
	}
	return nil
}

func (b *Build) install() error {
	err := b.claim()
	if err == nil && !movable {
		err = b.release()
	}
	if err != nil {
		return err
	}
	left := ""
	if b.old == nil {
		err = b.rename(b.dir, b.place)
	} else {
		left, err = b.swap()
	}
	if err != nil {
		return err
	}
	b.dir = b.place
	if err := errors.Join(b.closeIndex(), b.sync(filepath.Dir(b.place))); err != nil {
		return fmt.Errorf("the new index is in place, but might not survive a power failure: %w", err)
	}
	return b.removeOld(left)
}

// removeOld removes the index that was replaced and is in a folder beside now.
func (b *Build) removeOld(left string) error {
	old := b.old
	if old == nil {
		return nil
	}
	b.old = nil
	var err error
	if !movable {
		if old, err = newDirectory(left).lock(); err != nil {
			return nil // a later build removes it
		}
	}
	if err = removeFolder(left, old); err != nil {
		return fmt.Errorf("the new index is in place; the rest of the old one is in %s: %w", left, err)
	}
	return nil
}

// release closes what keeps the folders from being moved.
func (b *Build) release() error {
	err := b.closeIndex()
	if b.old != nil {
		err = errors.Join(err, b.old.unlock())
	}
	return err
}

// swap lets the new folder and the old one change places, and returns where the
// old one is. If something has appeared in the old one since it was looked at,
// they change back.
func (b *Build) swap() (old string, err error) {
	err = b.exchange(b.dir, b.place)
	if errors.Is(err, errors.ErrUnsupported) {
		return b.swapInSteps()
	}
	if err != nil {
		return "", err
	}
	found, err := inspect(b.dir)
	if err == nil {
		err = found.err()
	}
	if err != nil {
		return "", errors.Join(err, b.exchange(b.dir, b.place))
	}
	return b.dir, nil
}

// swapInSteps is for systems that cannot exchange folders: between two steps
// nothing is at the place. A build that is killed there leaves the old index to
// be put back by the next one.
func (b *Build) swapInSteps() (old string, err error) {
	aside := b.beside(replaced) + fmt.Sprintf("%08x", rand.Uint32())
	if err := b.rename(b.place, aside); err != nil {
		return "", err
	}
	if err := b.rename(b.dir, b.place); err != nil {
		return "", errors.Join(err, b.rename(aside, b.place))
	}
	if b.rename(aside, b.dir) != nil { // a name under which nobody puts it back
		return aside, nil
	}
	return b.dir, nil
}

func (b *Build) closeIndex() error {
	var errs []error
	if b.writer != nil {
		errs = append(errs, b.writer.Close())
	}
	if b.index != nil {
		errs = append(errs, b.index.Close())
	}
	b.writer, b.index = nil, nil
	return errors.Join(errs...)
}

// Close removes the new index unless it was installed.
func (b *Build) Close() error {
	err := b.closeIndex()
	if b.old != nil {
		err = errors.Join(err, b.old.unlock())
		b.old = nil
	}
	b.discard()
	return err
}

// discard removes the new index unless it was installed.
func (b *Build) discard() {
	_ = b.closeIndex() // nothing of it is kept
	if b.dir != "" && b.dir != b.place {
		removeLeftover(b.dir)
		b.dir = ""
	}
}

// tidy puts back what a build that was killed had moved aside, and removes what
// it had built. What cannot be removed is left for the next one.
func (b *Build) tidy() {
	parent := filepath.Dir(b.place)
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(parent, e.Name())
		switch {
		case !e.IsDir():
		case isBeside(path, b.beside(replaced)):
			if b.rename(path, b.place) != nil {
				removeLeftover(path)
			}
		case isBeside(path, b.beside(building)):
			removeLeftover(path)
		}
	}
}

func isBeside(path, prefix string) bool {
	return len(path) == len(prefix)+8 && path[:len(prefix)] == prefix && isHex(path[len(prefix):])
}

// removeLeftover removes an index that nobody is writing to.
func removeLeftover(dir string) {
	if _, err := os.Lstat(filepath.Join(dir, lockName)); err == nil {
		if l, err := newDirectory(dir).lock(); err == nil {
			_ = removeFolder(dir, l) // or the next build does
		}
		return
	}
	_ = os.Remove(dir) // an empty folder
}
