using System.Buffers.Binary;
using System.Security.Cryptography;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Azure;

/// <summary>The layout of the paravisor's report, and each field that lies.</summary>
public sealed class HclReportTests
{
    private static readonly byte[] s_real = CorpusCase.Get("azure-hcl-milan-vtpm").File("hcl-report.bin");

    [Fact]
    public void Reads_RealReport()
    {
        Assert.True(HclReport.TryRead(s_real, out var report, out var error), error);

        Assert.Equal(Tee.Snp, report.Tee);
        Assert.Equal(HashAlgorithmName.SHA256, report.HashAlgorithm);
        Assert.Equal(CorpusCase.Get("trustee-azure-hcl-milan-v2").Report, report.HardwareReport.ToArray());
        Assert.Equal(s_real.Length, 0x4D4 + report.RuntimeData.Length + report.TrailingBytes);
        Assert.Equal((byte)'{', report.RuntimeData[0]);
        Assert.Equal((byte)'}', report.RuntimeData[^1]);
        Assert.Equal(SnpReportError.None, SnpReport.TryRead(report.HardwareReport, out var hardware));
        Assert.Equal(hardware.ReportData.ToArray(), report.ExpectedReportData());
    }

    [Fact]
    public void Reads_TdxReport()
    {
        var tdReport = Simulated.Bytes(HclReport.TdReportSize, 5);

        Assert.True(HclReport.TryRead(new AzureVm().HclReport(tdReport, Tee.Tdx), out var report, out _));

        Assert.Equal(Tee.Tdx, report.Tee);
        Assert.Equal(tdReport, report.HardwareReport.ToArray());
    }

    [Theory]
    [InlineData(1u, 32)]
    [InlineData(2u, 48)]
    [InlineData(3u, 64)]
    public void Expects_TheHashThatItNames_ThenZeros(uint hashType, int size)
    {
        var vm = new AzureVm { HashType = hashType };

        Assert.True(HclReport.TryRead(vm.HclReport(new byte[1184], Tee.Snp), out var report, out _));

        var expected = report.ExpectedReportData();
        Assert.Equal(64, expected.Length);
        Assert.Equal(CryptographicOperations.HashData(report.HashAlgorithm, vm.RuntimeData), expected[..size]);
        Assert.Equal(new byte[64 - size], expected[size..]);
    }

    [Fact]
    public void FindsRuntimeData_BehindCapabilities()
    {
        var vm = new AzureVm { RuntimeVersion = 2 };

        Assert.True(HclReport.TryRead(vm.HclReport(new byte[1184], Tee.Snp), out var report, out _));

        Assert.Equal(vm.RuntimeData, report.RuntimeData.ToArray());
    }

    [Theory]
    [InlineData(0x00, 0x42434C48u, "'HCLA'")]
    [InlineData(0x04, 0u, "version 0 at 0x4")]
    [InlineData(0x04, 3u, "version 3 at 0x4")]
    [InlineData(0x08, 0u, "report size 0 at 0x8")]
    [InlineData(0x08, 2600u, "report size 2600 at 0x8")]
    [InlineData(0x0C, 1u, "request type 1")]
    [InlineData(0x10, 1u, "not zero")]
    [InlineData(0x1C, 0x80000000u, "not zero")]
    [InlineData(0x4C0, 0u, "contradict each other")]
    [InlineData(0x4C0, 0xFFFFFFFFu, "contradict each other")]
    [InlineData(0x4C4, 0u, "version 0 of the runtime data")]
    [InlineData(0x4C4, 3u, "version 3 of the runtime data")]
    [InlineData(0x4C8, 1u, "report type 1")]
    [InlineData(0x4C8, 3u, "report type 3")]
    [InlineData(0x4CC, 0u, "hash type 0")]
    [InlineData(0x4CC, 4u, "hash type 4")]
    [InlineData(0x4D0, 0xFFFFFFFFu, "contradict each other")]
    public void Refuses_FieldThatLies(int offset, uint value, string why)
    {
        var report = (byte[])s_real.Clone();
        BinaryPrimitives.WriteUInt32LittleEndian(report.AsSpan(offset), value);

        AssertRefused(why, report);
    }

    [Theory]
    [InlineData(0u, 0xFFFFFFECu, "contradict each other")]                  // 20 and the second one are zero together, in 32 bits
    [InlineData(16404u, 16384u, "end at byte")]
    [InlineData(24u, 0u, "contradict each other")]                          // capabilities before version 2
    public void Refuses_SizesThatLieTogether(uint dataSize, uint variableSize, string why)
    {
        var report = (byte[])s_real.Clone();
        BinaryPrimitives.WriteUInt32LittleEndian(report.AsSpan(0x4C0), dataSize);
        BinaryPrimitives.WriteUInt32LittleEndian(report.AsSpan(0x4D0), variableSize);

        AssertRefused(why, report);
    }

    [Fact]
    public void Refuses_EveryCut_AndTooMuch()
    {
        Assert.True(HclReport.TryRead(s_real, out var report, out _));
        for (var length = 0; length < s_real.Length - report.TrailingBytes; length++)
        {
            Assert.False(HclReport.TryRead(s_real.AsSpan(0, length), out _, out var error), $"cut to {length} bytes");
            Assert.NotEmpty(error);
        }

        AssertRefused("are expected", [.. s_real, .. new byte[HclReport.MaxSize]]);
    }

    private static void AssertRefused(string why, byte[] report)
    {
        Assert.False(HclReport.TryRead(report, out _, out var error));
        Assert.Contains(why, error, StringComparison.Ordinal);
    }
}
