#!/usr/bin/env bash
# Re-ranking beside other engines, in one run: bench/rerank.sh PEERS [OPTIONS…]
#
# PEERS is the folder of a harness (rerank_bench.py, and setup, which installs the engines) that talks to bench/rerankworker and
# to the others over lines of text, in rounds that alternate. OPTIONS are the harness's: --models, --n, --threads, --rounds,
# --peers. RERANK_SIMD chooses our kernels; the others choose theirs, but with avx2, avxvnni and avx512vnni they get to see
# a CPU that has no more than that (lesscpu.c, which wants a C compiler).
set -euo pipefail
peers=${1:?usage: bench/rerank.sh PEERS [OPTIONS…]}
shift
cd "$(dirname "$0")/.."
worker=$(mktemp -d)
trap 'rm -rf "$worker"' EXIT
go build -o "$worker/rerankworker" ./bench/rerankworker
case ${RERANK_SIMD-} in
  avx2 | avxvnni | avx512vnni)
    "${CC:-cc}" -O2 -shared -fPIC -o "$worker/lesscpu.so" bench/lesscpu.c
    export LD_PRELOAD="$worker/lesscpu.so"
    ;;
esac
"${PEERS_HOME:-$HOME/.cache/flashrerank-peers}/venv/bin/python" "$peers/rerank_bench.py" \
  --models ms-marco-TinyBERT-L-2-v2,ms-marco-MiniLM-L-6-v2 --n 100 --threads 2 \
  --peers ort-int8-pool,ort-fp32-pool,flashrank,sentence-transformers \
  --worker "rerank=$worker/rerankworker MODEL_DIR THREADS" --worker "rerank-fp32=$worker/rerankworker MODEL_DIR THREADS fp32" "$@"
