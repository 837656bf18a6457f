package language

import "fmt"

// OfQuery warns that a query is not in the language of a model.
func OfQuery(model string) string {
	return fmt.Sprintf("the query does not seem to be in English, the only language of %s", model)
}
