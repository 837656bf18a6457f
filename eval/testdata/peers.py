"""What pytrec_eval and ir_measures make of runs: JSON from standard input to standard output.

Input is a list of {"qrels": {query: {document: grade}}, "run": {query: {document: score}}}. Output has for each a map from
measure to query to value: trec_eval's names from pytrec_eval (terrier build, which holds trec_eval 9), and the names of
ir_measures, with RBP (which is graded there without rel) and nDCG_exp@10 in the package's spelling. Some providers of ir_measures keep ties in the order of their
input: they get scores without ties, in trec_eval's order. Judged@k gets no negative grades, which it would count.
"""
import json
import sys

import ir_measures
import pytrec_eval

OURS = {
    "RBP(p=0.8)": ir_measures.RBP(rel=1, p=0.8),
    "nDCG_exp@10": ir_measures.nDCG(dcg="exp-log2") @ 10,
}
OURS.update({name: ir_measures.parse_measure(name) for name in (
    "ERR@20", "Judged@10", "nDCG(dcg='exp-log2')@10", "nDCG@10", "nDCG(judged_only=True)@10", "AP(rel=2)@100", "AP(judged_only=True)",
    "RR@10", "RR(rel=2)", "RR(judged_only=True)", "P@5", "P(rel=2)@5", "P(rel=2,judged_only=True)@5", "R@1000", "R(rel=2)@20",
    "R(judged_only=True)@10", "Rprec", "Rprec(rel=2,judged_only=True)", "Bpref", "Bpref(rel=2)", "infAP", "infAP(rel=2)", "NumRet",
    "NumRet(rel=2)", "NumRelRet", "NumRel", "Success@5", "Success(rel=3)@5", "IPrec@0.1", "IPrec(rel=2)@0.35", "SetP", "SetP(rel=2)",
    "SetP(relative=True)", "SetR(rel=2)", "SetAP(rel=2)", "SetF(rel=2)", "SetF(judged_only=True)", "RBP(rel=2,p=0.9)",
)})


def untied(run):
    best_first = lambda row: sorted(row.items(), key=lambda item: (item[1], item[0].encode()), reverse=True)
    return {query: {doc: float(-i) for i, (doc, _) in enumerate(best_first(row))} for query, row in run.items()}


def judged(qrels):
    return {query: {doc: grade for doc, grade in row.items() if grade >= 0} for query, row in qrels.items()}


def main():
    out = []
    for case in json.load(sys.stdin):
        values = {}
        evaluator = pytrec_eval.RelevanceEvaluator(case["qrels"], pytrec_eval.supported_measures)
        for query, row in evaluator.evaluate(case["run"]).items():
            for name, value in row.items():
                values.setdefault(name, {})[query] = value
        for name, measure in OURS.items():
            qrels = judged(case["qrels"]) if name.startswith("Judged") else case["qrels"]
            for row in ir_measures.iter_calc([measure], qrels, untied(case["run"])):
                if row.query_id in case["run"]:  # it counts the others too, with 0
                    values.setdefault(name, {})[row.query_id] = row.value
        out.append(values)
    json.dump(out, sys.stdout)


main()
