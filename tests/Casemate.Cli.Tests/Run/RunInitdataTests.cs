using Casemate.Testing;

namespace Casemate.Cli.Tests.Run;

/// <summary><c>casemate run --initdata</c>: which files a simulated guest cannot be started under. Nothing is started for them.</summary>
public sealed class RunInitdataTests : IDisposable
{
    private const string Initdata = "algorithm = \"sha256\"\nversion = \"0.1.0\"\n\n[data]\n\"policy.rego\" = \"package agent_policy\"\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("sgx", Initdata, ExitCode.Usage, "evidence of sgx carries no initdata", "Use --tee snp or --tee tdx.")]
    [InlineData("tdx", "package agent_policy\n", ExitCode.BadInput, "carries a policy without initdata", "--format initdata")]
    [InlineData("snp", "algorithm = \"md5\"\nversion = \"0.1.0\"\n[data]\n", ExitCode.BadInput, "'algorithm' is none of", "Give annotated YAML")]
    [InlineData("snp", "kind: Pod\n", ExitCode.BadInput, "carries no policy", "Give annotated YAML")]
    public void Refuses_WhatCannotBeBound(string tee, string content, int code, string problem, string remedy)
    {
        var file = _directory.File("file");
        File.WriteAllText(file, content);

        var run = CommandLine.Run("run", "--tee", tee, "--initdata", file, "--dir", _directory.File("state"), "--", "/bin/true");

        Assert.Equal((code, ""), (run.ExitCode, run.Output));
        Assert.Contains(problem, run.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.File("state")));
    }

    [Fact]
    public void Refuses_AFileThatIsNotThere()
    {
        var run = CommandLine.Run("run", "--initdata", _directory.File("none"), "--dir", _directory.File("state"), "--", "/bin/true");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("no such file", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void PinsTheBoundValue_BesideTheMeasurement()
    {
        var measurement = new Simulator.CommandMeasurement(new byte[32], new byte[48], new byte[48]);
        var fields = KataPolicy.Initdata.BoundField.Of(new byte[] { 1, 2, 3 });

        var pinned = Cli.Run.PinnedPolicy.Of(measurement, fields.Single(field => field.Target == "snp"));
        Assert.Equal(["snp"], pinned.AcceptedTees);
        Assert.True(Cli.Run.PinnedPolicy.Of(measurement).AcceptedTees.Length > 1);
        var snp = pinned.Evidence;
        var tdx = Cli.Run.PinnedPolicy.Of(measurement, fields.Single(field => field.Target == "tdx")).Evidence;

        Assert.Equal([1, 2, 3, .. new byte[29]], Assert.Single(snp.Snp.HostData));
        Assert.Empty(snp.Tdx.MrConfigIds);
        Assert.Equal([1, 2, 3, .. new byte[45]], Assert.Single(tdx.Tdx.MrConfigIds));
        Assert.Empty(tdx.Snp.HostData);
    }
}
