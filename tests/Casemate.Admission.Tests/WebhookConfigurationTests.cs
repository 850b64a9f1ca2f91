using System.Text.Json.Nodes;

namespace Casemate.Admission.Tests;

/// <summary>What makes the API server ask: it must never lock a cluster.</summary>
public sealed class WebhookConfigurationTests
{
    public static TheoryData<string> Hooks => [.. All.Select(hook => hook.ToJsonString())];

    private static IEnumerable<JsonNode> All => new[]
    {
        WebhookConfigurations.Mutating("casemate"), WebhookConfigurations.Validating("casemate"),
        WebhookConfigurations.Validating("casemate", failClosed: true),
    }.Select(configuration => configuration["webhooks"]![0]!.DeepClone());

    [Theory]
    [MemberData(nameof(Hooks))]
    public void AHook_LeavesOut_TheSystemAndItself_AndWaitsBriefly(string json)
    {
        var hook = JsonNode.Parse(json)!;
        var names = hook["namespaceSelector"]!["matchExpressions"]![0]!;

        Assert.Equal(("kubernetes.io/metadata.name", "NotIn"), (names["key"]!.GetValue<string>(), names["operator"]!.GetValue<string>()));
        Assert.Equal(["kube-system", "casemate"], names["values"]!.AsArray().Select(name => name!.GetValue<string>()));
        Assert.Equal(3, hook["timeoutSeconds"]!.GetValue<int>());
        Assert.Equal("NoneOnDryRun", hook["sideEffects"]!.GetValue<string>());
    }

    [Fact]
    public void CompletingPods_NeverKeepsThemFromRunning()
    {
        var hook = WebhookConfigurations.Mutating("casemate")["webhooks"]![0]!;

        Assert.Equal("Ignore", hook["failurePolicy"]!.GetValue<string>());
        Assert.Equal("IfNeeded", hook["reinvocationPolicy"]!.GetValue<string>());
    }

    [Fact]
    public void AHookThatFailsClosed_IsAskedAboutPodsWithSgxAlone()
    {
        Assert.Equal("Ignore", WebhookConfigurations.Validating("casemate")["webhooks"]![0]!["failurePolicy"]!.GetValue<string>());
        var closed = WebhookConfigurations.Validating("casemate", failClosed: true)["webhooks"]![0]!;

        Assert.Equal("Fail", closed["failurePolicy"]!.GetValue<string>());
        Assert.Contains("'sgx'", closed["matchConditions"]![0]!["expression"]!.GetValue<string>(), StringComparison.Ordinal);
    }
}
