using Casemate.Attestation.Snp;
using Casemate.EndToEnd.Tests;
using Casemate.Quoting.Simulated;
using Casemate.Testing;

[assembly: AssemblyFixture(typeof(SharedState))]

namespace Casemate.EndToEnd.Tests;

/// <summary>One simulated platform for all tests: its RSA keys take seconds to make.</summary>
public sealed class SharedState : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();

    public string Directory => _directory.Path;

    public string RootsFile => Path.Combine(Directory, "simulator-roots.pem");

    /// <summary>The environment of a program that uses the shared platform.</summary>
    public Dictionary<string, string?> Environment => new() { ["CASEMATE_STATE_DIR"] = Directory };

    public async ValueTask InitializeAsync()
    {
        var first = await RunAsync("--guest-port", "0", "--", "true");
        Assert.True(first.ExitCode == 0, first.Error);

        // Its other processors as well, whose roots are made with their first evidence: services read the file of roots when they start.
        var snp = await CasemateAsync("quote", "--simulated", "--tee", "snp", "--no-collateral", "--out", _directory.File("first.json"));
        Assert.True(snp.ExitCode == 0, snp.Error);
        var roots = (await File.ReadAllTextAsync(RootsFile)).Length;
        await SimulatedInstallation.OpenAsync(Directory, [SnpProduct.Milan], TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True((await File.ReadAllTextAsync(RootsFile)).Length > roots, "Milan's root is not in the file of roots.");
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs <c>casemate run</c> with these arguments.</summary>
    public Task<ChildProgram> RunAsync(params string[] arguments) => CasemateAsync(["run", .. arguments]);

    /// <summary>Runs <c>casemate</c> with these arguments.</summary>
    public Task<ChildProgram> CasemateAsync(params string[] arguments) =>
        ChildProgram.RunAsync(ChildProgram.Casemate.Program, [.. ChildProgram.Casemate.Arguments, .. arguments], environment: Environment);
}
