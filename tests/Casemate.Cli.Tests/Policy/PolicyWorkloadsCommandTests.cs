using System.Text;
using System.Text.Json;
using Casemate.KataPolicy;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Policy;

/// <summary>Commands on annotated YAML of several workloads: all of them one after the other, or the one that is chosen.</summary>
public sealed class PolicyWorkloadsCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public PolicyWorkloadsCommandTests() => File.WriteAllText(
        In("app.yaml"),
        Workload("Deployment", "web", null, SamplePods.Policy("web")) + "---\n" + Workload("StatefulSet", "db", "shop", SamplePods.Policy("db")));

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("explain", "/web --serve", "/db --serve")]
    [InlineData("check", "well-formed", "well-formed")]
    public void ShowsAll_EachUnderItsHeading(string command, string first, string second)
    {
        var run = CommandLine.Run("policy", command, In("app.yaml"));

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        var headings = run.Lines.Where(line => line.StartsWith("=== ", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, headings.Count);
        Assert.EndsWith("Deployment web", headings[0], StringComparison.Ordinal);
        Assert.EndsWith("StatefulSet db", headings[1], StringComparison.Ordinal);
        var at = run.Output.IndexOf(headings[1], StringComparison.Ordinal);
        Assert.Contains(first, run.Output[..at], StringComparison.Ordinal);
        Assert.Contains(second, run.Output[at..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("explain", "rules")]
    [InlineData("check", "sha256")]
    [InlineData("hash", "policySha256")]
    public void TellsAll_AsAList(string command, string member)
    {
        using var json = JsonDocument.Parse(CommandLine.Run("policy", command, In("app.yaml"), "-o", "json").Output);

        var policies = json.RootElement.GetProperty("policies");
        Assert.Equal(2, policies.GetArrayLength());
        Assert.All(policies.EnumerateArray(), policy => Assert.NotEqual("", policy.GetProperty(member).GetString()));
    }

    [Theory]
    [InlineData("explain")]
    [InlineData("check")]
    public void TellsTheChosenOne_ByItself(string command)
    {
        using var json = JsonDocument.Parse(
            CommandLine.Run("policy", command, In("app.yaml"), "--workload", "deployment/web", "-o", "json").Output);

        Assert.Equal("Deployment/web", json.RootElement.GetProperty("workload").GetString());
        Assert.DoesNotContain("=== ", CommandLine.Run("policy", command, In("app.yaml"), "--workload", "web").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("diff", "policy.rego")]
    [InlineData("test", "requests.jsonl")]
    [InlineData("explain", "requests.jsonl")]
    [InlineData("requests", "")]
    public void AsksWhichIsMeant_WhereOneIsNeeded(string command, string other)
    {
        File.WriteAllText(In("policy.rego"), SamplePods.Policy("web"));
        File.WriteAllText(In("requests.jsonl"), SamplePods.Line(HonestRequests.Of(SamplePods.Data("web"))[0], true));

        var run = CommandLine.Run(["policy", command, In("app.yaml"), .. other.Length == 0 ? Array.Empty<string>() : [In(other)]]);

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains("has policies of 2 workloads, and this command takes one", run.Error, StringComparison.Ordinal);
        Assert.Contains("Choose one with --workload: Deployment/web, StatefulSet/db.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Decodes_ThePartOfTheChosenOne()
    {
        var several = CommandLine.Run("policy", "decode", In("app.yaml"), "--part", "policy.rego");
        Assert.Equal(ExitCode.BadInput, several.ExitCode);
        Assert.Contains("--workload: Deployment/web, StatefulSet/db.", several.Error, StringComparison.Ordinal);

        var chosen = CommandLine.Run("policy", "decode", In("app.yaml"), "--part", "policy.rego", "--workload", "StatefulSet/db");
        Assert.Equal(SamplePods.Policy("db"), Encoding.UTF8.GetString(chosen.Bytes));
    }

    [Fact]
    public void ComparesTheChosenOne_WithAFileThatNamesNone()
    {
        File.WriteAllText(In("policy.rego"), SamplePods.Policy("web"));

        var same = CommandLine.Run("policy", "diff", In("policy.rego"), In("app.yaml"), "--workload", "Deployment/web");
        Assert.Equal((ExitCode.Success, "both allow the same\n"), (same.ExitCode, same.Output));
        Assert.Equal(ExitCode.Refused, CommandLine.Run("policy", "diff", In("policy.rego"), In("app.yaml"), "--workload", "StatefulSet/db").ExitCode);
    }

    [Theory]
    [InlineData("Deployment/wb", "has no workload 'Deployment/wb' with a policy", "There are: Deployment/web, StatefulSet/db.")]
    [InlineData("default/StatefulSet/db", "has no workload", "There are:")]
    [InlineData("a/b/c/d", "has no workload", "There are:")]
    public void NamesWhatThereIs(string workload, string problem, string remedy)
    {
        var run = CommandLine.Run("policy", "hash", In("app.yaml"), "--workload", workload);
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(problem, run.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TellsWorkloadsOfOneNameApart_ByNamespace()
    {
        File.WriteAllText(
            In("two.yaml"), Workload("Deployment", "web", "a", SamplePods.Policy("web")) + "---\n" + Workload("Deployment", "web", "b", SamplePods.Policy("db")));

        var run = CommandLine.Run("policy", "explain", In("two.yaml"), "--workload", "Deployment/web");
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("Name one with its namespace: a/Deployment/web, b/Deployment/web.", run.Error, StringComparison.Ordinal);
        Assert.Contains(
            "/db --serve", CommandLine.Run("policy", "explain", In("two.yaml"), "--workload", "b/Deployment/web").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void SaysThatAFileWithoutWorkloads_LeavesNothingToChoose()
    {
        File.WriteAllText(In("policy.rego"), SamplePods.Policy("web"));
        var run = CommandLine.Run("policy", "explain", In("policy.rego"), "--workload", "Deployment/web");
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("leave --workload out", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ChecksAll_AndFailsWhereOneDoes()
    {
        File.WriteAllText(
            In("bad.yaml"), Workload("Deployment", "web", null, SamplePods.Policy("web")) + "---\n"
            + Workload("Deployment", "open", null, "package agent_policy\nCreateContainerRequest {"));

        Assert.Equal(ExitCode.Refused, CommandLine.Run("policy", "check", In("bad.yaml")).ExitCode);
        Assert.Equal(ExitCode.Success, CommandLine.Run("policy", "check", In("bad.yaml"), "--workload", "web").ExitCode);
    }

    [Fact]
    public void Requests_AreAllAllowed_ByThePolicyTheyFollowFrom()
    {
        var requests = CommandLine.Run("policy", "requests", In("app.yaml"), "--workload", "Deployment/web");
        Assert.Equal((ExitCode.Success, ""), (requests.ExitCode, requests.Error));

        var tested = CommandLine.RunWithInput(Encoding.UTF8.GetBytes(requests.Output), "policy", "test", In("app.yaml"), "-", "--workload", "Deployment/web");
        Assert.Equal(
            (ExitCode.Success, "", $"{requests.Lines.Count(line => line.Length > 0)} requests, 0 not as expected\n"),
            (tested.ExitCode, tested.Output, tested.Error));

        // And the policy of another pod denies them.
        var other = CommandLine.RunWithInput(Encoding.UTF8.GetBytes(requests.Output), "policy", "test", In("app.yaml"), "-", "--workload", "StatefulSet/db");
        Assert.Equal(ExitCode.Refused, other.ExitCode);
        Assert.Contains(", container web: should be allowed", other.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_FollowFromNoPolicyOfSomebodyElse()
    {
        File.WriteAllText(In("other.rego"), "package agent_policy\nCreateContainerRequest := true\n");
        var run = CommandLine.Run("policy", "requests", In("other.rego"));
        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains("cannot be read", run.Error, StringComparison.Ordinal);
    }

    private static string Workload(string kind, string name, string? space, string policy) => $$"""
        apiVersion: apps/v1
        kind: {{kind}}
        metadata:
          name: {{name}}{{(space is null ? "" : $"\n  namespace: {space}")}}
        spec:
          template:
            metadata:
              annotations:
                io.katacontainers.config.agent.policy: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(policy))}}
            spec:
              containers:
              - name: app
                image: registry.example/app:1

        """;

    private string In(string name) => _directory.File(name);
}
