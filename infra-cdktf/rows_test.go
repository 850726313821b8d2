package main

import (
	"fmt"
	"slices"
	"testing"
)

// property is something that holds for what was written. Row is the line of the original deployment's features that
// it stands for; 0 is a rule of our own.
type property struct {
	Row   int
	Says  string
	Check func(w *world, f *faults)
}

func (p property) name() string {
	if p.Row == 0 {
		return p.Says
	}
	return fmt.Sprintf("row %02d: %s", p.Row, p.Says)
}

func properties() []property {
	return slices.Concat(accountProperties(), networkProperties(), edgeProperties(), dataProperties(), serviceProperties(),
		deliveryProperties(), driftProperties(), operationProperties(), ruleProperties(), secretProperties())
}

func TestProperties(t *testing.T) {
	for _, p := range properties() {
		t.Run(p.name(), func(t *testing.T) {
			var f faults
			p.Check(load(t), &f)
			for _, fault := range f {
				t.Error(fault)
			}
		})
	}
}

// What holds whatever the settings are. The other properties are about those of the repository.
func TestPropertiesHoldForOtherSettingsToo(t *testing.T) {
	for _, p := range slices.Concat(networkProperties(), edgeProperties(), dataProperties(), operationProperties(), ruleProperties(), secretProperties()) {
		t.Run(p.name(), func(t *testing.T) {
			var f faults
			p.Check(loadFrom(t, other, varied), &f)
			for _, fault := range f {
				t.Error(fault)
			}
		})
	}
}
