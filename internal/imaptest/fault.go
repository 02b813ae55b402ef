package imaptest

import (
	"slices"
	"strings"
	"time"
)

// A Fault is something that goes wrong on the way between client and server. It happens once.
type Fault struct {
	At     Point
	Match  func(Command) bool // which commands; nil: all. It sees no literals yet, and must not call the recorder
	Nth    int                // which of those that match, or which connection where At is about octets; 0, 1: the first
	Offset int64              // how many octets get through where At is about octets
	Func   func()             // called first if not nil: what others do to the mailbox meanwhile
	Do     Action
	Delay  time.Duration // how long, if Do is Delay
}

// A Point is where a fault happens.
type Point int

// The points. The answer to a command is everything that comes while it is the oldest without a tagged answer.
const (
	BeforeCommand Point = iota // nothing of the command reaches the server
	InCommand                  // half of its first line does
	InLiteral                  // half of the first piece of its first literal does
	AfterCommand               // all of it does; whether its answer gets through is open
	BeforeAnswer               // the server has done it, nothing of its answer reaches the client
	BeforeReply                // the untagged responses get through, the tagged does not
	InReply                    // half of the tagged response does too
	ClientOctets               // after so many octets from the client
	ServerOctets               // after so many octets from the server
)

// An Action is what happens there.
type Action int

// The actions.
const (
	Cut       Action = iota // the connection is closed
	BlackHole               // nothing gets through any more, either way, and nobody is told
	Delay                   // it takes its time
	Nothing                 // it goes on, when Func has returned
)

// Named matches commands by name: "UID MOVE".
func Named(name string) func(Command) bool {
	return func(c Command) bool { return c.Name == name }
}

// A trigger is a fault that has or has not happened.
type trigger struct {
	Fault
	matched int
	done    bool
}

// commandTriggers are those of the faults that strike at this command. The recorder's lock is held.
func (r *Recorder) commandTriggers(c Command) []*trigger {
	var out []*trigger
	for _, f := range r.triggers {
		if f.At >= ClientOctets || f.done || f.Match != nil && !f.Match(c) {
			continue
		}
		f.matched++
		if f.matched == max(1, f.Nth) {
			f.done = true
			out = append(out, f)
		}
	}
	return out
}

// octetTriggers are those of the faults that strike at a connection's octets.
func (r *Recorder) octetTriggers(conn int, at Point) []*trigger {
	var out []*trigger
	for _, f := range r.triggers {
		if f.At == at && max(1, f.Nth) == conn {
			out = append(out, f)
		}
	}
	return out
}

// at is the fault of a command at a point, or nil.
func (c *Command) at(p Point) *trigger {
	if c == nil {
		return nil
	}
	for _, f := range c.faults {
		if f.At == p {
			return f
		}
	}
	return nil
}

// Without returns a [Script.Rewrite] that takes capabilities out of what the server announces, in CAPABILITY responses
// and in response codes. The server goes on understanding the commands.
func Without(capabilities ...string) func(line string) string {
	hidden := func(word string) bool {
		return slices.ContainsFunc(capabilities, func(c string) bool { return strings.EqualFold(c, strings.TrimSuffix(word, "]")) })
	}
	return func(line string) string {
		if !strings.Contains(strings.ToUpper(line), "CAPABILITY ") {
			return line
		}
		var kept []string
		for _, word := range strings.Split(line, " ") {
			switch {
			case !hidden(word):
				kept = append(kept, word)
			case strings.HasSuffix(word, "]"):
				kept[len(kept)-1] += "]"
			}
		}
		return strings.Join(kept, " ")
	}
}
