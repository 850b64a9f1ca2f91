using System.Text.Json.Nodes;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>Whatever a document says is text: nothing of it becomes a pattern or a placeholder of the policy.</summary>
public sealed class LiteralTextsTests
{
    private const string Annotation = "example.com/note";

    [Theory]
    [InlineData("x$(bundle-id)")]
    [InlineData("$(sandbox-id)")]
    [InlineData("$(sandbox-name)")]
    [InlineData("^.*$")]
    [InlineData("$$(cpath)")]
    public void AnAnnotation_MeansItself(string value)
    {
        var yaml = Given.Yaml().Replace("  name: web\n", $"  name: web\n  annotations: {{{Annotation}: '{value}'}}\n", StringComparison.Ordinal);
        var tried = new TriedPolicy(Given.Data(yaml));
        var honest = tried.Next("CreateContainerRequest", 1).Request;
        var id = honest.Body["container_id"]!.GetValue<string>();

        Assert.Equal(value, honest.Body["OCI"]!["Annotations"]![Annotation]!.GetValue<string>());
        Assert.True(tried.Decide("CreateContainerRequest", 1, _ => { }).Allowed);
        foreach (var other in new[]
        {
            value.Replace("$(bundle-id)", id, StringComparison.Ordinal), value.Replace("$(sandbox-id)", id, StringComparison.Ordinal), "web", "anything", "",
        }.Where(other => other != value))
        {
            Assert.False(tried.Decide("CreateContainerRequest", 1, request => Annotations(request)[Annotation] = other).Allowed, other);
        }
    }

    [Fact]
    public void TheRuntimesOwnAnnotation_NamesTheContainer()
    {
        const string path = "io.katacontainers.pkg.oci.bundle_path";
        var tried = new TriedPolicy(Given.Data(Given.Yaml()));
        var honest = tried.Next("CreateContainerRequest", 1).Request;

        Assert.EndsWith(honest.Body["container_id"]!.GetValue<string>(), Annotations(honest.Body)[path]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.True(tried.Decide("CreateContainerRequest", 1, _ => { }).Allowed);
        Assert.False(tried.Decide("CreateContainerRequest", 1, request => Annotations(request)[path] =
            "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$(bundle-id)").Allowed);
        Assert.False(tried.Decide("CreateContainerRequest", 1, request => Annotations(request)[path] =
            $"/run/containerd/io.containerd.runtime.v2.task/k8s.io/{new string('a', 64)}").Allowed);
    }

    [Fact]
    public void AnAnnotation_OfTheRuntimesOwnRange_IsRefused() =>
        Assert.Contains("the runtime's own", Assert.Single(
            Given.Derived(Given.Yaml().Replace("  name: web\n", "  name: web\n  annotations: {io.katacontainers.pkg.oci.x: $(bundle-id)}\n",
                StringComparison.Ordinal)).Findings, finding => finding.Severity is FindingSeverity.Error).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("volumeMounts: [{name: v, mountPath: /data/$(bundle-id)}]", "volumes: [{name: v, configMap: {name: c}}]", "spec.containers[0].volumeMounts[0].mountPath")]
    [InlineData("volumeMounts: [{name: v, mountPath: /d, subPath: $(sandbox-id)}]", "volumes: [{name: v, emptyDir: {medium: Memory}}]", "spec.containers[0].volumeMounts[0].subPath")]
    [InlineData("volumeMounts: [{name: v, mountPath: /d}]", "volumes: [{name: v, hostPath: {path: /dev/$(bundle-id)}}]", "spec.volumes[0].hostPath.path")]
    public void APath_HoldsNoPlaceholder(string lines, string pod, string path)
    {
        var error = Given.Error(lines, pod: pod);
        Assert.Equal(path, error.Path);
        Assert.Contains("begins a placeholder", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"command: [/a, ""x\x01y""]", "spec.containers[0].command[1]", "U+0001, which the rules of policies use themselves")]
    [InlineData(@"args: [""\0""]", "spec.containers[0].args[0]", "U+0000, which no argument and no variable of a process can hold")]
    [InlineData(@"env: [{name: A, value: ok}, {name: B, value: ""\x01""}]", "spec.containers[0].env[1]", "the variable 'B' has the character U+0001")]
    [InlineData(@"livenessProbe: {exec: {command: [/check, ""\x01""]}}", "spec.containers[0].livenessProbe.exec", "a command of a probe or hook has the character U+0001")]
    public void ACharacterThatPoliciesCannotHold_IsRefusedWhereItStands(string lines, string path, string wanted)
    {
        var error = Given.Error(lines);
        Assert.Equal(path, error.Path);
        Assert.Contains(wanted, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\\e[1m", "\u001b[1m")]
    [InlineData("a\\tb\\nc\\r", "a\tb\nc\r")]
    [InlineData("\\x7f\\x02\\x1f", "\u007f\u0002\u001f")]
    [InlineData("\\u2028\\u202e", "\u2028\u202e")]
    [InlineData("$(host-name) \\x02", "$(host-name) \u0002")]
    public void OtherControlCharacters_StandForThemselves(string written, string text)
    {
        var tried = new TriedPolicy(Given.Data(Given.Yaml($"args: [\"{written}\"]\nenv: [{{name: A, value: \"{written}\"}}]")));
        var process = tried.Next("CreateContainerRequest", 1).Request.Body["OCI"]!["Process"]!;

        Assert.Equal(text, process["Args"]!.AsArray()[^1]!.GetValue<string>());
        Assert.Contains($"A={text}", process["Env"]!.AsArray().Select(one => one!.GetValue<string>()));
        Assert.True(tried.Decide("CreateContainerRequest", 1, _ => { }).Allowed);
        Assert.False(tried.Decide("CreateContainerRequest", 1, request => Process(request)["Args"]!.AsArray()[^1] = text + "x").Allowed);
        Assert.False(tried.Decide("CreateContainerRequest", 1, request => Process(request)["Args"]!.AsArray()[^1] = text.Replace('\u0002', ' ') + "$").Allowed);
    }

    [Fact]
    public void DataWrittenByHand_CannotHoldThemEither()
    {
        var web = SamplePolicies.Web.Containers[1];
        var data = SamplePolicies.Web with
        {
            Containers = [SamplePolicies.Web.Containers[0], web with { Oci = web.Oci with { Process = web.Oci.Process with { Args = ["$(pod-ip)\u0001"] } } }],
        };

        Assert.Contains(PolicyDataProblems.Find(data), problem => problem.Contains("U+0001", StringComparison.Ordinal));
        _ = Assert.Throws<ArgumentException>(() => AgentPolicyText.Write(data));
    }

    private static JsonObject Annotations(JsonObject request) => request["OCI"]!["Annotations"]!.AsObject();

    private static JsonObject Process(JsonObject request) => request["OCI"]!["Process"]!.AsObject();
}
