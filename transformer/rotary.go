package transformer

import (
	"cmp"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/simd"
)

// rope are rotary position embeddings (Su et al., 2021): the halves of a head
// are turned by an angle that grows with the position.
type rope struct {
	theta  float64
	linear float64 // positions are divided by it; 0: not
	ntk    float64 // "NTK-aware" scaling of the frequencies; 0: none
}

// ropeFile is how config.json describes them.
type ropeFile struct {
	Type    string   `json:"rope_type"`
	OldType string   `json:"type"`
	Theta   float64  `json:"rope_theta"`
	Factor  float64  `json:"factor"`
	MixedB  *float64 `json:"mixed_b"`
}

func (f ropeFile) rope(theta float64) (rope, error) {
	r := rope{theta: cmp.Or(f.Theta, theta)}
	if !(r.theta > 1 && r.theta < 1e12) {
		return r, fmt.Errorf("rope_theta is %v", r.theta)
	}
	kind := cmp.Or(f.Type, f.OldType, "default")
	if kind != "default" && !(f.Factor >= 1 && f.Factor < 1e6) {
		return r, fmt.Errorf("a factor of %v", f.Factor)
	}
	switch {
	case kind == "default":
	case kind == "linear":
		r.linear = f.Factor
	case kind == "ntk" && f.MixedB == nil:
		r.ntk = f.Factor
	default:
		return r, fmt.Errorf("rope_type %q is not supported: default, linear and ntk are", kind)
	}
	return r, nil
}

// oneRope reads the embeddings that all layers have.
func (f *configFile) oneRope(c *Config, usual float64) error {
	var file ropeFile
	if len(f.Rope) > 0 {
		if err := exactjson.UnmarshalLast(f.Rope, &file); err != nil {
			return fmt.Errorf("rope_parameters: %w", err)
		}
	} else if f.Scaling != nil {
		file = *f.Scaling
	}
	r, err := file.rope(cmp.Or(f.Theta, usual))
	if err != nil {
		return fmt.Errorf("rope_parameters: %w", err)
	}
	c.rotary = []rope{r}
	return nil
}

// frequencies are the angles by which one position differs from the next.
func (r rope) frequencies(width int) []float32 {
	theta := r.theta
	if r.ntk > 0 {
		theta *= r.ntk
	}
	list := make([]float32, width/2)
	for i := range list {
		power := float64(float32(2*i) / float32(width))
		f := float32(1 / float32(math.Pow(theta, power)))
		if r.ntk > 0 {
			f /= float32(math.Pow(r.ntk, 2/float64(width)))
		}
		if r.linear > 0 {
			f /= float32(r.linear)
		}
		list[i] = f
	}
	return list
}

// turner turns queries and keys. Its table grows with the positions asked for.
type turner struct {
	frequencies []float32
	table       atomic.Pointer[[]float32] // [position][cosines, then sines]
}

func newTurner(r rope, width int) *turner {
	return &turner{frequencies: r.frequencies(width)}
}

// upTo returns the table with at least n positions.
func (t *turner) upTo(n int) []float32 {
	half := len(t.frequencies)
	old := t.table.Load()
	if old != nil && len(*old) >= 2*half*n {
		return *old
	}
	positions := max(128, 1<<int(math.Ceil(math.Log2(float64(n)))))
	table := make([]float32, 2*half*positions)
	for p := range positions {
		row := table[2*half*p:][:2*half]
		for i, f := range t.frequencies {
			sin, cos := math.Sincos(float64(float32(p) * f))
			row[i], row[half+i] = float32(cos), float32(sin)
		}
	}
	t.table.Store(&table) // of two at a time either is right
	return table
}

// turn turns every head of rows, width apart; the first is at a position.
func (t *turner) turn(rows []float32, n, width, position int) {
	half := len(t.frequencies)
	table := t.upTo(position + n)
	for i := range n {
		angles := table[2*half*(position+i):][:2*half]
		cos, sin := angles[:half], angles[half:]
		row := rows[i*width:][:width]
		for at := 0; at < width; at += 2 * half {
			a, b := row[at:at+half], row[at+half:at+2*half]
			for j, c := range cos {
				s, x, y := sin[j], a[j], b[j]
				a[j] = float32(x*c) - float32(y*s)
				b[j] = float32(y*c) + float32(x*s)
			}
		}
	}
}

// normaliseHeads divides every head of rows by its root mean square and
// multiplies it by gamma.
func normaliseHeads(rows, gamma []float32, eps float32) {
	for at := 0; at < len(rows); at += len(gamma) {
		rootMeanSquare(rows[at:at+len(gamma)], rows[at:at+len(gamma)], gamma, eps)
	}
}

// rootMeanSquare is RMSNorm (Zhang & Sennrich, 2019). dst may be x.
func rootMeanSquare(dst, x, gamma []float32, eps float32) {
	mean := simd.Dot(x, x) / float32(len(x))
	inverse := float32(1 / math.Sqrt(float64(mean+eps)))
	for i, g := range gamma {
		dst[i] = float32(float32(x[i]*inverse) * g)
	}
}
