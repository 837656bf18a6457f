package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/models/minilm"
	"github.com/flashrerank/rerank/pipeline"
)

func (a *app) modelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "model",
		Short: "About a model: what it is, and whether it is sound",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q; there are info and verify", args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.modelInfoCommand(), a.modelVerifyCommand())
	return cmd
}

func (a *app) modelInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "info [minilm|DIR]",
		Short: "Tell what a model is and which files it has",
		Long: `Load a model and tell its name, fingerprint, dimensions, window and precision, and
its files with sizes and SHA-256 sums. minilm is the model in this program; DIR is
the folder of a sentence-transformers model.`,
		Example: `  rerank model info
  rerank model info ./my-model --json`,
		Args: arguments(cobra.MaximumNArgs(1), "at most one model"),
		RunE: func(_ *cobra.Command, args []string) error { return a.modelInfo(modelName(args)) },
	}
}

func (a *app) modelVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify [minilm|DIR]",
		Short: "Check that a model is whole and computes what it should",
		Long: `Load a model, which checks that its files fit together, and embed a few texts: the
vectors must be numbers, a text's vector must be the same alone and among others,
and texts that mean the same must be nearer than texts that do not.`,
		Example: `  rerank model verify
  rerank model verify ./my-model`,
		Args: arguments(cobra.MaximumNArgs(1), "at most one model"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.modelVerify(cmd.Context(), modelName(args)) },
	}
}

func modelName(args []string) string {
	if len(args) == 0 {
		return pipeline.MiniLM
	}
	return args[0]
}

// modelFile is one file of a model.
type modelFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// modelInfo is the JSON form of "model info".
type modelInfo struct {
	Model rerank.ModelInfo `json:"model"`
	Files []modelFile      `json:"files"`
}

func (a *app) modelInfo(name string) error {
	e, err := pipeline.OpenEmbedder(name)
	if err != nil {
		return err
	}
	defer closeQuietly(e)
	out := modelInfo{Model: e.Model()}
	if out.Files, err = modelFiles(name); err != nil {
		return err
	}
	if a.json {
		return written(writeJSON(a.stdout, out))
	}
	var b strings.Builder
	m := out.Model
	fmt.Fprintf(&b, "name         %s\nfingerprint  %s\ndimensions   %d\nsimilarity   %s\nwindow       %d tokens\nprecision    %s\n",
		m.Name, m.Fingerprint, m.Dimensions, m.Similarity, m.MaxTokens, m.Precision)
	for _, f := range out.Files {
		fmt.Fprintf(&b, "file         %s  %s  sha256 %s\n", f.Name, bytesize(f.Size), f.SHA256)
	}
	_, err = io.WriteString(a.stdout, b.String())
	return written(err)
}

// modelFiles lists the files of a model.
func modelFiles(name string) ([]modelFile, error) {
	var fsys fs.FS = minilm.Files()
	if name != pipeline.MiniLM {
		fsys = os.DirFS(name)
	}
	var files []modelFile
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := fsys.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		sum := sha256.New()
		size, err := io.Copy(sum, f)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, modelFile{Name: path, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("files of the model %s: %w", name, err)
	}
	return files, nil
}

// verified is the JSON form of "model verify".
type verified struct {
	Model  rerank.ModelInfo `json:"model"`
	Checks []string         `json:"checks"` // that passed
}

func (a *app) modelVerify(ctx context.Context, name string) error {
	e, err := pipeline.OpenEmbedder(name)
	if err != nil {
		return err
	}
	defer closeQuietly(e)
	out := verified{Model: e.Model(), Checks: []string{"the files are whole and fit together"}}
	more, err := verifyEmbedder(ctx, e)
	if err != nil {
		return fmt.Errorf("the model %s is not sound: %w", name, err)
	}
	out.Checks = append(out.Checks, more...)
	if a.json {
		return written(writeJSON(a.stdout, out))
	}
	var b strings.Builder
	for _, c := range out.Checks {
		fmt.Fprintln(&b, a.out.Green("ok"), "", c)
	}
	fmt.Fprintf(&b, "%s is sound, fingerprint %s\n", out.Model.Name, out.Model.Fingerprint)
	_, err = io.WriteString(a.stdout, b.String())
	return written(err)
}

// verifyTexts are two ways to say one thing, and two other things.
var verifyTexts = []string{
	"How do I reset my password?",
	"I forgot my password and want a new one.",
	"The train to the coast leaves at noon.",
	"Bake the bread for forty minutes.",
}

// verifyEmbedder checks what an embedder computes, and tells what passed.
func verifyEmbedder(ctx context.Context, e rerank.Embedder) ([]string, error) {
	together, err := e.Embed(ctx, verifyTexts, rerank.RoleDocument)
	if err != nil {
		return nil, err
	}
	if together.Len() != len(verifyTexts) || together.Dimensions != e.Model().Dimensions {
		return nil, fmt.Errorf("%d vectors of %d dimensions for %d texts", together.Len(), together.Dimensions, len(verifyTexts))
	}
	for i, text := range verifyTexts {
		alone, err := e.Embed(ctx, []string{text}, rerank.RoleDocument)
		if err != nil {
			return nil, err
		}
		for k, x := range together.At(i) {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return nil, errors.New("a vector holds what is no number")
			}
			if alone.At(0)[k] != x {
				return nil, errors.New("a text's vector depends on the texts beside it")
			}
		}
	}
	same := cosine(together.At(0), together.At(1))
	for i := 2; i < together.Len(); i++ {
		if other := cosine(together.At(0), together.At(i)); other >= same {
			return nil, fmt.Errorf("%q is as near to %q (%.3f) as %q is (%.3f)", verifyTexts[i], verifyTexts[0], other, verifyTexts[1], same)
		}
	}
	return []string{
		fmt.Sprintf("vectors have %d dimensions and are numbers", together.Dimensions),
		"a text has the same vector alone and among others",
		fmt.Sprintf("texts that mean the same are nearest (cosine %.3f)", same),
	}, nil
}

func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return dot / math.Sqrt(aa*bb)
}

// embeddedModel tells which model is in this program.
func embeddedModel() (rerank.ModelInfo, error) {
	e, err := pipeline.OpenEmbedder(pipeline.MiniLM)
	if err != nil {
		return rerank.ModelInfo{}, err
	}
	defer closeQuietly(e)
	return e.Model(), nil
}
