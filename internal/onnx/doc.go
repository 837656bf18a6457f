// Package onnx takes a model's weights out of an ONNX file, under the names that they had
// before they were exported.
//
// Only weights are read, not the graph: who computes with them knows the architecture.
// Exporters keep the names of most tensors; what a linear layer multiplies by, they fold
// and number. Such a matrix is named for the bias that is added to its product. Weights
// that were quantised (onnxruntime's dynamic quantisation: eight bits, a scale for a
// tensor or for each of its columns) become float32 again.
package onnx
