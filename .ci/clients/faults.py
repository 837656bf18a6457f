"""What goes wrong, as Cohere's and Voyage's clients see it: against a server with little
room, and with models that are broken, away, or as slow as they are told to be."""
import http.server
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import urllib.request

import cohere
import voyageai
from check import DOCUMENTS, QUERY, ranked, raises
from cohere.core.api_error import ApiError
from cohere.errors import GatewayTimeoutError, InternalServerError, ServiceUnavailableError, TooManyRequestsError

hold = threading.Event()


class Behind(http.server.BaseHTTPRequestHandler):
    """A service behind a model, which answers when it may."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        hold.wait()
        answer = json.dumps({"results": [{"index": i, "relevance_score": 0.5 if i == 2 else 0.25} for i in range(len(asked["documents"]))]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


behind = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Behind)
threading.Thread(target=behind.serve_forever, daemon=True).start()
config = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
config.write(f"""
max_body: 20000
concurrent: 1
queue: 1
timeout: 8s
lazy: true
models:
  - name: minilm
  - name: slow
    rerank: cohere:m@http://127.0.0.1:{behind.server_port}
  - name: broken
    rerank: {os.environ['BROKEN']}
  - name: away
    rerank: cohere:m@http://127.0.0.1:1
""")
config.close()
server = subprocess.Popen([os.environ["RERANK"], "serve", "--listen", "127.0.0.1:0", "--config", config.name], stderr=subprocess.PIPE, text=True)
B = re.search("http://[0-9.:]+", server.stderr.readline()).group()
threading.Thread(target=server.stderr.read, daemon=True).start()


def metric(name):
    text = urllib.request.urlopen(B + "/metrics").read().decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


def until(what):
    for _ in range(1000):
        if what():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to that")


co = cohere.ClientV2(api_key="any", base_url=B)
once = {"max_retries": 0}

# Too many requests: one computes, one waits, the next is turned away and comes again.
together = [threading.Thread(target=co.rerank, kwargs=dict(model="slow", query=QUERY, documents=DOCUMENTS)) for _ in range(2)]
together[0].start()
until(lambda: metric("rerank_queue_requests") == 0 and metric("rerank_running_requests") == 1)
together[1].start()
until(lambda: metric("rerank_queue_requests") == 1)
raises(TooManyRequestsError, lambda: co.rerank(model="minilm", query=QUERY, documents=DOCUMENTS, request_options=once), "overloaded")
turned = metric('rerank_refused_total{status="429"}')
got = []
patient = threading.Thread(target=lambda: got.append(co.rerank(model="minilm", query=QUERY, documents=DOCUMENTS)))
patient.start()
until(lambda: metric('rerank_refused_total{status="429"}') > turned)
hold.set()
patient.join()
ranked([(x.index, x.relevance_score) for x in got[0].results])
for t in together:
    t.join()

# What takes too long.
hold.clear()
begun = time.time()
raises(GatewayTimeoutError, lambda: co.rerank(model="slow", query=QUERY, documents=DOCUMENTS, request_options=once), "took too long")
assert 7 < time.time() - begun < 30
hold.set()

# What is broken, away, or too large.
before = metric('rerank_refused_total{status="500"}')
raises(InternalServerError, lambda: co.rerank(model="broken", query=QUERY, documents=DOCUMENTS, request_options={"max_retries": 1}), "internal error")
assert metric('rerank_refused_total{status="500"}') == before + 2, "the client came again"
raises(ServiceUnavailableError, lambda: co.rerank(model="away", query=QUERY, documents=DOCUMENTS, request_options=once), "does not answer")
raises(ApiError, lambda: co.rerank(model="minilm", query=QUERY, documents=["x" * 30000], request_options=once), "413")

vo = voyageai.Client(api_key="any", base_url=B + "/v1")
assert len(vo.rerank(QUERY, ["word " * 700], model="minilm", truncation=False).results) == 1  # with a warning
raises(voyageai.error.ServerError, lambda: vo.rerank(QUERY, DOCUMENTS, model="broken"), "failed to process")
raises(voyageai.error.ServiceUnavailableError, lambda: vo.rerank(QUERY, DOCUMENTS, model="away"), "")

server.terminate()
assert server.wait(30) == 0
