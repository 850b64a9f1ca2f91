using Casemate.Measurement.Snp;
using Casemate.Testing;
using Casemate.Testing.Snp;

namespace Casemate.Cli.Tests.Measure;

/// <summary><c>casemate measure compare</c> of SEV-SNP reports: the input that differs is named.</summary>
public sealed class MeasureCompareSnpTests : IDisposable
{
    private const int MeasurementOffset = 0x90;

    private readonly TemporaryDirectory _directory = new();
    private readonly OvmfImage _firmware;

    public MeasureCompareSnpTests()
    {
        var bytes = new OvmfSample().ToBytes();
        _firmware = OvmfImage.Parse(bytes);
        File.WriteAllBytes(At("OVMF.fd"), bytes);
        File.WriteAllBytes(At("vmlinuz"), [1, 2, 3]);
        File.WriteAllBytes(At("initrd"), [4, 5]);
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(SnpVmm.Qemu, "EPYC-Milan", 1, 4, "the firmware as named, qemu, 4 vCPUs as EPYC-Milan, features 0x1")]
    [InlineData(SnpVmm.Qemu, "EPYC-Genoa", 0x21, 2, "the firmware as named, qemu, 2 vCPUs as EPYC-Genoa, features 0x21")]
    [InlineData(SnpVmm.Ec2, null, 1, 3, "the firmware as named, ec2, 3 vCPUs, features 0x1")]
    public void NamesVmmModelFeaturesAndNumber(SnpVmm vmm, string? model, ulong features, int vcpus, string expected)
    {
        SnpVcpuType? type = null;
        Assert.True(model is null || SnpVcpuType.TryRead(model, out type));
        Report(SnpMeasurement.Create(new SnpGuest(_firmware)).Compute(vmm, type, features, vcpus));
        var run = CommandLine.Run("measure", "compare", At("report"), "--firmware", At("OVMF.fd"), "--max-vcpus", "4");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Contains($"explained: {expected}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesThePartOfTheBootThatIsNotThere()
    {
        using var kernel = new MemoryStream([1, 2, 3]);
        Assert.True(SnpVcpuType.TryRead("EPYC-Milan", out var milan));
        var guest = new SnpGuest(_firmware) { Kernel = SnpKernelHashes.Compute(kernel, null, "quiet") };
        Report(SnpMeasurement.Create(guest).Compute(SnpVmm.Qemu, milan, 1, 2));
        string[] words = ["measure", "compare", At("report"), "--firmware", At("OVMF.fd"), "--kernel", At("vmlinuz"), "--initrd", At("initrd"), "--max-vcpus", "2"];

        var without = CommandLine.Run([.. words, "--append", "quiet"]);
        Assert.Equal(ExitCode.Success, without.ExitCode);
        Assert.Contains("explained: without the initial RAM disk, qemu, 2 vCPUs as EPYC-Milan", without.Output, StringComparison.Ordinal);

        var other = CommandLine.Run([.. words, "--append", "debug"]);
        Assert.Equal(ExitCode.Refused, other.ExitCode);
        Assert.Contains("not explained: no known VMM", other.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesWhatMakesNoComparison()
    {
        Report(new byte[48]);

        Assert.Equal(ExitCode.Usage, CommandLine.Run("measure", "compare", At("report"), "--firmware", At("OVMF.fd"), "--uki", At("vmlinuz")).ExitCode);
        Assert.Equal(ExitCode.Usage, CommandLine.Run("measure", "compare", At("report"), "--firmware", At("OVMF.fd"), "--max-vcpus", "0").ExitCode);
        Assert.Equal(ExitCode.BadInput, CommandLine.Run("measure", "compare", At("report"), "--firmware", At("vmlinuz")).ExitCode);
    }

    // A real report with another measurement: its signature no longer fits, which this command does not ask.
    private void Report(byte[] measurement)
    {
        var report = (byte[])CorpusCase.OfKind("snp-report").First().Report.Clone();
        measurement.CopyTo(report, MeasurementOffset);
        File.WriteAllBytes(At("report"), report);
    }

    private string At(string name) => Path.Combine(_directory.Path, name);
}
