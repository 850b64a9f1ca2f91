using System.Text.Json;
using Casemate.Measurement.Corim;
using Casemate.Measurement.Igvm;
using Casemate.Testing;
using Casemate.Testing.Enclaves;
using Casemate.Testing.Igvm;

namespace Casemate.Cli.Tests.Measure;

/// <summary><c>casemate measure igvm</c> and <c>casemate measure enclave</c>: what they print, and what they end with.</summary>
public sealed class MeasureIgvmCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void EveryPlatform_IsMeasured()
    {
        var run = Run(IgvmSample.Everything(1));

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Equal(3, run.Lines.Length);
        Assert.Equal(["vbs", "snp", "tdx"], run.Lines.Select(line => line.Split(' ')[0]));
        Assert.Single(Run(IgvmSample.Everything(1), "--platform", "tdx").Lines);
    }

    [Fact]
    public void ForAProgram_AllOfItIsThere()
    {
        using var document = JsonDocument.Parse(Run(IgvmSample.Everything(1), "-o", "json").Output);
        var snp = document.RootElement.GetProperty("measurements").EnumerateArray().Single(row => row.GetProperty("platform").GetString() == "snp");
        var file = IgvmFile.Parse(IgvmSample.Everything(1).ToBytes());
        var platform = file.Platforms.Single(platform => platform.Platform is IgvmPlatformType.SevSnp);

        Assert.Equal(Convert.ToHexStringLower(IgvmMeasurement.Compute(file, platform).Digest.Span), snp.GetProperty("measurement").GetString());
        Assert.True(snp.GetProperty("consistent").GetBoolean());
    }

    [Fact]
    public void Directives_AreListed()
    {
        var run = Run(IgvmSample.Everything(1), "--directives");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains(run.Lines, line => line.Contains("PageData", StringComparison.Ordinal) && line.Contains("Secrets", StringComparison.Ordinal));
        Assert.Contains(run.Lines, line => line.Contains("ParameterInsert", StringComparison.Ordinal) && line.Contains("area 0", StringComparison.Ordinal));
        using var document = JsonDocument.Parse(Run(IgvmSample.Everything(1), "--directives", "-o", "json").Output);
        Assert.Equal(23, document.RootElement.GetProperty("headers").GetArrayLength());
    }

    [Fact]
    public void TheCorimDocument_IsCompared()
    {
        var digest = IgvmMeasurement.Compute(IgvmFile.Parse(Tdx(null).ToBytes()), IgvmFile.Parse(Tdx(null).ToBytes()).Platforms.First()).Digest;
        var right = LaunchMeasurementProfile.Create(CorimEnvironment.Tdx, digest, 5).ToBytes();
        var wrong = LaunchMeasurementProfile.Create(CorimEnvironment.Tdx, new byte[48], 5).ToBytes();

        var accepted = Run(Tdx(right));
        Assert.Equal(ExitCode.Success, accepted.ExitCode);
        Assert.Contains("endorses this measurement with security version 5", accepted.Output, StringComparison.Ordinal);
        var refused = Run(Tdx(wrong));
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("ENDORSES ANOTHER", refused.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, Run(Tdx([1, 2, 3])).ExitCode);
    }

    [Fact]
    public void AnIdBlockOfAnotherGuest_IsRefused()
    {
        var body = new byte[696];
        IgvmSample.Numbers(IgvmSample.Snp).CopyTo(body, 0);
        body[88] = 1;
        var sample = new IgvmSample().Platform(IgvmSample.Snp, 2).Policy(IgvmSample.Snp, 0x30000).Page(0x1000, IgvmSample.Snp, null).Header(0x30b, body);

        var run = Run(sample);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("NAMES ANOTHER", run.Output, StringComparison.Ordinal);
        Assert.Contains("NOT SIGNED", run.Output, StringComparison.Ordinal);
        Assert.Contains("\"matches\": false", Run(sample, "-o", "json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_WhatIsNoIgvmFile()
    {
        File.WriteAllBytes(At("other"), new byte[100]);

        var run = CommandLine.Run("measure", "igvm", At("other"));

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains("it is not an IGVM file", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, Run(Tdx(null), "--platform", "snp").ExitCode);
        Assert.Equal(ExitCode.Usage, Run(Tdx(null), "--platform", "sev").ExitCode);
    }

    [Fact]
    public void AnEnclave_IsMeasuredAsByInspect()
    {
        File.WriteAllBytes(At("enclave.so"), new OpenEnclaveSample().ToBytes());
        File.WriteAllText(At("key.pem"), TestEnclaveKey.Pem);
        Assert.Equal(ExitCode.Success, CommandLine.Run("enclave", "sign", At("enclave.so"), "--key", At("key.pem"), "--out", At("signed.so")).ExitCode);
        using var inspected = JsonDocument.Parse(CommandLine.Run("enclave", "inspect", At("signed.so"), "-o", "json").Output);
        var expected = inspected.RootElement.GetProperty("enclaves")[0].GetProperty("variants")[0];

        var run = CommandLine.Run("measure", "enclave", At("signed.so"));
        using var document = JsonDocument.Parse(CommandLine.Run("measure", "enclave", At("signed.so"), "-o", "json").Output);
        var measured = document.RootElement.GetProperty("enclaves")[0];

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Equal($"MRENCLAVE  {expected.GetProperty("mrEnclave").GetString()}", run.Lines[0]);
        Assert.Equal($"MRSIGNER   {expected.GetProperty("signature").GetProperty("mrSigner").GetString()}", run.Lines[1]);
        Assert.StartsWith("EPC  ", run.Lines[2], StringComparison.Ordinal);
        Assert.Equal(expected.GetProperty("mrEnclave").GetString(), measured.GetProperty("mrEnclave").GetString());
        Assert.Equal("not signed", CommandLine.Run("measure", "enclave", At("enclave.so")).Lines[1].Split("   ")[1]);
    }

    [Fact]
    public void AChangedEnclave_IsRefused()
    {
        File.WriteAllBytes(At("enclave.so"), new OpenEnclaveSample().ToBytes());
        File.WriteAllText(At("key.pem"), TestEnclaveKey.Pem);
        Assert.Equal(ExitCode.Success, CommandLine.Run("enclave", "sign", At("enclave.so"), "--key", At("key.pem"), "--out", At("signed.so")).ExitCode);
        var bytes = File.ReadAllBytes(At("signed.so"));
        bytes[0x2345] ^= 1; // in its code
        File.WriteAllBytes(At("changed.so"), bytes);

        var run = CommandLine.Run("measure", "enclave", At("changed.so"));

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("it does not measure what was signed", run.Error, StringComparison.Ordinal);
    }

    private static IgvmSample Tdx(byte[]? corim)
    {
        var sample = new IgvmSample().Platform(IgvmSample.Tdx, 3);
        return (corim is null ? sample : sample.Document(IgvmSample.Tdx, corim)).Page(0x1000, IgvmSample.Tdx, new byte[4096]);
    }

    private string At(string name) => Path.Combine(_directory.Path, name);

    private CommandLine Run(IgvmSample sample, params string[] arguments)
    {
        File.WriteAllBytes(At("guest.igvm"), sample.ToBytes());
        return CommandLine.Run(["measure", "igvm", At("guest.igvm"), .. arguments]);
    }
}
