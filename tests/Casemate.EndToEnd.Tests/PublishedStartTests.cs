using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.EndToEnd.Tests;

/// <summary>
/// The published node agent is compiled ahead, all but a few methods for which the platform has no way. What else is compiled while it starts
/// costs about half a millisecond a method.
/// </summary>
public sealed class PublishedStartTests : IDisposable
{
    private const int MostCompiled = 40;                                   // 26 after a new recording
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Agent_CompilesHardlyAnything_FromItsStartToItsEnd()
    {
        var published = PublishedProgram.PathOrSkip();
        var list = _directory.File("compiled");
        await using var kubelet = await TestKubelet.StartAsync(new TestKubeletOptions
        {
            Directory = _directory.File("device-plugins"),
            PodResourcesSocket = _directory.File("pod-resources/kubelet.sock"),
        });
        await using var agent = RunningProgram.Start(
            published, ["node", "--simulate", "dc2s_v2", "--kubelet-dir", _directory.Path, "--http", _directory.File("http.sock")],
            new Dictionary<string, string?> { ["DOTNET_JitStdOutFile"] = list, ["DOTNET_JitDisasmSummary"] = "1" });
        await agent.ErrorLineAsync("Ready: whatever is offered");
        agent.Send(RunningProgram.Signal.Terminate);
        Assert.Equal(0, (await agent.EndAsync()).ExitCode);

        var compiled = await File.ReadAllLinesAsync(list, TestContext.Current.CancellationToken);

        Assert.NotEmpty(compiled);
        Assert.True(
            compiled.Length <= MostCompiled,
            $"{compiled.Length} methods are compiled; record the profile again with eng/profile/record:\n{string.Join('\n', compiled)}");
    }
}
