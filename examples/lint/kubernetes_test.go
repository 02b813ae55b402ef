package lint

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	kubeyaml "sigs.k8s.io/yaml"
)

// strict decodes YAML into a type of Kubernetes, in which nothing may be misspelt or
// said twice.
func strict[T any](t *testing.T, data []byte) T {
	t.Helper()
	var v T
	if err := kubeyaml.UnmarshalStrict(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestKubernetes(t *testing.T) {
	cron := strict[batchv1.CronJob](t, read(t, "../kubernetes/cronjob.yaml"))
	wantKind(t, cron.TypeMeta, "CronJob")
	if cron.Spec.ConcurrencyPolicy != batchv1.ForbidConcurrent {
		t.Errorf("two runs may be in a mailbox at once: %q", cron.Spec.ConcurrencyPolicy)
	}
	wantPod(t, cron.Name, cron.Spec.JobTemplate.Spec.Template.Spec)

	fleet := strict[batchv1.Job](t, read(t, "../kubernetes/fleet-job.yaml"))
	wantKind(t, fleet.TypeMeta, "Job")
	wantPod(t, fleet.Name, fleet.Spec.Template.Spec)
	if mode := fleet.Spec.CompletionMode; mode == nil || *mode != batchv1.IndexedCompletion {
		t.Error("the Job is not indexed")
	}
	if fleet.Spec.BackoffLimitPerIndex == nil || fleet.Spec.PodFailurePolicy == nil {
		t.Error("one shard that fails may stop the others")
	}
	if n := fleet.Spec.Completions; n == nil || *n != 8 || !slices.Contains(fleet.Spec.Template.Spec.Containers[0].Args, "-shard=$(JOB_COMPLETION_INDEX)/8") {
		t.Error("there are not as many shards as completions")
	}
}

func wantKind(t *testing.T, is metav1.TypeMeta, kind string) {
	t.Helper()
	if is.APIVersion != "batch/v1" || is.Kind != kind {
		t.Errorf("it is a %s of %s", is.Kind, is.APIVersion)
	}
}

// wantPod says that a pod holds together, and that it may do no more than it must.
func wantPod(t *testing.T, name string, pod corev1.PodSpec) {
	t.Helper()
	if problems := validation.IsDNS1123Subdomain(name); problems != nil {
		t.Errorf("%q: %v", name, problems)
	}
	if len(pod.Containers) != 1 || pod.RestartPolicy != corev1.RestartPolicyNever {
		t.Fatalf("%s: %d containers, restarted %s", name, len(pod.Containers), pod.RestartPolicy)
	}
	may, c := pod.SecurityContext, pod.Containers[0]
	if may == nil || may.RunAsNonRoot == nil || !*may.RunAsNonRoot || may.SeccompProfile == nil {
		t.Errorf("%s: it may run as root, or call anything", name)
	}
	own := c.SecurityContext
	if own == nil || own.ReadOnlyRootFilesystem == nil || !*own.ReadOnlyRootFilesystem || own.AllowPrivilegeEscalation == nil || *own.AllowPrivilegeEscalation || len(own.Capabilities.Drop) != 1 {
		t.Errorf("%s: the container may do more than it must", name)
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Errorf("%s: it gets a token of the cluster", name)
	}
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
	}
	for _, m := range c.VolumeMounts {
		if !volumes[m.Name] {
			t.Errorf("%s: there is no volume %q", name, m.Name)
		}
	}
	for _, e := range c.Env {
		if secret := strings.Contains(e.Name, "password"); secret && (e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil) {
			t.Errorf("%s: %s does not come from a Secret", name, e.Name)
		}
	}
}

// What is misspelt is found.
func TestKubernetesMistake(t *testing.T) {
	data := bytes.Replace(read(t, "../kubernetes/cronjob.yaml"), []byte("concurrencyPolicy"), []byte("concurencyPolicy"), 1)
	var v batchv1.CronJob
	if err := kubeyaml.UnmarshalStrict(data, &v); err == nil {
		t.Error("a field that there is not is fine")
	}
}

// kubectl apply --kustomize makes the CronJob, and the ConfigMap that it mounts.
func TestKustomize(t *testing.T) {
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "../kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, r := range made.Resources() {
		if r.GetNamespace() != "mail" {
			t.Errorf("%s is in %q", r.GetName(), r.GetNamespace())
		}
		kinds[r.GetKind()] = r.GetName()
		if r.GetKind() != "ConfigMap" {
			continue
		}
		data, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		if files := strict[corev1.ConfigMap](t, data).Data; files["main.imap.hcl"] == "" || files["staff.csv"] == "" {
			t.Error("the configuration is not in the ConfigMap")
		}
	}
	if len(kinds) != 2 || kinds["CronJob"] != "imapform" || kinds["ConfigMap"] != "imapform-config" {
		t.Errorf("it makes %v", kinds)
	}
}
