"""Finds in one cache what this project fetched, and fetches to another.

    python python.py ENDPOINT REPO CACHE OTHER-CACHE
"""
import os
import sys

endpoint, repo, cache, other = sys.argv[1:]
os.environ.update(HF_ENDPOINT=endpoint, HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_XET="1")

from huggingface_hub import snapshot_download  # noqa: E402

patterns = ["*.json", "*.safetensors"]
print(snapshot_download(repo, cache_dir=cache, local_files_only=True, allow_patterns=patterns))
print(snapshot_download(repo, cache_dir=other, allow_patterns=patterns))
