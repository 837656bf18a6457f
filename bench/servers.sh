#!/usr/bin/env bash
# Rerank servers beside ours, in one run: bench/servers.sh PEERS [OPTIONS…]
#
# PEERS is the folder of the harness that sets the engines up (see bench/rerank.sh). This adds what makes servers of them, in
# environments of their own under $SERVERS_HOME: FastAPI, and infinity with the releases that it asks for. OPTIONS are those
# of bench/servers.
set -euo pipefail
peers=$(cd "${1:?usage: bench/servers.sh PEERS [OPTIONS…]}" && pwd)
shift
cd "$(dirname "$0")/.."
installed=${PEERS_HOME:-$HOME/.cache/flashrerank-peers}
home=${SERVERS_HOME:-$HOME/.cache/rerank-servers}
mkdir -p "$home"
site() { "$1/bin/python" -c 'import site; print(site.getsitepackages()[0])'; }

if [ ! -e "$home/fastapi/ready" ]; then
  python3 -m venv "$home/fastapi"
  site "$installed/venv" >"$(site "$home/fastapi")/peers.pth"
  "$home/fastapi/bin/pip" install -q --disable-pip-version-check fastapi==0.165.0 uvicorn==0.54.0
  touch "$home/fastapi/ready"
fi
if [ ! -e "$home/infinity/ready" ]; then # torch without CUDA's libraries, which pip would want
  python3 -m venv "$home/infinity"
  pip() { "$home/infinity/bin/pip" install -q --disable-pip-version-check "$@"; }
  pip --no-deps torch==2.15.0 infinity-emb==0.0.78 sentence-transformers==3.4.1 optimum==1.24.0
  pip transformers==4.49.0 'numpy<2' 'huggingface_hub<0.37' fastapi 'uvicorn[standard]<0.33' 'typer<0.13' 'click<8.2' orjson posthog \
    prometheus-fastapi-instrumentator 'rich<14' pydantic scikit-learn scipy pillow sympy networkx jinja2 coloredlogs einops diskcache
  "$home/infinity/bin/python" -c 'import torch' 2>/dev/null || "$home/infinity/bin/python" "$peers/torch_cpu_stubs.py" "$(site "$home/infinity")"
  touch "$home/infinity/ready"
fi
go run ./bench/servers -model "$installed/models/ms-marco-MiniLM-L-6-v2" -python "$home/fastapi/bin/python" -infinity "$home/infinity/bin/infinity_emb" "$@"
