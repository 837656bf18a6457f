package hub

import (
	"cmp"
	"context"
	"crypto/sha1" //nolint:gosec // what git calls files by
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/flashrerank/rerank/internal/regular"
)

// download fetches a file beside its place, going on where it was cut, checks it
// and puts it there. A server that cuts is asked again, after a pause, as long as
// more of the file comes than ever before.
func (c *Client) download(ctx context.Context, address, blob string, f File, p *Progress) error {
	if info, err := os.Stat(blob); err == nil && info.Size() == f.Size {
		c.report(p, f.Size) // another has fetched it meanwhile
		return nil
	}
	if err := c.disk.MakeFolder(filepath.Dir(blob)); err != nil {
		return err
	}
	partial, before := blob+".incomplete", *p
	_, err := os.Stat(partial)
	resumed := err == nil
	for {
		if err := c.persist(ctx, address, partial, f, p); err != nil {
			return err
		}
		err := verify(ctx, partial, f)
		if err == nil {
			return c.disk.Move(partial, blob) // a blob of the right size is trusted from now on
		}
		if ctx.Err() != nil {
			return err // and the next Pull goes on
		}
		if e := c.disk.Remove(partial); e != nil || !resumed || !errors.Is(err, ErrChecksum) {
			return errors.Join(err, e)
		}
		// The beginning was of an earlier download, and may have been lost with the power.
		resumed, *p = false, before
	}
}

// persist asks for a file until it is whole, or as often as attempts allow without
// a byte beyond the furthest one.
func (c *Client) persist(ctx context.Context, address, partial string, f File, p *Progress) error {
	before, most := p.Done, cmp.Or(c.Attempts, attempts)
	usual := cmp.Or(c.Backoff, backoff)
	wait := usual / 2 // a cut is no sign of a server with too much to do, so that pauses stay short
	var furthest int64
	for failures := 0; ; {
		p.Done = before
		reached, err := c.resume(ctx, address, partial, f, p)
		if err == nil {
			return nil
		}
		if reached > furthest {
			furthest, failures, wait = reached, 0, usual/2
		}
		if failures++; !isCut(err) || ctx.Err() != nil {
			return err
		}
		if failures >= most {
			return fmt.Errorf("%w; given up after %d attempts without progress", err, failures)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, 2*usual)
	}
}

// errCut says that a connection ended early.
var errCut = errors.New("the connection was cut")

func isCut(err error) bool { return errors.Is(err, errCut) }

// resume appends what is missing of a file, and returns how much of it is there.
func (c *Client) resume(ctx context.Context, address, partial string, f File, p *Progress) (reached int64, err error) {
	out, err := c.disk.Open(partial)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	at, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	if at > f.Size {
		at = 0
	}
	if at == f.Size && at > 0 {
		c.report(p, at)
		return at, nil
	}
	response, err := c.get(ctx, address, at)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusPartialContent {
		at = 0
	}
	if err := out.Truncate(at); err != nil {
		return at, err
	}
	if _, err := out.Seek(at, io.SeekStart); err != nil {
		return at, err
	}
	c.report(p, at)
	n, err := c.copy(out, response.Body, f.Size-at, p)
	switch {
	case err != nil && ctx.Err() != nil:
		return at + n, ctx.Err()
	case err != nil:
		return at + n, fmt.Errorf("after %d of %d bytes: %w", at+n, f.Size, err)
	case at+n < f.Size:
		return at + n, fmt.Errorf("%w after %d of %d bytes", errCut, at+n, f.Size)
	}
	return at + n, nil
}

// copy copies at most some bytes; a server that sends more is wrong, which the
// checksum would not tell. What the server's end is to blame for is errCut.
func (c *Client) copy(out io.Writer, body io.Reader, most int64, p *Progress) (n int64, err error) {
	buffer := make([]byte, 1<<18)
	limited := io.LimitReader(body, most+1)
	for {
		k, readErr := limited.Read(buffer)
		if n+int64(k) > most {
			return n, fmt.Errorf("more than the %d bytes that the list says", most)
		}
		if _, err := out.Write(buffer[:k]); err != nil {
			return n, err
		}
		n += int64(k)
		c.report(p, int64(k))
		if readErr == io.EOF {
			return n, nil
		}
		if readErr != nil {
			return n, fmt.Errorf("%w: %w", errCut, readErr)
		}
	}
}

// verify compares a file with its checksum.
func verify(ctx context.Context, name string, f File) error {
	in, err := regular.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	var sum hash.Hash = sha256.New()
	if len(f.Sum) == 2*sha1.Size {
		sum = sha1.New() //nolint:gosec // git's
		fmt.Fprintf(sum, "blob %d\x00", f.Size)
	}
	n, err := io.Copy(sum, interruptible{ctx, in})
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.Sum || n != f.Size {
		return fmt.Errorf("%w: %d bytes with checksum %s instead of %d with %s", ErrChecksum, n, got, f.Size, f.Sum)
	}
	return nil
}

// interruptible reads until a context ends.
type interruptible struct {
	ctx  context.Context
	from io.Reader
}

func (r interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}
