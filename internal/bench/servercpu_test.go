package bench

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is what Linux counts processes' CPU in: USER_HZ, which is 100 everywhere.
const tick = time.Second / 100

// serversCPU is the CPU that the processes below this one have taken, and those that
// these have waited for: the private servers, for the program itself has ended when
// this is asked. It is known on Linux only.
func serversCPU() (time.Duration, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(files) == 0 {
		return 0, errors.Join(err, errors.New("there is no /proc"))
	}
	parents, ticks := map[int]int{}, map[int]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile, and is its parent's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return 0, err
		}
		// The name stands in parentheses and may hold anything (proc_pid_stat(5)).
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		const ppid, utime, cstime = 1, 11, 14
		if len(fields) <= cstime {
			return 0, errors.New(file + ": too short")
		}
		if parents[pid], err = strconv.Atoi(fields[ppid]); err != nil {
			return 0, err
		}
		for _, field := range fields[utime : cstime+1] {
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, err
			}
			ticks[pid] += n
		}
	}
	total := 0
	for pid, n := range ticks {
		if descends(pid, os.Getpid(), parents) {
			total += n
		}
	}
	return time.Duration(total) * tick, nil
}

// descends reports whether a process is one below another.
func descends(pid, from int, parents map[int]int) bool {
	for range parents { // which may hold a circle, for they were not read at once
		pid = parents[pid]
		if pid == from {
			return true
		}
		if pid == 0 {
			break
		}
	}
	return false
}
