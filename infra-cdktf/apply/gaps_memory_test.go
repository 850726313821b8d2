//go:build apply

package apply_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
)

// memory is what gaps keep between calls.
type memory[T any] struct {
	mu   sync.Mutex
	kept map[string]T
}

func (m *memory[T]) get(key string) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, found := m.kept[key]
	return v, found
}

func (m *memory[T]) put(key string, v T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]T{}
	}
	m.kept[key] = v
}

// queueAttributes keeps two attributes of queues: moto forgets who may use one for dead letters, and a queue's policy
// whenever another attribute is set.
func queueAttributes() gap {
	var set memory[string]
	names := []string{"Policy", "RedriveAllowPolicy"}
	return gap{
		Says: "SQS forgets a queue's policies when another attribute is set", Service: "sqs",
		Calls: map[string]mend{
			"SetQueueAttributes": func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				q := read(c.Body)
				attributes, _ := q["Attributes"].(object)
				for _, name := range names {
					value, given := attributes[name].(string)
					if given {
						set.put(fmt.Sprint(q["QueueUrl"], name), value)
					}
				}
				return moto, false
			},
			"GetQueueAttributes": func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				q := read(c.Body)
				asked, _ := q["AttributeNames"].([]any)
				attributes, _ := read(moto.Body)["Attributes"].(object)
				forgotten := strings.Contains(string(moto.Body), "Unknown Attribute RedriveAllowPolicy")
				if moto.Status != http.StatusOK && !forgotten {
					return moto, false
				}
				if attributes == nil {
					attributes = object{}
				}
				for _, name := range names {
					value, _ := set.get(fmt.Sprint(q["QueueUrl"], name))
					if value != "" && (slices.Contains(asked, any("All")) || slices.Contains(asked, any(name))) {
						forgotten = forgotten || !sameJSON(attributes[name], value)
						attributes[name] = value
					}
				}
				return good(object{"Attributes": attributes}), forgotten
			},
		},
	}
}

func sameJSON(a any, b string) bool {
	text, _ := a.(string)
	return text != "" && string(good(read([]byte(text))).Body) == string(good(read([]byte(b))).Body)
}

// budgetSubscribers keeps whom a budget tells, and its tags.
func budgetSubscribers() gap {
	var told, tags memory[any]
	key := func(budget, notification any) string {
		text, err := json.Marshal(notification)
		return fmt.Sprint(budget, string(text), err)
	}
	return gap{
		Says: "Budgets says neither whom it tells nor its tags", Service: "budgets",
		Calls: map[string]mend{
			"CreateBudget": func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				q := read(c.Body)
				budget, _ := q["Budget"].(object)
				tags.put(fmt.Sprintf("arn:aws:budgets::%v:budget/%v", q["AccountId"], budget["BudgetName"]), q["ResourceTags"])
				return moto, false
			},
			"ListTagsForResource": func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				arn, _ := read(c.Body)["ResourceARN"].(string)
				kept, _ := tags.get(arn)
				return good(object{"ResourceTags": kept}), notImplemented(moto)
			},
			"CreateNotification": func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				q := read(c.Body)
				told.put(key(q["BudgetName"], q["Notification"]), q["Subscribers"])
				return moto, false
			},
			"DescribeSubscribersForNotification": func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				q := read(c.Body)
				subscribers, _ := told.get(key(q["BudgetName"], q["Notification"]))
				return good(object{"Subscribers": subscribers}), notImplemented(moto)
			},
		},
	}
}

// compositeAlarms keeps the rules of alarms that are made of alarms. For moto they are alarms without a metric.
func compositeAlarms() gap {
	var rules memory[string]
	return gap{
		Says: "CloudWatch makes no alarms of alarms", Service: "monitoring",
		Calls: map[string]mend{
			"PutCompositeAlarm": func(c call, moto reply, ask func(call) (reply, error)) (reply, bool) {
				form, err := url.ParseQuery(string(c.Body))
				if err != nil || !notImplemented(moto) {
					return moto, false
				}
				rules.put(form.Get("AlarmName"), form.Get("AlarmRule"))
				form.Set("Action", "PutMetricAlarm")
				c.Body = []byte(form.Encode())
				answer, err := ask(c)
				answer.Body = bytes.ReplaceAll(answer.Body, []byte("PutMetricAlarm"), []byte("PutCompositeAlarm"))
				return answer, err == nil
			},
			"DescribeAlarms": func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				form, err := url.ParseQuery(string(c.Body))
				rule, known := rules.get(form.Get("AlarmNames.member.1"))
				if err != nil || !known {
					return moto, false
				}
				moto.Body = []byte(strings.NewReplacer(
					"<CompositeAlarms/>", "", "<MetricAlarms><member>", "<CompositeAlarms><member><AlarmRule>"+html.EscapeString(rule)+"</AlarmRule>",
					"</MetricAlarms>", "</CompositeAlarms>",
				).Replace(string(moto.Body)))
				return moto, true
			},
		},
	}
}

// scalingTags keeps the tags of what scales.
func scalingTags() gap {
	var tags memory[any]
	return gap{
		Says: "Application Auto Scaling does not say the tags of what scales", Service: "application-autoscaling",
		Calls: map[string]mend{
			"RegisterScalableTarget": func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				arn, _ := read(moto.Body)["ScalableTargetARN"].(string)
				tags.put(arn, read(c.Body)["Tags"])
				return moto, false
			},
			"ListTagsForResource": func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				arn, _ := read(c.Body)["ResourceARN"].(string)
				kept, _ := tags.get(arn)
				return good(object{"Tags": kept}), notImplemented(moto)
			},
		},
	}
}

// backupSelections keeps what a plan copies.
func backupSelections() gap {
	var selections memory[any]
	one := "/backup/plans/*/selections/*"
	return gap{
		Says: "Backup has no selections", Service: "backup", Only: "prod",
		Calls: map[string]mend{
			"PUT /backup/plans/*/selections": func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				id := rand.Text()
				plan := path.Base(path.Dir(c.request.URL.Path))
				selections.put(id, object{"BackupSelection": read(c.Body)["BackupSelection"], "SelectionId": id, "BackupPlanId": plan, "CreationDate": 1767225600})
				kept, _ := selections.get(id)
				return good(kept), notImplemented(moto)
			},
			"GET " + one: func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				kept, found := selections.get(path.Base(c.request.URL.Path))
				if !found || kept == nil {
					return missing("ResourceNotFoundException"), notImplemented(moto)
				}
				return good(kept), notImplemented(moto)
			},
			"DELETE " + one: func(c call, moto reply, _ func(call) (reply, error)) (reply, bool) {
				selections.put(path.Base(c.request.URL.Path), nil)
				return good(object{}), notImplemented(moto)
			},
		},
	}
}
