using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

public sealed class ExampleTests(SharedState state)
{
    private static readonly string Examples = Path.Combine(RepositoryPaths.Root, "examples");

    public static TheoryData<string, string> Clients
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var tee in new[] { "snp", "sgx", "tdx" })
            {
                data.Add(tee, "hello-secret");
                data.Add(tee, "kbs-csharp");
                data.Add(tee, "kbs-python");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Prints_TheSecretAfterAVerifiedAttestation(string tee, string example)
    {
        var result = await state.RunAsync(["--tee", tee, "--guest-port", "0", "--secret", "greeting=hello", "--", .. CommandOf(example)]);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal("hello\n", result.Output);
        Assert.Contains("evidence made", result.Error, StringComparison.Ordinal);
        Assert.Contains("policy 'pinned' is met", result.Error, StringComparison.Ordinal);
        Assert.Contains("secret default/secret/greeting released", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("\nverdict: SIMULATED - not hardware evidence\n", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Ends_WithoutTheSecretUnderAPolicyForAnotherProgram(string tee, string example)
    {
        using var directory = new TemporaryDirectory();
        var policy = directory.File("policy.yaml");
        await state.RunAsync("--guest-port", "0", "--pin", policy, "--", "true");

        var result = await state.RunAsync(
            ["--tee", tee, "--guest-port", "0", "--policy", policy, "--secret", "greeting=open sesame", "--", .. CommandOf(example)]);

        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.DoesNotContain("open sesame", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("\nverdict: SIMULATED - not hardware evidence\n", result.Error, StringComparison.Ordinal);
    }

    private static string[] CommandOf(string example) => example switch
    {
        "hello-secret" => [Path.Combine(Examples, "hello-secret", "app.sh")],
        "kbs-csharp" => [Path.Combine(RepositoryPaths.Root, "artifacts", "bin", "kbs-csharp", "release", "kbs-csharp")],
        "kbs-python" => ["python3", "-B", Path.Combine(Examples, "kbs-python", "client.py")],
        _ => throw new ArgumentException("Unknown example.", nameof(example)),
    };
}
