// Command calls writes who calls what, as JSON, to standard output. It reads
// the compiled contracts, a FileDescriptorSet as `buf build` makes it, from
// standard input. `make generate` keeps its answer in proto/calls.json: the
// infrastructure makes network rules of it without importing any of our code.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	err := run(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "calls:", err)
		os.Exit(1)
	}
}

func run(contracts io.Reader, out io.Writer) error {
	data, err := io.ReadAll(contracts)
	if err != nil {
		return fmt.Errorf("read the contracts: %w", err)
	}
	var set descriptorpb.FileDescriptorSet
	err = proto.Unmarshal(data, &set)
	if err != nil {
		return fmt.Errorf("decode the contracts: %w", err)
	}
	list, err := calls(&set)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(list)
	if err != nil {
		return fmt.Errorf("write the calls: %w", err)
	}
	return nil
}
