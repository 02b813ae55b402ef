package lint

import (
	"bytes"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// gitlabJob are the keywords of a job that the example uses; no other may stand there.
type gitlabJob struct {
	Stage         string   `yaml:"stage"`
	Image         string   `yaml:"image"`
	BeforeScript  []string `yaml:"before_script"`
	Script        []string `yaml:"script"`
	AfterScript   []string `yaml:"after_script"`
	Needs         []string `yaml:"needs"`
	Interruptible *bool    `yaml:"interruptible"`
	ResourceGroup string   `yaml:"resource_group"`
	Rules         []struct {
		If   string `yaml:"if"`
		When string `yaml:"when"`
	} `yaml:"rules"`
	Artifacts *struct {
		Paths    []string `yaml:"paths"`
		Access   string   `yaml:"access"`
		ExpireIn string   `yaml:"expire_in"`
	} `yaml:"artifacts"`
	Environment *struct {
		Name string `yaml:"name"`
	} `yaml:"environment"`
}

// gitlabFile is the whole of it.
type gitlabFile struct {
	Stages    []string             `yaml:"stages"`
	Variables map[string]string    `yaml:"variables"`
	Default   gitlabJob            `yaml:"default"`
	Jobs      map[string]gitlabJob `yaml:",inline"`
}

// GitLab checks such files by its server only. So: nothing is misspelt, and what a job
// refers to is there. Its shell scripts are read by a shell.
func TestGitLab(t *testing.T) {
	var file gitlabFile
	decoder := yaml.NewDecoder(bytes.NewReader(read(t, "../gitlab-ci/.gitlab-ci.yml")))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	if len(file.Jobs) != 5 {
		t.Errorf("there are %d jobs", len(file.Jobs))
	}
	for name, job := range file.Jobs {
		switch {
		case !slices.Contains(file.Stages, job.Stage):
			t.Errorf("%s: there is no stage %q", name, job.Stage)
		case len(job.Script) == 0 || len(job.Rules) == 0:
			t.Errorf("%s has no script, or no rules", name)
		}
		for _, needed := range job.Needs {
			other, ok := file.Jobs[needed]
			if !ok || slices.Index(file.Stages, other.Stage) > slices.Index(file.Stages, job.Stage) {
				t.Errorf("%s needs %q", name, needed)
			}
		}
		for _, rule := range job.Rules {
			if !strings.Contains(rule.If, "$CI_") || rule.When != "" && rule.When != "manual" {
				t.Errorf("%s: %+v", name, rule)
			}
		}
		script := strings.Join(slices.Concat(file.Default.BeforeScript, job.Script, job.AfterScript), "\n")
		shell(t, name, script)
		if applies := strings.Contains(script, "imapform apply"); applies != (job.ResourceGroup == "imapform") {
			t.Errorf("%s: the resource group is %q", name, job.ResourceGroup)
		}
	}
}

// shell says that a shell can read the script, and that shellcheck, where there is one,
// has nothing to say of it.
func shell(t *testing.T, name, script string) {
	t.Helper()
	check := exec.Command("sh", "-n")
	check.Stdin = strings.NewReader(script)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
	check = exec.Command("shellcheck", "--shell=sh", "-")
	check.Stdin = strings.NewReader(script)
	if out, err := check.CombinedOutput(); errors.Is(err, exec.ErrNotFound) {
		t.Logf("%s: shellcheck is not installed", name)
	} else if err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}
