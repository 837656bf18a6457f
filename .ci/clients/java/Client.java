import com.cohere.api.Cohere;
import com.cohere.api.core.CohereApiException;
import com.cohere.api.errors.BadRequestError;
import com.cohere.api.errors.NotFoundError;
import com.cohere.api.errors.UnauthorizedError;
import com.cohere.api.requests.RerankRequest;
import com.cohere.api.resources.v2.requests.V2RerankRequest;
import com.cohere.api.types.RerankRequestDocumentsItem;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.voyageai.VoyageAiScoringModel;
import java.util.List;

/** Cohere's client for Java, and LangChain4j's of Voyage. */
class Client {
    static final String QUERY = "when does the rental contract for the flat end?";
    static final List<String> DOCUMENTS = List.of("Bake the bread.", "Die Straßenbahn fährt um 8 Uhr. 🚋", "The lease of the apartment expires in May.", "Snow melts.");

    public static void main(String[] args) {
        String server = System.getenv("SERVER"), guarded = System.getenv("GUARDED");
        Cohere co = Cohere.builder().token("any").url(server).build();
        var r = co.v2().rerank(V2RerankRequest.builder().model("m").query(QUERY).documents(DOCUMENTS).topN(2).build());
        check(r.getResults().size() == 2 && r.getResults().get(0).getIndex() == 2, r);
        check(r.getResults().get(0).getRelevanceScore() > r.getResults().get(1).getRelevanceScore(), r);
        var first = co.rerank(RerankRequest.builder().query(QUERY)
            .documents(DOCUMENTS.stream().map(RerankRequestDocumentsItem::of).toList()).returnDocuments(true).build());
        check(first.getResults().size() == 4 && first.getResults().get(0).getDocument().get().getText().equals(DOCUMENTS.get(2)), first);

        raises(BadRequestError.class, () -> co.v2().rerank(V2RerankRequest.builder().model("m").query(" ").documents(DOCUMENTS).build()), 400);
        raises(UnauthorizedError.class, () -> ask(guarded, "wrong", "words"), 401);
        raises(NotFoundError.class, () -> ask(guarded, System.getenv("KEY"), "nobody"), 404);
        raises(CohereApiException.class, () -> ask(guarded, System.getenv("KEY"), "broken"), 500);
        var voyage = VoyageAiScoringModel.builder().baseUrl(server + "/v1/").apiKey("any").modelName("rerank-2").maxRetries(0).build();
        List<Double> scores = voyage.scoreAll(DOCUMENTS.stream().map(TextSegment::from).toList(), QUERY).content();
        check(scores.size() == 4 && scores.stream().allMatch(x -> x <= scores.get(2)), scores);
        System.exit(0); // the client leaves threads behind
    }

    static void ask(String url, String key, String model) {
        Cohere.builder().token(key).url(url).build().v2().rerank(V2RerankRequest.builder().model(model).query(QUERY).documents(DOCUMENTS).build());
    }

    static void check(boolean holds, Object got) {
        if (!holds) {
            throw new AssertionError(got);
        }
    }

    static void raises(Class<? extends CohereApiException> kind, Runnable call, int status) {
        try {
            call.run();
        } catch (CohereApiException e) {
            check(kind.isInstance(e) && e.statusCode() == status, e);
            return;
        }
        throw new AssertionError("no " + kind);
    }
}
