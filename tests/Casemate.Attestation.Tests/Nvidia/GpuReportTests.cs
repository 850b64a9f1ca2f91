using Casemate.Attestation.Nvidia;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Nvidia;

/// <summary>The layout of GPU reports, and each part that lies.</summary>
public sealed class GpuReportTests
{
    // Request (37), then of the answer: versions and codes (4), blocks (1), size of the record (3), record.
    private const int Answer = 37;
    private const int Record = Answer + 8;

    private static readonly byte[] s_report = new GpuDevice().Report();

    [Fact]
    public void Reads_EveryField()
    {
        Assert.True(GpuReport.TryRead(s_report, out var report, out var error), error);

        Assert.Equal(GpuDevice.Nonce, report.Nonce.ToArray());
        Assert.Equal([1, 9, 35], report.MeasurementsByIndex.Keys);
        Assert.Equal(Simulated.Bytes(48, 9), report.MeasurementsByIndex[9]);
        Assert.Equal("535.86.09", report.DriverVersion);
        Assert.Equal("96.00.5e.00.01", report.VbiosVersion);
        Assert.Equal(GpuDevice.FirmwareId, report.FirmwareId.ToArray());
        Assert.Equal(s_report[..^96], report.SignedBytes.ToArray());
        Assert.Equal(s_report[^96..], report.Signature.ToArray());
    }

    [Fact]
    public void Reads_RealReports()
    {
        foreach (var (bytes, _, nonce) in RealEvidence.GpuReports)
        {
            Assert.True(GpuReport.TryRead(bytes, out var report, out var error), error);

            Assert.Equal(nonce, report.Nonce.ToArray());
            Assert.Equal(64, report.MeasurementsByIndex.Count);
            Assert.Matches(@"^\d{3}\.\d+(\.\d+)?$", report.DriverVersion);
            Assert.Matches(@"^96\.00(\.[0-9a-f]{2}){3}$", report.VbiosVersion);
            Assert.Equal(48, report.FirmwareId.Length);
        }
    }

    [Fact]
    public void LeavesOut_WhatTheReportDoesNotSay()
    {
        Assert.True(GpuReport.TryRead(new GpuDevice { Opaque = [] }.Report(), out var report, out _));
        Assert.Null(report.DriverVersion);
        Assert.Null(report.VbiosVersion);
        Assert.True(report.FirmwareId.IsEmpty);

        var odd = new GpuDevice { Opaque = [(3, "5\u001b[31m"u8.ToArray()), (6, [1, 2, 3]), (20, new byte[32])] };
        Assert.True(GpuReport.TryRead(odd.Report(), out report, out _));
        Assert.Null(report.DriverVersion);
        Assert.Null(report.VbiosVersion);
        Assert.True(report.FirmwareId.IsEmpty);
    }

    [Theory]
    [InlineData(0, 0x10, "not an SPDM 1.1 request")]
    [InlineData(0, 0x12, "not an SPDM 1.1 request")]
    [InlineData(1, 0xE1, "not an SPDM 1.1 request")]
    [InlineData(Answer, 0x12, "not an SPDM 1.1 request")]
    [InlineData(Answer + 1, 0x7F, "not an SPDM 1.1 request")]               // an error in place of an answer
    [InlineData(Answer + 4, 2, "exactly 2 well-formed blocks")]
    [InlineData(Answer + 4, 4, "exactly 4 well-formed blocks")]
    [InlineData(Answer + 5, 0, "exactly 3 well-formed blocks")]
    [InlineData(Answer + 7, 1, "ends after the report")]
    [InlineData(Record, 0, "each index once")]
    [InlineData(Record, 9, "each index once")]
    [InlineData(Record + 1, 0, "well-formed blocks")]
    [InlineData(Record + 2, 50, "well-formed blocks")]
    [InlineData(Record + 5, 49, "well-formed blocks")]
    public void Refuses_PartThatLies(int offset, byte value, string why)
    {
        var report = (byte[])s_report.Clone();
        report[offset] = value;

        AssertRefused(why, report);
    }

    [Fact]
    public void Refuses_DigestsOfAnImpossibleSize()
    {
        AssertRefused("well-formed blocks", new GpuDevice { Measurements = [(1, [])] }.Report());
        AssertRefused("well-formed blocks", new GpuDevice { Measurements = [(1, new byte[65])] }.Report());
    }

    [Fact]
    public void Refuses_OpaqueDataThatLie()
    {
        var sizeOfOpaque = Record + (3 * 55) + 32;
        var (longer, shorter) = ((byte[])s_report.Clone(), (byte[])s_report.Clone());
        longer[sizeOfOpaque]++;
        AssertRefused("the opaque data have", longer);
        shorter[sizeOfOpaque]--;
        AssertRefused("other bytes than zeros follow", shorter);

        var item = (byte[])s_report.Clone();
        item[sizeOfOpaque + 2 + 2]++;
        AssertRefused("not a list of items", item);

        AssertRefused("each kind once", new GpuDevice { Opaque = [(20, GpuDevice.FirmwareId), (20, new byte[48])] }.Report());
    }

    [Fact]
    public void Ignores_ZerosAfterTheReport()
    {
        Assert.True(GpuReport.TryRead([.. s_report, 0, 0], out var report, out _));

        Assert.Equal(s_report[^96..], report.Signature.ToArray());
        Assert.Equal(s_report[..^96], report.SignedBytes.ToArray());
    }

    [Fact]
    public void Refuses_EveryCut_AndAByteMore()
    {
        for (var length = 0; length < s_report.Length; length++)
        {
            Assert.False(GpuReport.TryRead(s_report.AsSpan(0, length), out _, out var error), $"cut to {length} bytes");
            Assert.NotEmpty(error);
        }

        AssertRefused("other bytes than zeros follow", [.. s_report, 0, 1]);
        AssertRefused("are expected", [.. s_report, .. new byte[GpuReport.MaxSize]]);
    }

    private static void AssertRefused(string why, byte[] bytes)
    {
        Assert.False(GpuReport.TryRead(bytes, out _, out var error));
        Assert.Contains(why, error, StringComparison.Ordinal);
    }
}
