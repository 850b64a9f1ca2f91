using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Casemate.Measurement.Tdx;

namespace Casemate.Measurement.Tests.Tdx;

/// <summary>MRTD from what the TDX module records of each call.</summary>
public sealed class MrtdAccumulatorTests
{
    [Fact]
    public void AddedPage_IsARecordOf128Bytes()
    {
        using var mrtd = new MrtdAccumulator();
        mrtd.AddPage(0x1000);

        Assert.Equal(SHA384.HashData(Record("MEM.PAGE.ADD", 0x1000)), mrtd.Finish());
    }

    [Fact]
    public void ExtendedPage_IsSixteenChunks_EachAfterItsRecord()
    {
        var page = new byte[4096];
        new Random(1).NextBytes(page);
        using var whole = new MrtdAccumulator();
        whole.ExtendPage(0x2000, page);
        using var chunks = new MrtdAccumulator();
        var expected = new List<byte>();
        for (var at = 0; at < 4096; at += 256)
        {
            chunks.Extend(0x2000 + (ulong)at, page.AsSpan(at, 256));
            expected.AddRange([.. Record("MR.EXTEND", 0x2000 + (ulong)at), .. page.AsSpan(at, 256)]);
        }

        var digest = SHA384.HashData([.. expected]);
        Assert.Equal(digest, whole.Finish());
        Assert.Equal(digest, chunks.Finish());
    }

    [Fact]
    public void ShortPage_IsFollowedByZeros()
    {
        using var mrtd = new MrtdAccumulator();
        mrtd.ExtendPage(0, new byte[4096]);
        var zeros = mrtd.Finish();
        mrtd.ExtendPage(0, []);
        Assert.Equal(zeros, mrtd.Finish());
        mrtd.ExtendPage(0, [1]);
        var one = mrtd.Finish();
        mrtd.ExtendPage(0, [1, .. new byte[4095]]);
        Assert.Equal(one, mrtd.Finish());
        Assert.NotEqual(zeros, one);
    }

    [Fact]
    public void Refuses_WhatTheModuleWouldRefuse()
    {
        using var mrtd = new MrtdAccumulator();

        Assert.Throws<ArgumentException>(() => mrtd.AddPage(0x1001));
        Assert.Throws<ArgumentException>(() => mrtd.ExtendPage(0x100, new byte[4096]));
        Assert.Throws<ArgumentException>(() => mrtd.ExtendPage(0, new byte[4097]));
        Assert.Throws<ArgumentException>(() => mrtd.Extend(0x80, new byte[256]));
        Assert.Throws<ArgumentException>(() => mrtd.Extend(0, new byte[255]));
    }

    private static byte[] Record(string name, ulong address)
    {
        var record = new byte[128];
        Encoding.ASCII.GetBytes(name).CopyTo(record, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(16), address);
        return record;
    }
}
