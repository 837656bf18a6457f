package simd

import "testing"

func TestTrialsRun(t *testing.T) {
	for _, level := range Levels() {
		list := Trials(level)
		if len(list) == 0 {
			t.Errorf("%s: nothing to measure", level)
		}
		for _, x := range list {
			if x.Run(); x.Operations <= 0 {
				t.Errorf("%s: %s has %v operations", level, x.Kernel, x.Operations)
			}
		}
		for _, a := range []Arithmetic{Int8, Int16, Float32} {
			if peak := Peak(level, a); peak <= 0 && peakLoops(level) != nil {
				t.Errorf("%s: the peak of %s is %v", level, a, peak)
			}
		}
	}
	if Trials("nonsense") != nil || Peak("generic", Int8) != 0 {
		t.Error("something of a level that does not exist, or a peak of generic Go")
	}
}
