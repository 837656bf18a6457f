// Package significance says how much of the difference between two systems is
// more than chance. Every function takes the values of one measure, query by
// query: a[i] and b[i] are what the two systems got for the same query.
//
// [PairedT], [Wilcoxon] and [Randomization] test the hypothesis that both
// systems are equally good; Smucker, Allan and Carterette ("A comparison of
// statistical significance tests for information retrieval evaluation", CIKM
// 2007) found that the first and the last agree on retrieval measures and that
// Wilcoxon's test, which looks at ranks only, may miss or invent differences of
// the mean. [Bootstrap] gives the range in which the difference lies, which says
// more than a p value does (Sakai, "Statistical reform in information
// retrieval?", SIGIR Forum 48(1), 2014). [Holm] corrects the p values of several
// comparisons made at once, and [WinTieLoss] counts queries.
//
// All tests are two-sided. Values must be finite and at most 1e150 in size, so
// that no sum or square overflows; anything else is an error that names the
// place, and so are lists of different lengths and, where a mean or a
// distribution is asked for, empty ones. The functions keep no state and leave
// their arguments as they are, so they may be called concurrently. Equal
// arguments give equal results: resampling draws from a generator that is seeded
// by the caller, on one goroutine.
package significance
