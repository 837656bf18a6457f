// Cohere's client for TypeScript, Voyage's, and the AI SDK's providers Cohere and Together.
import assert from "node:assert/strict";
import { createCohere } from "@ai-sdk/cohere";
import { createTogetherAI } from "@ai-sdk/togetherai";
import { rerank } from "ai";
import { CohereClient, CohereClientV2 } from "cohere-ai";
import { VoyageAIClient } from "voyageai";

const { SERVER: B, GUARDED, KEY } = process.env;
const query = "when does the rental contract for the flat end?";
const documents = ["Bake the bread for forty minutes.", "Die Straßenbahn fährt um 8 Uhr. 🚋", "The lease of the apartment expires in May.", "Snow melts; the river rises."];

function ranked(results, n) {
  assert.equal(results.length, n);
  assert.equal(results[0].index, 2);
  for (let i = 0; i < n; i++) {
    assert.ok(results[i].score >= 0 && results[i].score <= 1);
    assert.ok(i === 0 || results[i].score <= results[i - 1].score);
  }
}
const own = (r) => r.results.map((x) => ({ index: x.index, score: x.relevanceScore }));

const v2 = new CohereClientV2({ token: "any", environment: B });
ranked(own(await v2.rerank({ model: "m", query, documents })), 4);
ranked(own(await v2.rerank({ model: "m", query, documents, topN: 2 })), 2);
const v1 = new CohereClient({ token: "any", environment: B });
const first = await v1.rerank({ query, documents: documents.map((text) => ({ text })), returnDocuments: true });
ranked(own(first), 4);
assert.equal(first.results[0].document.text, documents[2]);
await assert.rejects(v2.rerank({ model: "m", query: " ", documents }), (e) => e.statusCode === 400 && /must not be empty/.test(JSON.stringify(e.body)));
await assert.rejects(new CohereClientV2({ token: "wrong", environment: GUARDED }).rerank({ model: "m", query, documents }), (e) => e.statusCode === 401);
await assert.rejects(new CohereClientV2({ token: KEY, environment: GUARDED }).rerank({ model: "nobody", query, documents }), (e) => e.statusCode === 404);

// What goes wrong on the other side: asked for once, then again.
for (const [model, status] of [["broken", 500], ["away", 503]]) {
  const asked = new CohereClientV2({ token: KEY, environment: GUARDED }).rerank({ model, query, documents }, { maxRetries: 1 });
  await assert.rejects(asked, (e) => e.statusCode === status);
}

for (const model of [createCohere({ apiKey: "any", baseURL: B + "/v2" }).reranking("m"), createTogetherAI({ apiKey: "any", baseURL: B + "/v1" }).reranking("m")]) {
  const { ranking } = await rerank({ model, query, documents, topN: 2 });
  ranked(ranking.map((x) => ({ index: x.originalIndex, score: x.score })), 2);
}

const voyage = new VoyageAIClient({ apiKey: "any", environment: B + "/v1" });
for (const n of [undefined, 2]) {
  const { data } = await voyage.rerank({ model: "rerank-2.5", query, documents, topK: n });
  ranked(data.map((x) => ({ index: x.index, score: x.relevanceScore })), n ?? documents.length);
}
