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
	"strings"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/internal/regular"
	"github.com/flashrerank/rerank/pipeline"
)

func (a *app) modelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "model",
		Short: "Fetch, list, remove, describe and check models",
		Long: `Manage the models that --rerank and --model take. Two English models are part of this
program: the bi-encoder minilm and the cross-encoder cross. "rerank model pull" fetches
others from the Hugging Face Hub into the cache that Python's huggingface_hub uses too.`,
		Example: `  rerank model list --known
  rerank model pull tinybert
  rerank model info tinybert`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.modelPullCommand(), a.modelListCommand(), a.modelRemoveCommand(), a.modelInfoCommand(), a.modelVerifyCommand())
	return cmd
}

func (a *app) modelInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "info [minilm|cross|DIR|NAME]",
		Short: "Describe a model and list its files",
		Long: `Load a model and print its name, fingerprint, dimensions, window and precision, and its
files with their sizes and SHA-256 sums. minilm, the default, and cross are part of this
program; DIR is the folder or zip file of a sentence-transformers model or a
cross-encoder; NAME is a model that "rerank model pull" has fetched.`,
		Example: `  rerank model info
  rerank model info ./my-model --json`,
		Args: arguments(cobra.MaximumNArgs(1), "at most one model"),
		RunE: func(_ *cobra.Command, args []string) error { return a.modelInfo(modelName(args)) },
	}
}

func (a *app) modelVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify [minilm|cross|DIR|NAME]",
		Short: "Check that a model is complete and works",
		Long: `Compare the files of a fetched model with the Hub's checksums, load the model, and try
it on a few texts. The results must be numbers, must be the same for a text alone and
in a batch, and must rank texts with the same meaning above texts with another.`,
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
	Model  rerank.ModelInfo `json:"model"`
	Remark string           `json:"remark,omitempty"` // what had to be assumed of a cross-encoder
	Files  []modelFile      `json:"files"`
}

func (a *app) modelInfo(name string) error {
	var out modelInfo
	var err error
	if pipeline.IsCrossEncoder(name) {
		scorer, err := pipeline.OpenScorer(name)
		if err != nil {
			return err
		}
		out.Model = scorer.Model()
		if m, ok := scorer.(*crossencoder.Model); ok {
			out.Remark = m.Remark()
		}
	} else {
		e, err := pipeline.OpenEmbedder(name)
		if err != nil {
			return err
		}
		defer closeQuietly(e)
		out.Model = e.Model()
	}
	if out.Files, err = modelFiles(name); err != nil {
		return err
	}
	if a.json {
		return written(writeJSON(a.stdout, out))
	}
	var b strings.Builder
	m := out.Model
	fmt.Fprintf(&b, "name         %s\nfingerprint  %s\n", m.Name, m.Fingerprint)
	if m.Dimensions > 0 {
		fmt.Fprintf(&b, "dimensions   %d\nsimilarity   %s\n", m.Dimensions, m.Similarity)
	}
	fmt.Fprintf(&b, "window       %d tokens\nprecision    %s\n", m.MaxTokens, m.Precision)
	if out.Remark != "" {
		fmt.Fprintf(&b, "remark       %s\n", out.Remark)
	}
	for _, f := range out.Files {
		fmt.Fprintf(&b, "file         %s  %s  sha256 %s\n", f.Name, bytesize(f.Size), f.SHA256)
	}
	_, err = io.WriteString(a.stdout, b.String())
	return written(err)
}

// modelFiles lists the files of a model.
func modelFiles(name string) ([]modelFile, error) {
	fsys, err := pipeline.ModelFiles(name)
	if err != nil {
		return nil, err
	}
	var files []modelFile
	err = fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		sum := sha256.New()
		size, err := regular.CopyFS(sum, fsys, path, math.MaxInt64) // which may be a link into the cache
		if err != nil {
			return err
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
	out, more, err := verifyModel(ctx, name)
	if err != nil {
		return err
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

// verifyModel checks a model, and tells what passed: of its files, and of what it
// computes.
func verifyModel(ctx context.Context, name string) (out verified, more []string, err error) {
	if out.Checks, err = verifyCached(ctx, name); err != nil {
		return out, nil, err
	}
	out.Checks = append(out.Checks, "the files are whole and fit together")
	if pipeline.IsCrossEncoder(name) {
		scorer, err := pipeline.OpenScorer(name)
		if err != nil {
			return out, nil, err
		}
		out.Model = scorer.Model()
		more, err = verifyScorer(ctx, scorer)
		return out, more, unsound(name, err)
	}
	e, err := pipeline.OpenEmbedder(name)
	if err != nil {
		return out, nil, err
	}
	defer closeQuietly(e)
	out.Model = e.Model()
	more, err = verifyEmbedder(ctx, e)
	return out, more, unsound(name, err)
}

func unsound(name string, err error) error {
	if err != nil {
		return fmt.Errorf("the model %s is not sound: %w", name, err)
	}
	return nil
}

// verifyScorer checks what a cross-encoder computes, and tells what passed.
func verifyScorer(ctx context.Context, s rerank.PairScorer) ([]string, error) {
	pairs := make([]rerank.Pair, len(verifyTexts)-1)
	for i := range pairs {
		pairs[i] = rerank.Pair{Query: verifyTexts[0], Text: verifyTexts[i+1]}
	}
	together := make([]rerank.PairScore, len(pairs))
	if err := s.ScorePairs(ctx, pairs, together); err != nil {
		return nil, err
	}
	for i, p := range pairs {
		alone := make([]rerank.PairScore, 1)
		if err := s.ScorePairs(ctx, []rerank.Pair{p}, alone); err != nil {
			return nil, err
		}
		if x := float64(together[i].Logit); math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, errors.New("a score is not a number")
		}
		if alone[0] != together[i] {
			return nil, errors.New("a pair's score depends on the other pairs of its batch")
		}
		if i > 0 && together[i].Logit >= together[0].Logit {
			return nil, fmt.Errorf("to %q, %q is as relevant (%.3f) as %q (%.3f)", pairs[0].Query, p.Text, together[i].Logit, pairs[0].Text, together[0].Logit)
		}
	}
	return []string{
		"scores are numbers",
		"a pair has the same score alone and among others",
		fmt.Sprintf("the text that means the same is most relevant (%.3f)", together[0].Logit),
	}, nil
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
				return nil, errors.New("a vector holds something that is not a number")
			}
			if alone.At(0)[k] != x {
				return nil, errors.New("a text's vector depends on the other texts of its batch")
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
