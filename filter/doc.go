// Package filter reads conditions on documents' fields, written as JSON in the form that
// vector stores and MongoDB share, and decides by them which documents a search may
// return:
//
//	{"lang": "en", "year": {"$gte": 2020, "$lt": 2024}}
//	{"$or": [{"tags": {"$in": ["go", "search"]}}, {"$not": {"draft": true}}]}
//
// The members of an object must all hold. A member is the name of a field, with a value
// that the field must have or with operators, or one of $and and $or with an array of
// conditions, and $not with one. Within these an array or an object without a condition is an
// error; the whole condition may be {}, which every document matches.
//
// The operators are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin (with an array) and $exists
// (with true or false). $in with an empty array holds for no document, $nin for all.
// $ne and $nin hold exactly where $eq and $in do not. A field that
// is a list has what any of its elements has. Values of different kinds are different and
// in no order, but that a field which is a time is compared with a text in RFC 3339's
// form, or a date alone. Texts are in the order of their bytes. Numbers are compared
// exactly, whole numbers of 64 bits with fractions too. A field that a document does not
// have is null; null equals null only, is in no order, and does not exist. A list with a
// null in it has null.
//
// The names "id", "title" and "text" are the document's own, unless it has fields of these
// names.
package filter
