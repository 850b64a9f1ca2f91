using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Broker;
using Casemate.Measurement.Snp;
using Casemate.Testing;
using Casemate.Testing.Snp;

namespace Casemate.Cli.Tests.Measure;

/// <summary><c>casemate measure snp</c>: what it prints, writes and refuses.</summary>
public sealed class MeasureSnpCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SnpMeasurement _measurement;

    public MeasureSnpCommandTests()
    {
        var firmware = new OvmfSample().ToBytes();
        File.WriteAllBytes(At("OVMF.fd"), firmware);
        File.WriteAllBytes(At("plain.fd"), new OvmfSample { Sections = OvmfSample.PlainSections }.ToBytes());
        File.WriteAllBytes(At("kernel"), [1, 2, 3]);
        File.WriteAllBytes(At("initrd"), [4, 5, 6]);
        _measurement = SnpMeasurement.Create(new SnpGuest(OvmfImage.Parse(firmware)));
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void OneGuest_IsItsDigestAlone()
    {
        var run = Measure("--vcpus", "4", "--vcpu-type", "EPYC-Milan");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Equal(Digest(SnpVmm.Qemu, "EPYC-Milan", 1, 4) + "\n", run.Output);
    }

    [Fact]
    public void ForAProgram_EveryRowHasItsConditions()
    {
        var run = Measure("--vcpus", "1-2,8", "--vcpu-type", "EPYC-Milan,25/17/0", "--vmm", "qemu,ec2", "--features", "0x1,0x21", "-o", "json");
        using var document = JsonDocument.Parse(run.Output);
        var rows = document.RootElement.GetProperty("measurements").EnumerateArray().ToList();

        Assert.Equal((2 * 2 * 3) + (2 * 3), rows.Count);
        Assert.Equal(Convert.ToHexStringLower(_measurement.FirmwareDigest.Span), document.RootElement.GetProperty("firmwareDigest").GetString());
        var row = rows.Single(row => row.GetProperty("vmm").GetString() == "qemu" && row.GetProperty("vcpuType").GetString() == "25/17/0"
            && row.GetProperty("features").GetString() == "0x21" && row.GetProperty("vcpus").GetInt32() == 8);
        Assert.Equal(Digest(SnpVmm.Qemu, "EPYC-Genoa", 0x21, 8), row.GetProperty("measurement").GetString());
        Assert.Equal(6, rows.Count(row => row.GetProperty("vmm").GetString() == "ec2" && row.GetProperty("vcpuType").ValueKind is JsonValueKind.Null));
        Assert.Contains("vmm: \"qemu\"", Measure("--vcpu-type", "EPYC", "-o", "yaml").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ForPeople_EachRowIsALine()
    {
        var run = Measure("--vcpus", "1-3", "--vcpu-type", "EPYC-Milan");

        Assert.Equal(3, run.Lines.Length);
        Assert.EndsWith(Digest(SnpVmm.Qemu, "EPYC-Milan", 1, 2), run.Lines[1], StringComparison.Ordinal);
        Assert.StartsWith("qemu", run.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void KernelInitrdAndCommandLine_Count()
    {
        var run = Measure("--vcpu-type", "EPYC-Milan", "--kernel", At("kernel"), "--initrd", At("initrd"), "--append", "root=/dev/vda");
        var kernel = SnpKernelHashes.Compute(new MemoryStream([1, 2, 3]), new MemoryStream([4, 5, 6]), "root=/dev/vda");
        var expected = SnpMeasurement.Create(new SnpGuest(OvmfImage.Parse(File.ReadAllBytes(At("OVMF.fd")))) { Kernel = kernel });

        Assert.Equal(Convert.ToHexStringLower(expected.Compute(SnpVmm.Qemu, Type("EPYC-Milan"), 1, 1)), run.Output.Trim());
    }

    [Theory]
    [InlineData("root=/dev/vda\n", "U+000A")]
    [InlineData("a\rb", "U+000D")]
    [InlineData("a\tb", "U+0009")]
    public void ACommandLine_HoldsNoControlCharacter(string line, string named)
    {
        var run = Measure("--vcpu-type", "EPYC-Milan", "--kernel", At("kernel"), "--append", line);

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.Contains($"--append holds a control character ({named})", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ThePolicy_AcceptsTheseMeasurements()
    {
        var run = Measure("--vcpus", "1-64", "--vcpu-type", "EPYC-Milan,EPYC-Genoa,EPYC-Turin", "--policy-out", At("policy.yaml"));
        var policy = AppraisalPolicy.Parse(File.ReadAllText(At("policy.yaml")));

        Assert.Equal(ExitCode.Success, run.ExitCode);
        var named = policy.Evidence.Snp.Measurements.Select(Convert.ToHexStringLower).ToList();
        Assert.Equal(192, named.Count);
        Assert.Contains(Digest(SnpVmm.Qemu, "EPYC-Genoa", 1, 33), named);
    }

    [Fact]
    public void APolicyThatWouldHaveNoRoom_IsNotWritten()
    {
        var run = Measure("--vcpus", "1-2000", "--vcpu-type", "EPYC-Milan", "--policy-out", At("policy.yaml"));

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("more than one policy holds", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(At("policy.yaml")));
    }

    [Fact]
    public void AnIdBlock_IsSignedAndWritten()
    {
        using var id = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var author = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        File.WriteAllText(At("id.pem"), id.ExportECPrivateKeyPem());
        File.WriteAllText(At("author.pem"), author.ExportPkcs8PrivateKeyPem());

        var run = Measure(
            "--vcpu-type", "EPYC-Milan", "--id-key", At("id.pem"), "--author-key", At("author.pem"), "--guest-svn", "7", "--guest-policy", "0xb0000",
            "--family-id", new string('1', 32), "--id-block-out", At("block"), "--id-auth-out", At("auth"), "--policy-out", At("policy.yaml"), "-o", "json");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Equal(SnpError.None, SnpIdBlock.TryRead(File.ReadAllBytes(At("block")), out var block));
        Assert.Equal(SnpError.None, SnpIdAuthentication.TryRead(File.ReadAllBytes(At("auth")), out var authentication));
        Assert.Equal(SnpIdSignature.Valid, authentication!.Verify(block!));
        Assert.Equal((7u, 0xb0000ul), (block!.GuestSvn, block.Policy));
        Assert.Equal(Digest(SnpVmm.Qemu, "EPYC-Milan", 1, 1), Convert.ToHexStringLower(block.LaunchDigest.Span));
        var digest = Convert.ToHexStringLower(SnpIdKey.FromKey(id).ComputeDigest());
        Assert.Contains(digest, run.Output, StringComparison.Ordinal);
        Assert.Contains(digest, File.ReadAllText(At("policy.yaml")), StringComparison.Ordinal);
        Assert.Contains("id-auth", Measure("--vcpu-type", "EPYC", "--id-key", At("id.pem")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void OlderForms_HaveShorterDigests()
    {
        var image = OvmfImage.Parse(File.ReadAllBytes(At("OVMF.fd")));

        Assert.Equal(Convert.ToHexStringLower(SevLegacyMeasurement.Sev(image, null)), Measure("--mode", "sev").Output.Trim());
        Assert.Equal(
            Convert.ToHexStringLower(SevLegacyMeasurement.SevEs(image, null, SnpVmm.Qemu, Type("EPYC"), 3)),
            Measure("--mode", "sev-es", "--vcpus", "3", "--vcpu-type", "EPYC").Output.Trim());
        Assert.Contains("\"mode\": \"sev\"", Measure("--mode", "sev", "-o", "json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Svsm_IsLoadedBelowTheVariables()
    {
        var bytes = new OvmfSample { Seed = 2, SvsmEntryOffset = 0x100, Sections = [(0x1000, 0x1000, 3)] }.ToBytes();
        File.WriteAllBytes(At("svsm"), bytes);
        var firmware = OvmfImage.Parse(File.ReadAllBytes(At("OVMF.fd")));
        var expected = SnpMeasurement.Create(new SnpGuest(firmware) { Svsm = OvmfImage.Parse(bytes, firmware.Gpa - 0x8_4000) });

        var run = Measure("--vcpu-type", "EPYC-Milan", "--vcpus", "2", "--svsm", At("svsm"), "--vars-size", "540672");

        Assert.Equal(Convert.ToHexStringLower(expected.Compute(SnpVmm.Qemu, Type("EPYC-Milan"), 1, 2)), run.Output.Trim());
    }

    [Theory]
    [InlineData("--vcpu-type is missing", ExitCode.Usage)]
    [InlineData("--vcpus '0' is no number or range", ExitCode.Usage, "--vcpus", "0", "--vcpu-type", "EPYC")]
    [InlineData("--vcpus '5-2' is no number or range", ExitCode.Usage, "--vcpus", "5-2", "--vcpu-type", "EPYC")]
    [InlineData("--vcpus '1-2-3' is no number or range", ExitCode.Usage, "--vcpus", "1-2-3", "--vcpu-type", "EPYC")]
    [InlineData("--vcpus '4097' is no number or range", ExitCode.Usage, "--vcpus", "4097", "--vcpu-type", "EPYC")]
    [InlineData("--vcpu-type 'Skylake' is not known", ExitCode.Usage, "--vcpu-type", "Skylake")]
    [InlineData("--vmm 'xen' is not known", ExitCode.Usage, "--vmm", "xen", "--vcpu-type", "EPYC")]
    [InlineData("--features '0xg' is no number", ExitCode.Usage, "--features", "0xg", "--vcpu-type", "EPYC")]
    [InlineData("--mode 'csv' is not known", ExitCode.Usage, "--mode", "csv", "--vcpu-type", "EPYC")]
    [InlineData("--initrd and --append take --kernel", ExitCode.Usage, "--append", "x", "--vcpu-type", "EPYC")]
    [InlineData("--vars-size takes --svsm", ExitCode.Usage, "--vars-size", "1", "--vcpu-type", "EPYC")]
    [InlineData("--family-id takes --id-key", ExitCode.Usage, "--family-id", "00", "--vcpu-type", "EPYC")]
    [InlineData("--policy-out takes --mode snp", ExitCode.Usage, "--mode", "sev", "--policy-out", "p.yaml")]
    [InlineData("--trusted-firmware-digest is not 96 hexadecimal digits", ExitCode.Usage, "--trusted-firmware-digest", "00", "--vcpu-type", "EPYC")]
    [InlineData("--id-key signs one measurement, and there are 2", ExitCode.Usage, "--id-key", "k", "--vcpus", "1-2", "--vcpu-type", "EPYC")]
    [InlineData("combinations are more than 65536", ExitCode.Usage, "--vcpus", "1-4096", "--vcpu-type", "EPYC,EPYC-Rome,EPYC-Milan,EPYC-Genoa,EPYC-Turin", "--vmm", "qemu,gce", "--features", "0,1,2")]
    public void Refuses(string message, int exitCode, params string[] arguments)
    {
        var run = Measure(arguments);

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_FirmwareThatDoesNotMeasureTheKernel()
    {
        var run = CommandLine.Run("measure", "snp", "--firmware", At("plain.fd"), "--vcpu-type", "EPYC", "--kernel", At("kernel"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("plain.fd: it does not measure a kernel", run.Error, StringComparison.Ordinal);
        Assert.Contains("AmdSevX64.dsc", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_KeysOfAnotherCurve_WithoutShowingThem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(At("p256.pem"), key.ExportECPrivateKeyPem());

        var run = Measure("--vcpu-type", "EPYC", "--id-key", At("p256.pem"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("holds no private key on the curve P-384", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY-----", run.Error, StringComparison.Ordinal);
    }

    private static SnpVcpuType Type(string name) => SnpVcpuType.TryRead(name, out var type) ? type! : throw new ArgumentException(name);

    private string At(string name) => Path.Combine(_directory.Path, name);

    private CommandLine Measure(params string[] arguments) => CommandLine.Run(["measure", "snp", "--firmware", At("OVMF.fd"), .. arguments]);

    private string Digest(SnpVmm vmm, string type, ulong features, int vcpus) =>
        Convert.ToHexStringLower(_measurement.Compute(vmm, Type(type), features, vcpus));
}
