package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
)

// machines are the kinds that we ship for, by Go's names.
var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

// check compares two builds of the target, and reads the first one's header and stamps. It returns a line for each mistake.
func (t target) check(s stamps, first, second string) ([]string, error) {
	a, err := os.ReadFile(first) //nolint:gosec // who runs it names the folder
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(second) //nolint:gosec // it was just written
	if err != nil {
		return nil, err
	}
	lines := t.header(a)
	if !bytes.Equal(a, b) {
		lines = append(lines, fmt.Sprintf("%s: two builds differ, first at byte %d", t.name, difference(a, b)))
	}
	for _, stamp := range []string{s.version, s.commit} {
		if !bytes.Contains(a, []byte(stamp)) {
			lines = append(lines, fmt.Sprintf("%s: it does not say that it is of %s", t.name, stamp))
		}
	}
	return lines, nil
}

// header tells what is wrong with the machine that the binary is for, and with what it needs there: nothing.
func (t target) header(binary []byte) []string {
	file, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil {
		return []string{fmt.Sprintf("%s: it is no ELF file: %v", t.name, err)}
	}
	var lines []string
	want, known := machines[t.arch]
	if !known || file.Class != elf.ELFCLASS64 || file.Machine != want {
		lines = append(lines, fmt.Sprintf("%s: it is for %s %s", t.name, file.Machine, file.Class))
	}
	if file.Type != elf.ET_EXEC {
		lines = append(lines, fmt.Sprintf("%s: its type is %s, not a program at a fixed address", t.name, file.Type))
	}
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_INTERP || segment.Type == elf.PT_DYNAMIC {
			lines = append(lines, fmt.Sprintf("%s: it is not static, there is a segment %s", t.name, segment.Type))
		}
	}
	return lines
}

// difference returns where the builds begin to differ.
func difference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
