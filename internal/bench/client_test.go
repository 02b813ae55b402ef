package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// A client is a program that does jobs, with a memory of its own of the servers that
// it has seen, if it has any.
type client struct {
	name     string
	phases   []string // those that it can do something for
	unlinted bool     // it may say what imapform may not
	run      func(t testing.TB, j job, at endpoint, p phase) use
}

// An endpoint is where a mailbox can be had.
type endpoint struct {
	host               string
	port               int
	username, password string
}

// doesAll are the names of all phases.
var doesAll = func() []string {
	var names []string
	for _, p := range phases {
		names = append(names, p.name)
	}
	return names
}()

// does reports whether a client has a phase.
func (c client) does(p phase) bool { return slices.Contains(c.phases, p.name) }

// newProgram is imapform.
func newProgram(t testing.TB, path string) client {
	dir := t.TempDir()
	return client{name: "imapform", phases: doesAll, run: func(t testing.TB, j job, at endpoint, p phase) use {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "main.imap.hcl"), []byte(j.config(at)), 0o600); err != nil {
			t.Fatal(err)
		}
		memory := filepath.Join(dir, "cache", p.memory)
		if p.memory == "" {
			memory = t.TempDir()
		}
		cmd := exec.CommandContext(t.Context(), path, p.arguments...)
		cmd.Dir = dir
		cmd.Env = []string{
			"HOME=" + dir, "PATH=" + os.Getenv("PATH"),
			"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state"),
			"XDG_CACHE_HOME=" + memory,
		}
		_, used := measure(t, cmd, p.status)
		return used
	}}
}

// newFloor is command floor, which is told what it would remember.
func newFloor(t testing.TB, path string) client {
	file := filepath.Join(t.TempDir(), "job.json")
	return client{name: "floor", phases: doesAll, run: func(t testing.TB, j job, at endpoint, p phase) use {
		t.Helper()
		text, err := json.Marshal(j.floor())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		from := 1
		if p.news {
			from += j.Messages
		}
		_, used := measure(t, exec.CommandContext(t.Context(), path,
			"-server", fmt.Sprintf("%s:%d", at.host, at.port), "-user", at.username, "-password", at.password,
			"-job", file, "-do", p.floor, "-from", strconv.Itoa(from)), 0)
		return used
	}}
}

// A floorJob is the job as command floor reads it.
type floorJob struct {
	Folders  []string
	Old, New string
	Rules    []floorRule
}

// A floorRule is a rule for command floor.
type floorRule struct {
	Has string
	Old bool
	Do  string
	To  string
}

// floor is the job for command floor, which judges by what the generator has put in.
func (j job) floor() floorJob {
	f := floorJob{Old: renamed, New: newName}
	for i := range j.Folders {
		f.Folders = append(f.Folders, j.folder(i))
	}
	for i := range j.Rules {
		k := j.kind(i)
		f.Rules = append(f.Rules, floorRule{fmt.Sprintf(k.has, i), k.old, []string{"move", "mark", "remove"}[k.do], j.target(i)})
	}
	return f
}
