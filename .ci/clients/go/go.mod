module clients

go 1.26

require github.com/cohere-ai/cohere-go/v2 v2.15.3
