package experiment_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The collection of these tests: each query asks for the documents of one topic.
// The last of them has most of the query's words and means something else.
var topics = []struct {
	query     string
	documents []string
}{
	{"how birds fly through the air", []string{
		"A bird can fly by flapping its wings, which lift it.", "Wings of feathers carry a sparrow through the air.",
		"The flight of birds such as the eagle.", "Fly air birds: through air fares fly down, birds on board.",
	}},
	{"baking bread in the oven at home", []string{
		"Home baking: mix flour, water and yeast.", "A loaf rises in the oven when the dough has rested.",
		"Sourdough makes good bread.", "Oven for sale: home oven, baking oven, bread not included.",
	}},
	{"repairing a bicycle tyre", []string{
		"To mend a bicycle, take the wheel off first.", "A puncture of the tyre is patched with glue.",
		"Repairing the inner tube of a wheel.", "Bicycle tyre repairing is a word game: tyre, tire, tyre.",
	}},
	{"stars in the night sky", []string{
		"At night there are many stars to see.", "Astronomers point telescopes at distant suns in the sky.",
		"The Milky Way is a galaxy of stars.", "Night Sky stars as the hero in the film Stars of the Sky.",
	}},
}

// collection writes the collection to a new folder: of each topic, documents 0
// and 1 are relevant, 2 is more so and 3 is judged not to be.
func collection(t testing.TB) string {
	t.Helper()
	files := map[string]*strings.Builder{"corpus.jsonl": {}, "queries.jsonl": {}, "qrels/test.tsv": {}}
	files["qrels/test.tsv"].WriteString("query-id\tcorpus-id\tscore\n")
	line := func(name, id, text string) {
		record, err := json.Marshal(map[string]string{"_id": id, "text": text})
		if err != nil {
			t.Fatal(err)
		}
		files[name].Write(append(record, '\n'))
	}
	grades := []string{"1", "1", "2", "0"}
	for i, topic := range topics {
		query := "q" + string(rune('1'+i))
		line("queries.jsonl", query, topic.query)
		for j, text := range topic.documents {
			document := query + "-" + string(rune('a'+j))
			line("corpus.jsonl", document, text)
			files["qrels/test.tsv"].WriteString(query + "\t" + document + "\t" + grades[j] + "\n")
		}
	}
	line("queries.jsonl", "unjudged", "what nobody judged")
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text.String())
	}
	return dir
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// appendTo adds to a file of the collection.
func appendTo(t testing.TB, name, text string) {
	t.Helper()
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, string(before)+text)
}
