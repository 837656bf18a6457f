// Package godoc makes documents of the documentation of Go packages: one for
// each package, each exported function, type and method, and each group of
// exported constants or variables, struct field and interface method that has
// a comment.
//
// A document's ID is the import path and the symbol, as in
// "bufio.Scanner.Scan". Its Title is kind, symbol and declaration on one line, its
// Text the doc comment as plain text, and its Fields say kind, package,
// import_path, file, declaration and, where it is so, deprecated. The standard library has over 10,000 of them; [Standard] finds it.
package godoc
