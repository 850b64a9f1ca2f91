using System.Text;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>The walkthrough of docs/serve.md: policy and evidence from <c>run</c>, a service of its own, a workload that asks it.</summary>
public sealed class WalkthroughTests(SharedState state) : IDisposable
{
    private static readonly string Examples = Path.Combine(RepositoryPaths.Root, "examples");
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Clients => ["kbs-python", "kbs-csharp"];

    private string Policy => _directory.File("app.yaml");

    private string Evidence => _directory.File("ev.json");

    private string Store => _directory.File("store");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Fetches_ASecretFromAServiceOfItsOwn(string client)
    {
        var pinned = await state.RunAsync(
            [
                "--guest-port", "0", "--pin", Policy, "--evidence-out", Evidence, "--secret", "greeting=from run", "--",
                .. CommandOf(client),
            ]);
        Assert.True(pinned.ExitCode == 0, pinned.Error);
        await SetAsync("from serve");
        await using var service = await StartAsync();

        var fetched = await AskAsync(service, CommandOf(client));

        Assert.True(fetched.ExitCode == 0, fetched.Error);
        Assert.Equal("from serve\n", fetched.Output);
        Assert.Contains("\"EventId\":3123", service.Program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_AnotherProgramThanThePolicyPins()
    {
        var pinned = await state.RunAsync(
            "--guest-port", "0", "--pin", Policy, "--evidence-out", Evidence, "--secret", "greeting=from run", "--",
            Path.Combine(Examples, "hello-secret", "app.sh"));
        Assert.True(pinned.ExitCode == 0, pinned.Error);
        await SetAsync("from serve");
        await using var service = await StartAsync();

        var refused = await AskAsync(service, CommandOf("kbs-python"));

        Assert.Equal(1, refused.ExitCode);
        Assert.Empty(refused.Output);
        Assert.Contains("Identity: expected MRTD", refused.Error, StringComparison.Ordinal);
    }

    private Task<RunningService> StartAsync() => RunningService.StartAsync(
        Store, "--plain-http", "--allow-simulated", state.RootsFile, "--collateral", Evidence, "--policy", Policy);

    private async Task SetAsync(string secret)
    {
        var stored = await ChildProgram.RunAsync(
            ChildProgram.Casemate.Program, [.. ChildProgram.Casemate.Arguments, "secret", "set", "greeting", "--store", Store],
            Encoding.UTF8.GetBytes(secret));
        Assert.True(stored.ExitCode == 0, stored.Error);
    }

    // The environment is not measured, an argument is: so the broker's address comes from the environment.
    private Task<ChildProgram> AskAsync(RunningService service, string[] command) => ChildProgram.RunAsync(
        ChildProgram.Casemate.Program, [.. ChildProgram.Casemate.Arguments, "run", "--guest-port", "0", "--", .. command],
        environment: new Dictionary<string, string?>(state.Environment) { ["KBS_URL"] = $"{service.Address}" });

    private static string[] CommandOf(string client) => client switch
    {
        "kbs-csharp" => [Path.Combine(RepositoryPaths.Root, "artifacts", "bin", "kbs-csharp", "release", "kbs-csharp")],
        "kbs-python" => ["python3", "-B", Path.Combine(Examples, "kbs-python", "client.py")],
        _ => throw new ArgumentException("Unknown example.", nameof(client)),
    };
}
