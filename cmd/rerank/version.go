package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/simd"
)

// versionInfo is the JSON form of the version command.
type versionInfo struct {
	Version  string           `json:"version"`            // of this module
	Revision string           `json:"revision,omitempty"` // of the source, if it was built from a checkout
	Modified bool             `json:"modified,omitempty"` // whether the checkout had changes
	Go       string           `json:"go"`
	Platform string           `json:"platform"` // as in "linux/amd64"
	SIMD     string           `json:"simd"`
	Model    rerank.ModelInfo `json:"model"` // the model in this program
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of this program, Go and the model, and the kernels in use",
		Example: `  rerank version
  rerank version --json`,
		Args: arguments(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error { return a.version() },
	}
}

func (a *app) version() error {
	v := newVersionInfo()
	var err error
	if v.Model, err = embeddedModel(); err != nil {
		return err
	}
	if a.json {
		return written(writeJSON(a.stdout, v))
	}
	revision := ""
	if v.Revision != "" {
		revision = fmt.Sprintf(" (%.12s)", v.Revision)
		if v.Modified {
			revision = fmt.Sprintf(" (%.12s with changes)", v.Revision)
		}
	}
	_, err = fmt.Fprintf(a.stdout, "rerank %s%s\n%s %s, kernels: %s\nmodel %s %s, fingerprint %.16s\n",
		v.Version, revision, v.Go, v.Platform, v.SIMD, v.Model.Name, v.Model.Precision, v.Model.Fingerprint)
	return written(err)
}

// newVersionInfo reads what the Go tool wrote into this program.
func newVersionInfo() versionInfo {
	v := versionInfo{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, SIMD: simdLevel()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// simdLevel names the kernels in use.
func simdLevel() string { return simd.Level() }
