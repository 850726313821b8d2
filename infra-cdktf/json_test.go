package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parse reads JSON that we wrote.
func parse(text string) any {
	var v any
	err := json.Unmarshal([]byte(text), &v)
	if err != nil {
		panic(fmt.Sprintf("%v in %s", err, text))
	}
	return v
}

// at goes down into objects, or into arrays of one.
func at(v any, path ...string) block {
	for _, key := range path {
		v = only(v)[key]
	}
	return only(v)
}

// only gives a block that may be written as an object or as an array of one.
func only(v any) block {
	switch v := v.(type) {
	case block:
		return v
	case []any:
		if len(v) == 1 {
			return only(v[0])
		}
	}
	return block{}
}

// each gives blocks that may be written as one object or as an array.
func each(v any) []block {
	switch v := v.(type) {
	case block:
		return []block{v}
	case []any:
		var all []block
		for _, item := range v {
			all = append(all, each(item)...)
		}
		return all
	}
	return nil
}

// words gives an array of strings, or a string as an array of one.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, fmt.Sprint(item))
		}
		return all
	}
	return nil
}

func word(v any) string {
	s, _ := v.(string)
	return s
}

var reference = regexp.MustCompile(`^\$\{(?:data\.)?[a-z0-9_]+\.([A-Za-z0-9_-]+)[.\[]`)

// target is the name of the resource that a value refers to, "" if it refers to none.
func target(v any) string {
	match := reference.FindStringSubmatch(word(v))
	if match == nil {
		return ""
	}
	return match[1]
}

// targets are those of an array.
func targets(v any) []string {
	var names []string
	for _, item := range words(v) {
		names = append(names, target(item))
	}
	return names
}

// everyString calls f with each string of a value and the keys that lead to it.
func everyString(v any, path string, f func(path, value string)) {
	switch v := v.(type) {
	case string:
		f(path, v)
	case []any:
		for i, item := range v {
			everyString(item, fmt.Sprintf("%s[%d]", path, i), f)
		}
	case block:
		for key, item := range v {
			if key != "//" {
				everyString(item, strings.TrimPrefix(path+"."+key, "."), f)
			}
		}
	}
}

// number prints a number as one writes it.
func number(v any) string {
	n, _ := v.(float64)
	return strconv.FormatFloat(n, 'f', -1, 64)
}

func atoi(v any) int {
	n, _ := strconv.Atoi(word(v))
	return n
}

// orEmpty gives JSON that is in a string, an empty object if there is none.
func orEmpty(v any) string {
	if word(v) == "" {
		return "{}"
	}
	return word(v)
}

func keysOf(resources map[string]block) []string { return slices.Sorted(maps.Keys(resources)) }
