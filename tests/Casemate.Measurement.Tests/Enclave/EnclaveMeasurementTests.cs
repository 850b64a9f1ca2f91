using System.Security.Cryptography;
using Casemate.Measurement.Enclave;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>The stream of records that MRENCLAVE is the hash of.</summary>
public sealed class EnclaveMeasurementTests
{
    [Fact]
    public void AMeasuredPage_IsOneEaddAndSixteenEextends()
    {
        var page = Enumerable.Range(0, 4096).Select(i => (byte)(i * 7)).ToArray();
        using var stream = new MemoryStream();
        stream.Write("ECREATE\0"u8);
        stream.Write([2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, .. new byte[44]]);
        stream.Write("EADD\0\0\0\0"u8);
        stream.Write([0, 0x30, 0, 0, 0, 0, 0, 0, 5, 2, 0, 0, 0, 0, 0, 0, .. new byte[40]]);
        for (var i = 0; i < 16; i++)
        {
            stream.Write("EEXTEND\0"u8);
            stream.Write([0, (byte)(0x30 + i), 0, 0, 0, 0, 0, 0, .. new byte[48]]);
            stream.Write(page, i * 256, 256);
        }

        using var measurement = new EnclaveMeasurement(2, 0x1_0000);
        measurement.Add(0x3000, SecInfoFlags.Read | SecInfoFlags.Execute | SecInfoFlags.Regular);
        measurement.ExtendPage(0x3000, page);

        Assert.Equal(SHA256.HashData(stream.ToArray()), measurement.Finish());
    }

    // More records than are kept back at once.
    [Fact]
    public void ManyUnmeasuredPages_AreOneRecordEach()
    {
        using var stream = new MemoryStream();
        stream.Write([.. "ECREATE\0"u8, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, .. new byte[44]]);
        using var measurement = new EnclaveMeasurement(1, 0x100_0000);
        for (var i = 0UL; i < 1000; i++)
        {
            stream.Write([.. "EADD\0\0\0\0"u8, .. BitConverter.GetBytes(i * 4096), 3, 2, .. new byte[46]]);
            measurement.Add(i * 4096, SecInfoFlags.Read | SecInfoFlags.Write | SecInfoFlags.Regular);
        }

        Assert.Equal(SHA256.HashData(stream.ToArray()), measurement.Finish());
    }

    [Fact]
    public void Refuses_PartsOfPages()
    {
        using var measurement = new EnclaveMeasurement(1, 0x1_0000);
        Assert.Throws<ArgumentException>(() => measurement.ExtendPage(0, new byte[4095]));
        Assert.Throws<ArgumentException>(() => measurement.Extend(0, new byte[255]));
    }
}
