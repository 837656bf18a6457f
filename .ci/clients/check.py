"""What the clients are asked, and what must come of it."""
import os

B, GUARDED, KEY = os.environ["SERVER"], os.environ["GUARDED"], os.environ["KEY"]
QUERY = "when does the rental contract for the flat end?"
DOCUMENTS = ["Bake the bread for forty minutes.", "Die Straßenbahn fährt um 8 Uhr. 🚋", "The lease of the apartment expires in May.", "Snow melts; the river rises."]
BEST = 2


def ranked(results, n=len(DOCUMENTS)):
    """Checks pairs of index and score: the lease is the best, scores fall and are relevance."""
    scores = [score for _, score in results]
    assert len(results) == n, results
    assert results[0][0] == BEST, results
    assert len({index for index, _ in results}) == n, results
    assert scores == sorted(scores, reverse=True), scores
    assert all(isinstance(s, float) and 0 <= s <= 1 for s in scores), scores


def raises(kind, call, words):
    try:
        got = call()
    except kind as e:
        assert words in str(e), f"{words!r} is not in {e}"
        return
    raise AssertionError(f"no {kind}: {got}")
