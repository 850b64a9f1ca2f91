using System.Security.Cryptography;
using Casemate.Measurement.Enclave;
using Casemate.Testing;
using Casemate.Testing.Enclaves;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>What the tests of enclaves share: a key, an instant, and the independent calculation.</summary>
public abstract class EnclaveTestBase
{
    protected static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    protected static readonly DateOnly Today = new(2026, 11, 20);

    protected static RSA NewKey() => EnclaveSigningKey.FromPem(TestEnclaveKey.Pem, needsPrivate: true);

    protected static byte[] Sign(EnclaveSigning signing)
    {
        using var key = NewKey();
        return signing.Sign(key);
    }

    protected static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);

    /// <summary>Runs <c>tests/independent/measure_enclave.py</c> over files with these contents.</summary>
    protected static async Task<(int ExitCode, string[] MrEnclaves)> MeasureIndependently(string kind, params byte[][] files)
    {
        using var directory = new TemporaryDirectory();
        var paths = files.Select((bytes, i) =>
        {
            var path = Path.Combine(directory.Path, $"{i}");
            File.WriteAllBytes(path, bytes);
            return path;
        }).ToList();
        Assert.SkipWhen(!IsInstalled("python3"), "'python3' is not installed (Debian: apt-get install python3)");
        var script = Path.Combine(RepositoryPaths.Root, "tests", "independent", "measure_enclave.py");
        var run = await ChildProgram.RunAsync("python3", ["-B", script, kind, .. paths]);
        Assert.Equal("", run.Error);
        return (run.ExitCode, [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split("mrenclave ")[1].Split(' ')[0])]);
    }

    protected static bool IsInstalled(string program) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator).Any(path => File.Exists(Path.Combine(path, program))) == true;

    /// <summary>The verdict about a damaged file: never that all is well.</summary>
    protected static bool IsAccepted(Func<EnclaveReport> inspect)
    {
        try
        {
            var report = inspect();
            return report.Variants.All(variant => variant.State is MrEnclaveState.Matches)
                && !report.AllFindings.Any(finding => finding.Id is EnclaveFindingId.InvalidSignature);
        }
        catch (EnclaveException)
        {
            return false;
        }
    }
}
