package storm

import "testing"

func TestCompare_CountsWhatIsWrong(t *testing.T) {
	a, b, c, d, x, y := change{"notes/a", 1}, change{"notes/a", 2}, change{"notes/c", 1}, change{"accounts/d", 0}, change{"notes/x", 1}, change{"notes/c", 2}
	honest := compare([]change{a, b}, []change{a, b, c, d}, []change{a, b, c, d})
	if !honest.OK() {
		t.Errorf("an honest storm is refused: %v", honest)
	}
	v := compare([]change{a, b, x}, []change{a, b, c, d}, []change{a, a, a, b, c, y, y})
	if v.Lost != 2 || v.Invented != 1 || v.Doubled != 3 || v.OK() {
		t.Errorf("got %v, want 2 lost (x, d), 1 invented (y), 3 doubled (a twice, y)", v)
	}
}
