using System.Text.Json;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Quotes;

/// <summary>What <c>casemate quote</c> and <c>casemate quote-helper</c> do without a service that runs.</summary>
public sealed class QuoteCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private Dictionary<string, string> Environment => new() { ["CASEMATE_STATE_DIR"] = _directory.File("state") };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("sgx")]
    [InlineData("tdx")]
    public void SimulatedEvidence_IsWhatVerifyTakes(string tee)
    {
        var file = _directory.File("evidence.json");
        var made = Run("quote", "--simulated", "--tee", tee, "--data", "6e6f6e6365", "--out", file, "-o", "json");
        Assert.Equal(ExitCode.Success, made.ExitCode);
        using var said = JsonDocument.Parse(made.Output);
        Assert.Equal(tee, said.RootElement.GetProperty("tee").GetString());

        var verdict = Run("verify", file, "--root", _directory.File("state/simulator-roots.pem"), "--report-data", "6e6f6e6365");
        Assert.Equal(ExitCode.Simulated, verdict.ExitCode);
        Assert.Equal(ExitCode.Refused, Run("verify", file).ExitCode);
    }

    [Fact]
    public void ReportData_MayComeFromAFile()
    {
        File.WriteAllBytes(_directory.File("nonce"), "nonce"u8.ToArray());
        var file = _directory.File("evidence.json");
        Assert.Equal(ExitCode.Success, Run("quote", "--simulated", "--data", "@" + _directory.File("nonce"), "--out", file).ExitCode);

        var verdict = Run("verify", file, "--root", _directory.File("state/simulator-roots.pem"), "--report-data", "6e6f6e6365");
        Assert.Equal(ExitCode.Simulated, verdict.ExitCode);
    }

    [Fact]
    public void WhatItSuggests_Verifies()
    {
        var file = _directory.File("evidence.json");
        var made = Run("quote", "--simulated", "--data", "6e6f6e6365", "--out", file);
        var line = made.Error.Split('\n').Single(l => l.StartsWith("verify it: casemate ", StringComparison.Ordinal));

        Assert.Equal(ExitCode.Simulated, Run(line["verify it: casemate ".Length..].Trim().Split(' ')).ExitCode);
    }

    [Fact]
    public void WhatItSuggests_WithoutCollateral_IsNoPipe_AndSaysWhatIsMissing()
    {
        var made = Run("quote", "--simulated", "--no-collateral", "--out", _directory.File("it's evidence.json"));

        Assert.Equal(ExitCode.Success, made.ExitCode);
        Assert.Contains($"casemate verify '{_directory.File("it'\\''s evidence.json")}' ", made.Error, StringComparison.Ordinal);
        Assert.Contains(" --collateral COLLATERAL\n", made.Error, StringComparison.Ordinal);
        Assert.Contains("COLLATERAL is a file, a directory or a caching service", made.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("|", made.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void RuntimeData_IsRecomputedByVerify_AsItsSha512()
    {
        var (data, file) = (_directory.File("key.pub"), _directory.File("evidence.json"));
        File.WriteAllText(data, "a public key, longer than report data can be: 0123456789012345678901234567890123456789");
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA512.HashData(File.ReadAllBytes(data)));
        Assert.Equal(ExitCode.Success, Run("quote", "--simulated", "--data", hash, "--out", file).ExitCode);
        string[] verify = ["verify", file, "--root", _directory.File("state/simulator-roots.pem"), "--runtime-data"];

        Assert.Equal(ExitCode.Simulated, Run([.. verify, data]).ExitCode);

        File.AppendAllText(data, "!");
        var other = Run([.. verify, data]);
        Assert.Equal(ExitCode.Refused, other.ExitCode);
        Assert.Contains("ReportData", other.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void RuntimeData_ThatNoEndpointTakes_IsRefused()
    {
        var (data, file) = (_directory.File("data"), _directory.File("evidence.json"));
        Run("quote", "--simulated", "--out", file);
        File.WriteAllBytes(data, new byte[65537]);

        Assert.Equal(ExitCode.BadInput, Run("verify", file, "--runtime-data", data).ExitCode);
        Assert.Equal(ExitCode.BadInput, Run("verify", file, "--runtime-data", _directory.File("nowhere")).ExitCode);
        Assert.Equal(ExitCode.Usage, Run("verify", file, "--runtime-data", data, "--report-data", "00").ExitCode);
    }

    [Fact]
    public void ABundleOfCollateral_IsTakenOnlyFromWhomIsNamed()
    {
        string[] helper = ["quote-helper", "--provider", "simulated", "--socket", _directory.File("s/aesm.socket"), "--http", "off"];

        var nobody = Run([.. helper, "--bundle-key", _directory.File("key.pub")]);
        Assert.Equal(ExitCode.Usage, nobody.ExitCode);
        Assert.Contains("--collateral names none", nobody.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingHelper_IsSaidToBeMissing()
    {
        var asked = Run("quote", "--helper", _directory.File("none.socket"));

        Assert.Equal(ExitCode.Unreachable, asked.ExitCode);
        Assert.Contains("there is no such socket", asked.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void EvidenceIsPrinted_WithoutCollateral_WhenThatIsAsked()
    {
        using var bundle = JsonDocument.Parse(Run("quote", "--simulated", "--no-collateral").Output);
        Assert.Equal("EvidenceBundle", bundle.RootElement.GetProperty("kind").GetString());
        Assert.False(bundle.RootElement.TryGetProperty("collateral", out _));
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("")]
    [InlineData("zz")]
    [InlineData("0x")]
    public void WrongData_IsAUsageError(string data) =>
        Assert.Equal(ExitCode.Usage, Run("quote", "--simulated", "--data", data).ExitCode);

    [Fact]
    public void DataOf65Bytes_IsRefused_AlsoInAFile()
    {
        File.WriteAllBytes(_directory.File("long"), new byte[65]);
        Assert.Equal(ExitCode.Usage, Run("quote", "--simulated", "--data", new string('a', 130)).ExitCode);
        Assert.Equal(ExitCode.BadInput, Run("quote", "--simulated", "--data", "@" + _directory.File("long")).ExitCode);
        Assert.Equal(ExitCode.BadInput, Run("quote", "--simulated", "--data", "@" + _directory.File("nowhere")).ExitCode);
    }

    [Fact]
    public void WithoutAHelper_TheWayOutIsNamed()
    {
        var run = Run("quote", "--helper", _directory.File("nobody.socket"));
        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("casemate quote-helper", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Auto_NeverMeansTheSimulator()
    {
        var run = Run("quote-helper", "--socket", _directory.File("s/aesm.socket"));
        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("--provider simulated", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.File("s")));
    }

    [Theory]
    [InlineData("--provider", "magic")]
    [InlineData("--simulated-tee", "cca")]
    [InlineData("--queued", "0")]
    [InlineData("--queued", "70000")]
    [InlineData("--connections", "many")]
    [InlineData("--requests-per-second", "-1")]
    [InlineData("--audit-flush", "sometimes")]
    [InlineData("--qgs", "vsock:x")]
    [InlineData("--http", "0.0.0.0:9464")]
    public void AWrongSetting_IsAUsageError_ThatNamesIt(string flag, string value)
    {
        string[] provider = flag == "--provider" ? [] : ["--provider", "simulated"];
        var run = Run(["quote-helper", "--socket", _directory.File("s/aesm.socket"), .. provider, flag, value]);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(flag, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_SaysThatTheSocketIsMissing_AndWhetherItsDirectoryIs()
    {
        var run = Run("quote-helper", "check", "--socket", _directory.File("aesm.socket"));
        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("The directory is there, so that the mount works", run.Output, StringComparison.Ordinal);

        run = Run("quote-helper", "check", "--socket", _directory.File("none/aesm.socket"));
        Assert.Contains("does not exist either: mount", run.Output, StringComparison.Ordinal);

        run = Run("quote-helper", "check", "--socket", _directory.Path);
        Assert.Contains("mount its directory instead", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("allocations/gpu-0", null)]
    [InlineData("per-pod/first", "per-pod/second")]
    public void Check_OfAnAllocationsSocket_NamesTheDirectoryOfAllocations(string allocation, string? other)
    {
        Directory.CreateDirectory(_directory.File(allocation));
        if (other is not null)
        {
            Directory.CreateDirectory(_directory.File(other));
            File.WriteAllText(_directory.File(other + "/aesm.socket"), "");
        }

        var run = Run("quote-helper", "check", "--socket", _directory.File(allocation + "/aesm.socket"));

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        var root = Path.GetDirectoryName(_directory.File(allocation));
        Assert.Contains($"'casemate quote-helper --allocations {root}'", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("--socket", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_SaysThatNobodyListens()
    {
        using (var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified))
        {
            socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(_directory.File("x")));
            File.Move(_directory.File("x"), _directory.File("dead.socket"));
        }

        var run = Run("quote-helper", "check", "--socket", _directory.File("dead.socket"), "-o", "json");
        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        using var answer = JsonDocument.Parse(run.Output);
        Assert.False(answer.RootElement.GetProperty("works").GetBoolean());
        var last = answer.RootElement.GetProperty("steps").EnumerateArray().Last();
        Assert.Contains("nobody listens", last.GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    private CommandLine Run(params string[] arguments) => CommandLine.RunWith(Environment, [], false, arguments);
}
