package onnx

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// node is an operation of the graph.
type node struct {
	op              string
	inputs, outputs []string
	value           *tensor // of a constant
}

// tensor is a constant of the graph.
type tensor struct {
	name     string
	shape    []int
	kind     int64
	raw      []byte // little-endian
	floats   []byte // packed, little-endian: the other form of float32 values
	ints     []int32
	external bool // whether the values are in another file
}

// graph is what is read of a model.
type graph struct {
	nodes   []node
	tensors []tensor
	names   int // that the nodes read and make
}

// Numbers of the fields, from onnx.proto.
const (
	modelGraph = 7

	graphNode        = 1
	graphInitializer = 5

	nodeInput     = 1
	nodeOutput    = 2
	nodeOp        = 4
	nodeAttribute = 5

	attributeName   = 1
	attributeTensor = 5

	tensorShape    = 1
	tensorKind     = 2
	tensorFloats   = 4
	tensorInts     = 5
	tensorName     = 8
	tensorRaw      = 9
	tensorLocation = 14
)

// Limits of what a file may claim.
const (
	maxRank     = 8
	maxElements = 1 << 30
	maxNodes    = 1 << 20
	maxTensors  = 1 << 17
	maxNames    = 1 << 20 // of what operations read and make, in all
)

var errCut = errors.New("the file is cut short or is no ONNX")

// field is one of a message: a number, or bytes.
type field struct {
	number protowire.Number
	value  uint64
	bytes  []byte
}

// fields calls f for each field of a message that is a number or bytes.
func fields(data []byte, f func(field) error) error {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return errCut
		}
		data = data[n:]
		one := field{number: number}
		switch kind {
		case protowire.VarintType:
			one.value, n = protowire.ConsumeVarint(data)
		case protowire.BytesType:
			one.bytes, n = protowire.ConsumeBytes(data)
		default:
			n = protowire.ConsumeFieldValue(number, kind, data)
		}
		if n < 0 {
			return errCut
		}
		data = data[n:]
		if kind == protowire.VarintType || kind == protowire.BytesType {
			if err := f(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// parse reads the graph of a model.
func parse(data []byte) (graph, error) {
	var g graph
	err := fields(data, func(f field) error {
		if f.number != modelGraph {
			return nil
		}
		return fields(f.bytes, g.add)
	})
	if err == nil && len(g.nodes) == 0 {
		err = errors.New("there is no graph in it")
	}
	return g, err
}

func (g *graph) add(f field) error {
	switch f.number {
	case graphInitializer:
		if len(g.tensors) == maxTensors {
			return fmt.Errorf("it has more than %d tensors", maxTensors)
		}
		t, err := parseTensor(f.bytes)
		g.tensors = append(g.tensors, t)
		return err
	case graphNode:
		if len(g.nodes) == maxNodes {
			return fmt.Errorf("it has more than %d operations", maxNodes)
		}
		n, err := parseNode(f.bytes, maxNames-g.names)
		g.nodes = append(g.nodes, n)
		g.names += len(n.inputs) + len(n.outputs)
		return err
	}
	return nil
}

// parseNode reads an operation of at most so many inputs and outputs.
func parseNode(data []byte, most int) (node, error) {
	var n node
	err := fields(data, func(f field) error {
		if len(n.inputs)+len(n.outputs) > most {
			return fmt.Errorf("its operations read and make more than %d things", maxNames)
		}
		switch f.number {
		case nodeInput:
			n.inputs = append(n.inputs, string(f.bytes))
		case nodeOutput:
			n.outputs = append(n.outputs, string(f.bytes))
		case nodeOp:
			n.op = string(f.bytes)
		case nodeAttribute:
			return n.attribute(f.bytes)
		}
		return nil
	})
	return n, err
}

// attribute keeps the one called value, if it is a tensor.
func (n *node) attribute(data []byte) error {
	name, value := "", []byte(nil)
	err := fields(data, func(f field) error {
		switch f.number {
		case attributeName:
			name = string(f.bytes)
		case attributeTensor:
			value = f.bytes
		}
		return nil
	})
	if err != nil || name != "value" || value == nil {
		return err
	}
	t, err := parseTensor(value)
	n.value = &t
	return err
}

func parseTensor(data []byte) (tensor, error) {
	var t tensor
	err := fields(data, func(f field) error {
		switch f.number {
		case tensorShape:
			return varints(f, func(v uint64) { t.shape = append(t.shape, int(v)) }, maxRank)
		case tensorKind:
			t.kind = int64(f.value)
		case tensorName:
			t.name = string(f.bytes)
		case tensorRaw:
			t.raw = f.bytes
		case tensorFloats:
			t.floats = append(t.floats, f.bytes...)
		case tensorInts:
			return varints(f, func(v uint64) { t.ints = append(t.ints, int32(v)) }, maxElements)
		case tensorLocation:
			t.external = f.value != 0
		}
		return nil
	})
	if err != nil {
		return t, fmt.Errorf("tensor %.100q: %w", t.name, err)
	}
	_, err = t.elements()
	return t, err
}

// varints reads a repeated number, packed or not.
func varints(f field, add func(uint64), most int) error {
	if f.bytes == nil {
		add(f.value)
		return nil
	}
	for data := f.bytes; len(data) > 0; most-- {
		v, n := protowire.ConsumeVarint(data)
		if n < 0 || most == 0 {
			return errCut
		}
		add(v)
		data = data[n:]
	}
	return nil
}

// elements is the number of values that the shape says.
func (t *tensor) elements() (int, error) {
	n := 1
	for _, d := range t.shape {
		if d < 0 || d > maxElements || d > 0 && n > maxElements/d {
			return 0, fmt.Errorf("tensor %.100q has the shape %v", t.name, t.shape)
		}
		n *= d
	}
	return n, nil
}
