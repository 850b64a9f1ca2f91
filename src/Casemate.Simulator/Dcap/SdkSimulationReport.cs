using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// Checks reports of enclaves that were built in the simulation mode of Intel's SGX SDK. Their report key is public, so the MAC proves
/// nothing but that the report was made for this target. Source: <c>sdk/simulation/tinst</c> of the Intel SGX SDK.
/// </summary>
internal static class SdkSimulationReport
{
    private const ushort KeyNameReport = 3;
    private const int BlockSize = 192;

    private static ReadOnlySpan<byte> BaseKey =>
        [0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0];

    private static ReadOnlySpan<byte> CpuSvn =>
        [0x48, 0x20, 0xF3, 0x37, 0x6A, 0xE6, 0xB2, 0xF2, 0x03, 0x4D, 0x3B, 0x7A, 0x4B, 0x48, 0xA7, 0x78];

    /// <summary>True when the SDK's simulation made the report for the target.</summary>
    public static bool Verify(ReadOnlySpan<byte> report, ReadOnlySpan<byte> targetInfo)
    {
        Span<byte> mac = stackalloc byte[AesCmac.Size];
        Mac(report, targetInfo, mac);
        return CryptographicOperations.FixedTimeEquals(mac, report[^AesCmac.Size..]);
    }

    /// <summary>Computes the MAC that the SDK's simulation gives the report.</summary>
    public static void Mac(ReadOnlySpan<byte> report, ReadOnlySpan<byte> targetInfo, Span<byte> mac)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(block, KeyNameReport);
        TargetInfoBytes.Attributes(targetInfo).CopyTo(block[8..]);
        TargetInfoBytes.MiscSelect(targetInfo).CopyTo(block[24..]);
        "THISISOWNEREPOCH"u8.CopyTo(block[28..]);
        TargetInfoBytes.MrEnclave(targetInfo).CopyTo(block[44..]);
        CpuSvn.CopyTo(block[76..]);
        TargetInfoBytes.ConfigSvn(targetInfo).CopyTo(block[92..]);
        TargetInfoBytes.ConfigId(targetInfo).CopyTo(block[94..]);
        ReportKeys.KeyIdOf(report).CopyTo(block[158..]);

        Span<byte> key = stackalloc byte[AesCmac.Size];
        AesCmac.Compute(BaseKey, block, key);
        AesCmac.Compute(key, report[..SgxReportWriter.Size], mac);
    }
}
