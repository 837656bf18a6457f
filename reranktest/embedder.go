package reranktest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/flashrerank/rerank"
)

// Embedder checks an implementation of [rerank.Embedder].
func Embedder(t *testing.T, fresh func(t testing.TB) rerank.Embedder, traits ...Trait) {
	t.Helper()
	runAll(t, embedderChecks, fresh, traits)
}

// CheckEmbedder runs the checks of [Embedder] on one value and returns all
// that failed, joined.
func CheckEmbedder(ctx context.Context, e rerank.Embedder, traits ...Trait) error {
	return checkAll(ctx, embedderChecks, e, traits)
}

var embedderChecks = []check[rerank.Embedder]{
	{name: "model", run: func(_ context.Context, e rerank.Embedder) error {
		m := e.Model()
		switch {
		case m.Name == "" || m.Fingerprint == "":
			return fmt.Errorf("model %+v has no name or no fingerprint", m)
		case m.Dimensions <= 0:
			return fmt.Errorf("model %+v has no dimensions", m)
		case m != e.Model():
			return fmt.Errorf("model %+v, then %+v", m, e.Model())
		}
		return nil
	}},
	{name: "no texts", run: func(ctx context.Context, e rerank.Embedder) error {
		v, err := embed(ctx, e, nil, rerank.RoleDocument)
		if err == nil && v.Len() != 0 {
			err = fmt.Errorf("%d vectors of no texts", v.Len())
		}
		return err
	}},
	{name: "texts", run: func(ctx context.Context, e rerank.Embedder) error {
		_, err := embed(ctx, e, texts, rerank.RoleDocument)
		return err
	}},
	{name: "roles", run: func(ctx context.Context, e rerank.Embedder) error {
		for _, role := range []rerank.Role{rerank.RoleDocument, rerank.RoleQuery} {
			if err := embedsAlike(ctx, e, role); err != nil {
				return fmt.Errorf("role %v: %w", role, err)
			}
		}
		return nil
	}},
	{name: "invalid UTF-8", run: func(ctx context.Context, e rerank.Embedder) error {
		_, err := embed(ctx, e, []string{invalid, "\xff"}, rerank.RoleDocument)
		return err
	}},
	{name: "huge text", run: func(ctx context.Context, e rerank.Embedder) error {
		v, err := embed(ctx, e, []string{texts[0], huge(), texts[1]}, rerank.RoleDocument)
		if err != nil {
			return err
		}
		if e.Model().MaxTokens > 0 && (v.Truncated == nil || !v.Truncated[1] || v.Truncated[0]) {
			return fmt.Errorf("a text of 200,000 words between two of ten, for a model of at most %d tokens, is reported as truncated: %v", e.Model().MaxTokens, v.Truncated)
		}
		return nil
	}},
	{name: "cancelled context", run: func(ctx context.Context, e rerank.Embedder) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := embed(ctx, e, texts, rerank.RoleDocument); err != nil && !isContextError(err) {
			return fmt.Errorf("cancelled, it says neither that nor a whole result: %w", err)
		}
		return nil
	}},
	{name: "many goroutines", run: func(ctx context.Context, e rerank.Embedder) error {
		want, err := embed(ctx, e, texts, rerank.RoleQuery)
		if err != nil {
			return err
		}
		return together(16, func(i int) error {
			from := i % len(texts)
			got, err := e.Embed(ctx, slices.Clone(texts[from:]), rerank.RoleQuery)
			if err != nil {
				return err
			}
			return sameFloats(want.Data[from*want.Dimensions:], got.Data)
		})
	}},
}

// embed calls the embedder and checks all that any answer must fulfil.
func embed(ctx context.Context, e rerank.Embedder, texts []string, role rerank.Role) (rerank.Vectors, error) {
	before := texts
	texts = slices.Clone(texts)
	v, err := e.Embed(ctx, texts, role)
	switch {
	case err != nil:
		return v, err
	case !slices.Equal(before, texts):
		return v, errors.New("the texts were modified")
	case len(texts) > 0 && v.Dimensions != e.Model().Dimensions:
		return v, fmt.Errorf("vectors of %d dimensions from a model of %d", v.Dimensions, e.Model().Dimensions)
	case len(v.Data) != len(texts)*v.Dimensions:
		return v, fmt.Errorf("%d numbers for %d texts in %d dimensions", len(v.Data), len(texts), v.Dimensions)
	case v.Truncated != nil && len(v.Truncated) != len(texts):
		return v, fmt.Errorf("%d truncation flags for %d texts", len(v.Truncated), len(texts))
	case v.Tokens < 0:
		return v, fmt.Errorf("%d tokens", v.Tokens)
	}
	for i, x := range v.Data {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return v, fmt.Errorf("text %d: %v in its vector", i/v.Dimensions, x)
		}
	}
	return v, nil
}

// embedsAlike checks that a text's vector is the same alone, in any order and
// in any batch.
func embedsAlike(ctx context.Context, e rerank.Embedder, role rerank.Role) error {
	all, err := embed(ctx, e, texts, role)
	if err != nil {
		return err
	}
	reversed := slices.Clone(texts)
	slices.Reverse(reversed)
	back, err := embed(ctx, e, reversed, role)
	if err != nil {
		return err
	}
	for i, s := range texts {
		alone, err := embed(ctx, e, []string{s}, role)
		if err != nil {
			return fmt.Errorf("text %q: %w", s, err)
		}
		if err := sameFloats(all.At(i), alone.Data); err != nil {
			return fmt.Errorf("text %q among %d others and alone: %w", s, len(texts)-1, err)
		}
		if err := sameFloats(all.At(i), back.At(len(texts)-1-i)); err != nil {
			return fmt.Errorf("text %q in another order: %w", s, err)
		}
	}
	return nil
}

// sameFloats compares vectors bit for bit.
func sameFloats(a, b []float32) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d numbers, then %d", len(a), len(b))
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return fmt.Errorf("number %d is %v, then %v", i, a[i], b[i])
		}
	}
	return nil
}
