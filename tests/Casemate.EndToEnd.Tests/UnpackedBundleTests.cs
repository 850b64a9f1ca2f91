using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>A kept bundle, unpacked as tests/independent/README.md says, under the programs that share no code with ours.</summary>
public sealed class UnpackedBundleTests(SharedState state)
{
    [Theory]
    [InlineData("tdx", "verify_dcap.py")]
    [InlineData("sgx", "verify_dcap.py")]
    [InlineData("snp", "verify_snp.py")]
    public async Task Verifies_WithoutOurCode(string tee, string verifier)
    {
        using var directory = new TemporaryDirectory();
        var (bundle, files) = (directory.File("ev.json"), directory.File("files"));
        var app = Path.Combine(RepositoryPaths.Root, "examples", "hello-secret", "app.sh");
        var kept = await state.RunAsync(
            "--tee", tee, "--guest-port", "0", "--evidence-out", bundle, "--secret", "greeting=x", "--", app);
        Assert.True(kept.ExitCode == 0, kept.Error);

        var unpacked = await PythonAsync("unpack_bundle.py", bundle, state.RootsFile, files);
        Assert.True(unpacked.ExitCode == 0, unpacked.Error);
        var verified = await PythonAsync(verifier, files);

        Assert.True(verified.ExitCode == 0, verified.Output);
        Assert.EndsWith("all checks passed\n", verified.Output, StringComparison.Ordinal);
    }

    private static Task<ChildProgram> PythonAsync(string program, params string[] arguments) => ChildProgram.RunAsync(
        "python3", ["-B", Path.Combine(RepositoryPaths.Root, "tests", "independent", program), .. arguments]);
}
