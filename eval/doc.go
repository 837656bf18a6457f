// Package eval measures rankings against relevance judgments, with the figures
// of trec_eval.
//
// [Evaluate] takes judgments ([Qrels]), a system's ranked documents ([Run]) and
// a list of [Measure] values, and returns one value per query and measure and a
// summary over the queries. [ParseMeasure] knows trec_eval's names (ndcg_cut_10,
// P_5, map, recip_rank) and those of ir_measures (nDCG@10, AP(rel=2)@100, RR@10);
// [WriteTrecEval] prints an evaluation in trec_eval's own layout.
//
// # Rules
//
// They are those of trec_eval 10, the reference implementation:
//
//   - The order of a query's documents is by score, highest first; equal scores
//     are ordered by document ID, compared bytewise, highest first. Ranks and the
//     order in the input mean nothing. Scores are compared as float64;
//     trec_eval up to 9.0.8, and pytrec_eval with it, read them as float32, which
//     makes ties of close scores (see [Options.TrecEval9]).
//   - A document is relevant if its grade reaches [Options.Level], judged not
//     relevant if its grade is from 0 up to that, and unjudged if it is absent
//     from the judgments or its grade is negative. Unjudged documents take up
//     ranks and gain nothing; bpref passes over them, and infAP tells the ones
//     with a negative grade (pooled, not judged) from the absent ones.
//   - Queries count if they are in both the judgments and the run. With
//     [Options.Complete] all queries of the judgments count, and those absent
//     from the run have no documents.
//   - A query without relevant documents has the value 0 and counts in the mean.
//
// Where trec_eval divides zero by zero (interpolated precision of an empty list,
// which [Options.JudgedOnly] can leave) the value here is 0.
package eval
