package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/nearest"
)

// Members say which members of a JSON line, and which columns of a TSV file with a
// header, make a document. Names match exactly. The zero value takes BEIR's names.
type Members struct {
	ID    string // "" means "_id" or, where there is none, "id"
	Title string // "" means "title"
	Text  string // "" means "text"

	// Fields become fields of their names; of an object, its members with dotted
	// names. "*" means every member that nothing else takes.
	Fields []string
}

// AllFields is the name that stands for all in [Members.Fields].
const AllFields = "*"

// The names that documents have by default.
const (
	nameBeirID   = "_id"
	nameID       = "id"
	nameTitle    = "title"
	nameText     = "text"
	nameFields   = "fields"
	nameMetadata = "metadata"
	nameMeta     = "meta"
)

// role is what a member makes of a document.
type role uint8

const (
	noRole role = iota
	idRole
	secondIDRole // where there is no other
	titleRole
	textRole
	fieldsRole   // its members are fields
	metadataRole // the same; what is no object is the field "metadata"
	metaRole
	fieldRole
)

// role returns what a member of a name makes.
func (m Members) role(name string) role {
	switch {
	case m.ID != "" && name == m.ID, m.ID == "" && name == nameBeirID:
		return idRole
	case m.ID == "" && name == nameID:
		return secondIDRole
	case name == m.text():
		return textRole
	case name == m.title():
		return titleRole
	case slices.Contains(m.Fields, name):
		return fieldRole
	}
	switch name {
	case nameFields:
		return fieldsRole
	case nameMetadata:
		return metadataRole
	case nameMeta:
		return metaRole
	}
	if slices.Contains(m.Fields, AllFields) {
		return fieldRole
	}
	return noRole
}

func (m Members) title() string {
	if m.Title == "" {
		return nameTitle
	}
	return m.Title
}

func (m Members) text() string {
	if m.Text == "" {
		return nameText
	}
	return m.Text
}

// alsoField says whether a member that has another role is a field besides.
func (m Members) alsoField(name string) bool { return slices.Contains(m.Fields, name) }

// noID is the error of a document without an ID.
func (m Members) noID() error {
	if m.ID == "" {
		return errors.New(`no "_id" or "id"`)
	}
	return fmt.Errorf("no %q for the ID", m.ID)
}

// ParseDocument reads one line of what [JSONL] reads with the zero [Members]. Members
// that nothing is made of are counted in Stats.Ignored, with name:line as their place; the
// stats may be nil.
func ParseDocument(text []byte, name string, line int, stats *Stats) (rerank.Document, error) {
	var p parts
	if err := p.read(text, Members{}, nil); err != nil {
		return rerank.Document{}, err
	}
	d, err := p.document()
	if err != nil {
		return d, err
	}
	for _, member := range p.unused {
		stats.ignore(member, name, line)
	}
	return d, nil
}

// parts are the members of one document; the bytes are views of its line.
type parts struct {
	members      Members
	id, secondID []byte
	title, text  string
	fields       rerank.Fields
	meta         []byte
	unused       []string // names of members that have no role
	named        []byte   // those that become fields, as the members of an object

}

// read takes a JSON object apart. It calls met, unless it is nil, for the name of
// each member.
func (p *parts) read(line []byte, m Members, met func(name string)) error {
	*p = parts{members: m, unused: p.unused[:0], named: p.named[:0]}
	err := exactjson.Members(line, func(name string, value []byte) error {
		if met != nil {
			met(name)
		}
		return p.member(name, value)
	})
	if err == nil && len(p.named) > 0 {
		p.named[0] = '{'
		err = p.addFields(append(p.named, '}'))
	}
	return err
}

func (p *parts) member(name string, value []byte) (err error) {
	role := p.members.role(name)
	switch role {
	case idRole:
		p.id = value
	case secondIDRole:
		p.secondID = value
	case titleRole:
		p.title, err = exactjson.Text(value)
	case textRole:
		p.text, err = exactjson.Text(value)
	case fieldsRole:
		err = p.addFields(value)
	case metadataRole:
		if value[0] == '{' {
			return p.addFields(value)
		} else if !exactjson.Null(value) {
			p.addNamed(name, value)
		}
	case metaRole:
		p.meta = value
	case fieldRole:
		p.addNamed(name, value)
		return nil
	case noRole:
		p.unused = append(p.unused, name)
	}
	if p.members.alsoField(name) {
		p.addNamed(name, value)
	}
	return err
}

