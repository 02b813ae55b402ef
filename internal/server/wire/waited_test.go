package wire

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestWaited counts the time in which the server owes an answer and says nothing, and
// none in which nobody has asked for anything.
func TestWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const thinks = 3 * time.Second
		slow := func(string) string {
			time.Sleep(thinks)
			return "%T OK done\r\n"
		}
		client, conn := dial(t, slow, Options{})
		waited := func(want time.Duration, when string) {
			t.Helper()
			if got := conn.Stats().Waited; got != want {
				t.Errorf("%s: %v, want %v", when, got, want)
			}
		}
		waited(0, "after the greeting")
		for n := range 2 {
			time.Sleep(time.Hour) // the connection idles
			if err := client.Noop().Wait(); err != nil {
				t.Fatal(err)
			}
			waited(time.Duration(n+1)*thinks, "after an answer")
		}
		first, second := client.Noop(), client.Noop()
		if err := first.Wait(); err != nil {
			t.Fatal(err)
		}
		if err := second.Wait(); err != nil {
			t.Fatal(err)
		}
		waited(4*thinks, "after two commands at once")
	})
}
