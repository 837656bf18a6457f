package hub

import "github.com/flashrerank/rerank/internal/durable"

// On returns a client that writes to a disk.
func (c Client) On(d durable.Disk) *Client {
	c.disk = d
	return &c
}
