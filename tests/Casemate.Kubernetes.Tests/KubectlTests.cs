using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

/// <summary>
/// kubectl as the judge: it reads a manifest as our reader does, our writer's YAML as we meant it, and finds its way in the test API
/// server by that one's discovery documents.
/// </summary>
public sealed class KubectlTests : IAsyncLifetime
{
    private const string Odd =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: odd, namespace: default}
        numbers: [0644, 0o17, 0x1F, 0b11, 08, 1_000, -0, +7, .5, 1e3, 9223372036854775807, 1.50, 100m, 1.2.3, 1e999x, 0xZZ, +-1]
        words: [~, null, "null", true, False, 2026-03-01, 2026-03-01T12:00:00Z, 12:30, a:b, "yes", 'no', !!str 12, =]
        text: |
          line
            indented

        folded: >-
          one
          two
        shared: &s {a: 1, b: [1, 2]}
        again: *s
        merged: {<<: *s, a: 2}
        empty:
        """;

    private readonly TemporaryDirectory _directory = new();
    private TestApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        File.WriteAllText(_directory.File("config"), _server.Kubeconfig);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Reads_AManifest_AsWeDo()
    {
        await KubectlAsync(Odd, "apply", "--server-side", "--validate=false", "-f", "-");

        var ours = Assert.Single(ManifestReader.Parse(Odd));
        var theirs = _server.Find(KubeResource.ConfigMaps, "default", "odd")!;
        foreach (var member in ours.Json.EnumerateObject().Where(member => member.Name != "metadata"))
        {
            var read = theirs.Json.GetProperty(member.Name);
            Assert.True(JsonElement.DeepEquals(member.Value, read), $"{member.Name}: {member.Value.GetRawText()}, {read.GetRawText()}");
        }
    }

    [Fact]
    public async Task Reads_WhatWeWrite_AsWeMeantIt()
    {
        var data = new JsonObject();
        foreach (var (text, i) in ManifestWriterTests.Texts.Select((row, i) => (row.Data, i)))
        {
            data[$"k{i}"] = text;
        }

        var map = KubeObject.From(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "ours", ["namespace"] = "default" },
            ["data"] = data,
        });

        await KubectlAsync(ManifestWriter.Write(map), "apply", "--server-side", "--validate=false", "-f", "-");

        var theirs = _server.Find(KubeResource.ConfigMaps, "default", "ours")!;
        Assert.All(map.MapAt("data"), entry => Assert.Equal(entry.Value, theirs.MapAt("data").GetValueOrDefault(entry.Key)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Finds_TheKindsThatTheServerServes(bool isAggregated)
    {
        _server.AggregatedDiscovery = isAggregated;

        var said = await KubectlAsync("", "api-resources", "-o", "name", "--no-headers");

        Assert.Equal(
            _server.Served.Select(one => one.ToString()).Order(StringComparer.Ordinal),
            said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Tells_TheSameOfARollout()
    {
        _server.CompleteWorkloads = true;
        _server.Nodes = 3;
        const string Set = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d, namespace: default}\n"
            + "spec: {updateStrategy: {type: RollingUpdate}}\n";
        await KubectlAsync(Set, "apply", "--server-side", "--validate=false", "-f", "-");

        var said = await KubectlAsync("", "rollout", "status", "daemonset/d", "--watch=false");

        Assert.Contains("successfully rolled out", said, StringComparison.Ordinal);
        var set = _server.Find(KubeResource.DaemonSets, "default", "d")!;
        Assert.Equal(RolloutState.Complete, RolloutStatus.Of(set).State);
    }

    private async Task<string> KubectlAsync(string input, params string[] arguments)
    {
        var program = ChildProgram.Find("kubectl");
        Assert.SkipWhen(program is null, "kubectl is not on PATH");
        var ran = await ChildProgram.RunAsync(
            program!, ["--kubeconfig", _directory.File("config"), "--cache-dir", _directory.File("cache"), .. arguments],
            Encoding.UTF8.GetBytes(input), new Dictionary<string, string?> { ["HOME"] = _directory.Path, ["KUBECONFIG"] = null });
        Assert.True(ran.ExitCode == 0, ran.Error);
        return ran.Output;
    }
}
