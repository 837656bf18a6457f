// Command clients asks the server by Cohere's client for Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	cohere "github.com/cohere-ai/cohere-go/v2"
	"github.com/cohere-ai/cohere-go/v2/client"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	const query = "when does the rental contract for the flat end?"
	documents := []string{"Bake the bread.", "Die Straßenbahn fährt um 8 Uhr. 🚋", "The lease of the apartment expires in May.", "Snow melts."}
	c := client.NewClient(client.WithToken("any"), client.WithBaseURL(os.Getenv("SERVER")))
	n := 2
	r, err := c.V2.Rerank(ctx, &cohere.V2RerankRequest{Model: "m", Query: query, Documents: documents, TopN: &n})
	if err != nil {
		return err
	}
	if len(r.Results) != 2 || r.Results[0].Index != 2 || !(r.Results[0].RelevanceScore > r.Results[1].RelevanceScore) {
		return fmt.Errorf("version 2: %v", r)
	}
	v1 := &cohere.RerankRequest{Query: query}
	for _, d := range documents {
		v1.Documents = append(v1.Documents, &cohere.RerankRequestDocumentsItem{String: d})
	}
	first, err := c.Rerank(ctx, v1)
	if err != nil {
		return err
	}
	if len(first.Results) != 4 || first.Results[0].Index != 2 {
		return fmt.Errorf("version 1: %v", first)
	}
	_, err = c.V2.Rerank(ctx, &cohere.V2RerankRequest{Model: "m", Query: " ", Documents: documents})
	if bad := (*cohere.BadRequestError)(nil); !errors.As(err, &bad) {
		return fmt.Errorf("an empty query: %v", err)
	}
	guarded := client.NewClient(client.WithToken("wrong"), client.WithBaseURL(os.Getenv("GUARDED")))
	_, err = guarded.V2.Rerank(ctx, &cohere.V2RerankRequest{Model: "m", Query: query, Documents: documents})
	if refused := (*cohere.UnauthorizedError)(nil); !errors.As(err, &refused) {
		return fmt.Errorf("a wrong key: %v", err)
	}
	let := client.NewClient(client.WithToken(os.Getenv("KEY")), client.WithBaseURL(os.Getenv("GUARDED")))
	_, err = let.V2.Rerank(ctx, &cohere.V2RerankRequest{Model: "broken", Query: query, Documents: documents})
	if broken := (*cohere.InternalServerError)(nil); !errors.As(err, &broken) {
		return fmt.Errorf("a broken model: %v", err)
	}
	_, err = let.V2.Rerank(ctx, &cohere.V2RerankRequest{Model: "away", Query: query, Documents: documents})
	if away := (*cohere.ServiceUnavailableError)(nil); !errors.As(err, &away) {
		return fmt.Errorf("a model that is away: %v", err)
	}
	return nil
}
