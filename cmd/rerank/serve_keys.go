package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/flashrerank/rerank/internal/strictyaml"
	"github.com/flashrerank/rerank/server"
)

// readKeys reads the file of keys: on each line a key, or a key and the name of the client that
// has it.
func (c *serveConfig) readKeys() error {
	data, err := strictyaml.ReadFile(c.KeysFile)
	if err != nil {
		return err
	}
	text := strings.TrimPrefix(string(data), string(byteOrderMark))
	number, found := 0, false
	for line := range strings.Lines(text) {
		number++
		words := strings.Fields(line)
		found = found || len(words) > 0
		switch len(words) {
		case 0:
		case 1:
			c.Keys = append(c.Keys, words[0])
		case 2:
			c.addKey(words[0], words[1])
		default:
			return fmt.Errorf("%s, line %d: more than a key and the name of its client", c.KeysFile, number)
		}
	}
	if !found {
		return fmt.Errorf("%s holds no keys", c.KeysFile)
	}
	return nil
}

// addKey gives a key to the client of a name, which may have been configured with its limits.
func (c *serveConfig) addKey(key, name string) {
	i := slices.IndexFunc(c.Clients, func(client server.Client) bool { return client.Name == name })
	if i < 0 {
		c.Clients = append(c.Clients, server.Client{Name: name})
		i = len(c.Clients) - 1
	}
	c.Clients[i].Keys = append(c.Clients[i].Keys, key)
}

// shown is the configuration without its secrets, as YAML.
func (c serveConfig) shown() (string, error) {
	hide := func(keys []string) {
		for i := range keys {
			keys[i] = "(hidden)"
		}
	}
	hide(c.Keys)
	for _, client := range c.Clients {
		hide(client.Keys)
	}
	data, err := yaml.Marshal(c)
	return string(data), err
}