// addNamed keeps a member that becomes a field.
func (p *parts) addNamed(name string, value []byte) {
	p.named = append(p.named, ',')
	p.named = exactjson.AppendText(p.named, name)
	p.named = append(append(p.named, ':'), value...)
}

// addFields appends the members of an object. Names must differ from those before.
func (p *parts) addFields(object []byte) error {
	var more rerank.Fields
	if err := more.UnmarshalJSON(object); err != nil {
		return err
	}
	if len(p.fields) == 0 {
		p.fields = more
		return nil
	}
	names := make(map[string]bool, len(p.fields))
	for _, f := range p.fields {
		names[f.Name] = true
	}
	for _, f := range more { // none of them appears twice
		if names[f.Name] {
			return fmt.Errorf("the field %q comes from two members", f.Name)
		}
		p.fields = append(p.fields, f)
	}
	return nil
}

// document makes the document.
func (p *parts) document() (rerank.Document, error) {
	raw := p.id
	if raw == nil {
		raw = p.secondID
	} else if p.secondID != nil {
		p.unused = append(p.unused, nameID)
	}
	if len(raw) == 0 || exactjson.Null(raw) {
		return rerank.Document{}, p.members.noID()
	}
	id, err := parseID(raw)
	if err != nil {
		return rerank.Document{}, err
	}
	d := rerank.Document{ID: id, Title: p.title, Text: p.text, Fields: p.fields}
	if p.meta != nil && !exactjson.Null(p.meta) {
		if d.Meta, err = parseMeta(p.meta); err != nil {
			return rerank.Document{}, fmt.Errorf("meta: %w", err)
		}
	}
	return d, nil
}

// mapper makes documents of the lines of one file, and remembers what it met.
type mapper struct {
	name    string
	members Members
	stats   *Stats
	parts   parts
	met     []string // the first names of members, for suggestions
	missing []string // what the members name and no line has had yet
	read    int      // lines
}

func newMapper(name string, o Options) *mapper {
	m := &mapper{name: name, members: o.Members, stats: o.Stats}
	for _, member := range append([]string{o.Members.Title, o.Members.Text}, o.Members.Fields...) {
		if member != "" && member != AllFields {
			m.missing = append(m.missing, member)
		}
	}
	return m
}

// json makes a document of a line of JSON.
func (m *mapper) json(l line) (rerank.Document, error) {
	if err := m.parts.read(l.text, m.members, m.meet); err != nil {
		return rerank.Document{}, err
	}
	d, err := m.parts.document()
	if err != nil {
		return d, err
	}
	m.read++
	for _, member := range m.parts.unused {
		m.stats.ignore(member, m.name, l.number)
	}
	return d, nil
}

// meet remembers the name of a member.
func (m *mapper) meet(name string) {
	if len(m.missing) > 0 {
		m.missing = slices.DeleteFunc(m.missing, func(wanted string) bool { return wanted == name })
	}
	if len(m.met) < maxMentions && !slices.Contains(m.met, name) {
		m.met = append(m.met, name)
	}
}

// end tells which of the members that were asked for no line had: an error where a
// title or text was, a note where a field was, as not all files have all of them.
func (m *mapper) end(what string) error {
	if m.read == 0 {
		return nil
	}
	var errs []error
	for _, name := range m.missing {
		absent := fmt.Sprintf("no %s %q%s", what, name, nearest.Hint(name, m.met))
		if name == m.members.Title || name == m.members.Text {
			errs = append(errs, errors.New(absent))
			continue
		}
		m.stats.note(absent, m.name)
	}
	return errors.Join(errs...)
}

// ignore counts a line with a member that nothing was made of.
func (s *Stats) ignore(member, name string, line int) {
	if s != nil {
		s.Ignored = mention(s.Ignored, member, func() string { return name + ":" + strconv.Itoa(line) })
	}
}

// quoted lists names.
func quoted(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(name))
	}
	return b.String()
}
