package rerank

import "fmt"

// ScoreError says that a model gave a text a score, or a vector, that is not a
// finite number: its weights are damaged, or too large for its precision. An
// order by such scores would be chance.
type ScoreError struct {
	Model string
	What  string  // "score" or "vector"
	Text  int     // the place of the text among those given, from 0; -1 for the query
	ID    string  // of the document, where it has one
	Value float64 // NaN or infinite
}

// Error names the model and the text, by its place and ID.
func (e *ScoreError) Error() string {
	text := fmt.Sprintf("text %d", e.Text)
	switch {
	case e.ID != "":
		text = fmt.Sprintf("document %q", e.ID)
	case e.Text < 0:
		text = "the query"
	}
	if e.What == "vector" {
		return fmt.Sprintf("the model %s gives %s a vector with %v in it, which is not a finite number", e.Model, text, e.Value)
	}
	return fmt.Sprintf("the model %s gives %s the score %v, which is not a finite number", e.Model, text, e.Value)
}

// CheckScores returns a [*ScoreError] for the first score that is not a finite
// number. There is one score for each hit.
func CheckScores(model string, hits []Hit, scores []float64) error {
	for i, s := range scores {
		if finite(s) == nil {
			return &ScoreError{Model: model, What: "score", Text: i, ID: hits[i].Document.ID, Value: s}
		}
	}
	return nil
}
