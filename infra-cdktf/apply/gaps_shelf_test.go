//go:build apply

package apply_test

import (
	"crypto/rand"
	"net/http"
)

// shelf is a store of one kind of thing, for services that moto has not.
type shelf struct {
	Service, Kind, ID, Begins string
	Missing                   string // the exception where there is none; "": an empty list
	Starts                    object // what a new one has that nobody gave
}

func (s shelf) gap() gap {
	var things memory[object]
	of := func(c call) (object, bool) {
		q := read(c.Body)
		id, _ := q[s.ID].(string)
		many, _ := q[s.ID+"List"].([]any)
		for _, one := range append(many, q["ResourceArn"]) {
			if id == "" {
				id, _ = one.(string)
			}
		}
		thing, found := things.get(id)
		return thing, found && thing != nil
	}
	create := func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
		q := read(c.Body)
		thing := object{s.ID: s.Begins + rand.Text()}
		given, nested := q[s.Kind].(object)
		if !nested {
			given = q
		}
		for _, part := range []object{given, s.Starts, {"Tags": q["Tags"], "ResourceTags": q["ResourceTags"]}} {
			for name, value := range part {
				thing[name] = value
			}
		}
		if notImplemented(moto) {
			things.put(thing[s.ID].(string), thing)
		}
		return good(object{s.ID: thing[s.ID]}), notImplemented(moto)
	}
	get := func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
		thing, found := of(c)
		if !found && s.Missing == "" {
			return good(object{s.Kind + "s": []any{}}), notImplemented(moto)
		}
		if !found {
			return missing(s.Missing), notImplemented(moto)
		}
		return good(object{s.Kind: thing, s.Kind + "s": []any{thing}}), notImplemented(moto)
	}
	tagged := func(c call, _ reply, _ func(call) (reply, error)) (reply, bool) {
		thing, found := of(c)
		return good(object{"Tags": thing["Tags"], "ResourceTags": thing["ResourceTags"]}), found
	}
	remove := func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
		thing, found := of(c)
		if !found {
			return missing(s.Missing), notImplemented(moto)
		}
		things.put(thing[s.ID].(string), nil)
		return good(object{}), notImplemented(moto)
	}
	return gap{
		Says: s.Service + " has no " + s.Kind, Service: s.Service,
		Calls: map[string]mend{
			"Create" + s.Kind: create, "Get" + s.Kind: get, "Get" + s.Kind + "s": get, "Delete" + s.Kind: remove, "ListTagsForResource": tagged,
		},
	}
}

func missing(exception string) reply {
	r := good(object{"__type": exception, "message": "there is none"})
	r.Status = http.StatusBadRequest
	return r
}
