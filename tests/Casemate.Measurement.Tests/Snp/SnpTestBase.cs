using System.Text.Json.Nodes;
using Casemate.Measurement.Snp;
using Casemate.Testing;
using Casemate.Testing.Snp;

namespace Casemate.Measurement.Tests.Snp;

/// <summary>What the tests of launch digests share: images, and the independent calculation.</summary>
public abstract class SnpTestBase
{
    protected static readonly SnpVcpuType Milan = Type("EPYC-Milan");
    protected static readonly SnpVcpuType Epyc = Type("EPYC-v4");

    protected static SnpVcpuType Type(string name) => SnpVcpuType.TryRead(name, out var type) ? type! : throw new ArgumentException(name);

    protected static OvmfImage Image(OvmfSample? sample = null) => OvmfImage.Parse((sample ?? new OvmfSample()).ToBytes());

    protected static SnpKernelHashes Kernel(byte[] kernel, byte[]? initrd = null, string? commandLine = null) =>
        SnpKernelHashes.Compute(new MemoryStream(kernel), initrd is null ? null : new MemoryStream(initrd), commandLine);

    protected static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>Runs <c>tests/independent/measure_snp.py</c> over requests, and gives what it printed for each.</summary>
    protected static async Task<string[]> MeasureIndependently(TemporaryDirectory directory, IEnumerable<JsonObject> requests)
    {
        Assert.SkipWhen(!IsInstalled("python3"), "'python3' is not installed (Debian: apt-get install python3)");
        var file = Path.Combine(directory.Path, "requests.json");
        await File.WriteAllTextAsync(file, new JsonArray([.. requests]).ToJsonString(), TestContext.Current.CancellationToken);
        var script = Path.Combine(RepositoryPaths.Root, "tests", "independent", "measure_snp.py");
        var run = await ChildProgram.RunAsync("python3", ["-B", script, file]);
        Assert.Equal("", run.Error);
        return run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool IsInstalled(string program) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator).Any(path => File.Exists(Path.Combine(path, program))) == true;
}
