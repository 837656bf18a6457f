// Package hub fetches models from the Hugging Face Hub, or any server that speaks
// its protocol, and finds them again in the cache on disk.
//
// The cache is that of Python's huggingface_hub, so that what one has fetched the
// other finds: HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE mean
// the same here ([FromEnvironment]). Only the files that this project reads are
// fetched ([Needed]). Downloads resume where they were cut, are checked against
// the Hub's checksums, and take their place in the cache at once or not at all.
//
// Nothing here is asked over the network but by [Client.Pull].
package hub
