package pipeline

// Hold keeps the writer in use until release is called.
func (l *Live) Hold() (release func(), err error) {
	w, err := l.enter()
	return func() { l.leave(w) }, err
}
