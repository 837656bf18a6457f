package dataset

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/strictyaml"
)

// maxFrontMatter is the size in bytes of the largest front matter that is read.
const maxFrontMatter = 64 << 10

// frontMatter reads the YAML that a Markdown text starts with: the title, and
// what else it says as fields. Empty values are left out.
func frontMatter(text string) (title string, fields rerank.Fields, err error) {
	if len(text) > maxFrontMatter {
		return "", nil, fmt.Errorf("longer than %d bytes", maxFrontMatter)
	}
	var members yaml.MapSlice
	if err := strictyaml.Decode([]byte(text), &members, nil); err != nil {
		return "", nil, err
	}
	for _, m := range members {
		name := scalar(m.Key)
		found, err := fieldsOf(name, m.Value)
		switch {
		case err != nil:
			return "", nil, err
		case m.Value == nil:
		case name == "title" && len(found) == 1:
			title = found[0].Value.String()
		default:
			for _, f := range found {
				if _, twice := fields.Get(f.Name); twice {
					return "", nil, fmt.Errorf("the field %q appears twice", f.Name)
				}
			}
			fields = append(fields, found...)
		}
	}
	return title, fields, nil
}

// fieldsOf makes fields of what YAML has under a name: several, with dotted names, of
// a mapping.
func fieldsOf(name string, v any) (fields rerank.Fields, err error) {
	data, err := json.Marshal(map[string]any{name: plainYAML(v)})
	if err == nil {
		err = fields.UnmarshalJSON(data)
	}
	return fields, err
}

// plainYAML returns a value as encoding/json can write it.
func plainYAML(v any) any {
	switch v := v.(type) {
	case yaml.MapSlice:
		members := map[string]any{}
		for _, m := range v {
			members[scalar(m.Key)] = plainYAML(m.Value)
		}
		return members
	case map[string]any:
		members := map[string]any{}
		for key, member := range v {
			members[key] = plainYAML(member)
		}
		return members
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = plainYAML(e)
		}
		return list
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return scalar(v)
		}
	case time.Time:
		return v.Format(time.RFC3339)
	}
	return v
}

// scalar writes a YAML scalar as text.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}
