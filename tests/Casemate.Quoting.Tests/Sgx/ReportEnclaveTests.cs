using System.Buffers.Binary;
using System.Security.Cryptography;
using Casemate.Measurement.Enclave;
using Casemate.Quoting.Sgx;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Sgx;

/// <summary>What the report enclave is: its pages, their measurement, its signature.</summary>
public sealed class ReportEnclaveTests
{
    /// <summary>
    /// Computed from the listing by another way: assembled by GNU as from its right column, hashed by a script that follows the SDM. It changes
    /// when a byte of the enclave does, and then everybody who names it has to know.
    /// </summary>
    private const string MrEnclave = "5d1538fc5981d064ff002d17286713399ab988c184eb29df935f7bc149be9d8a";

    [Fact]
    public void ItsMeasurement_IsOneValueForEverybody() =>
        Assert.Equal(MrEnclave, Convert.ToHexStringLower(ReportEnclave.MrEnclave.Span));

    [Fact]
    public void ThePageThatNamesIt_NamesIt() => Assert.Contains(
        MrEnclave, File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "quotes.md")), StringComparison.Ordinal);

    [Fact]
    public void ItsMeasurement_IsWhatTheProcessorRecords_StepByStep()
    {
        // Intel SDM volume 3D, chapter 40: the 64 bytes that ECREATE, EADD and each EEXTEND add, and the 256 bytes behind those.
        var hash = new MemoryStream();
        Record(hash, "ECREATE\0", 1, 0, 0, 0, 0, 0x80);                    // SSAFRAMESIZE 1, SIZE 0x8000, at 8 and 12
        foreach (var (offset, flags, page) in Pages())
        {
            var added = new byte[64];
            "EADD"u8.CopyTo(added);
            BinaryPrimitives.WriteInt32LittleEndian(added.AsSpan(8), offset);
            BinaryPrimitives.WriteInt32LittleEndian(added.AsSpan(16), flags);
            hash.Write(added);
            for (var at = 0; at < 4096; at += 256)
            {
                var extended = new byte[64];
                "EEXTEND"u8.CopyTo(extended);
                BinaryPrimitives.WriteInt32LittleEndian(extended.AsSpan(8), offset + at);
                hash.Write(extended);
                hash.Write(page, at, 256);
            }
        }

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(hash.ToArray())), Convert.ToHexStringLower(ReportEnclave.MrEnclave.Span));
    }

    [Fact]
    public void ItsPages_HaveTheRightsThatTheyNeed_AndNoneIsWritableCode()
    {
        Assert.Equal(
            [(0x0000UL, 1UL, 0x100UL), (0x1000UL, 2UL, 0x203UL), (0x3000UL, 1UL, 0x205UL), (0x4000UL, 1UL, 0x203UL)],
            ReportEnclave.Layout.Runs.Select(run => (run.Offset, run.PageCount, (ulong)run.Flags)));
        Assert.All(ReportEnclave.Layout.Runs, run => Assert.True(run.IsMeasured));
        Assert.Equal((0x8000UL, 1U), (ReportEnclave.Layout.Size, ReportEnclave.Layout.SsaFramePages));
    }

    [Fact]
    public void ItsSignature_IsOneThatEinitTakes_AndAllowsNoDebugger()
    {
        using var key = EnclaveSigningKey.GenerateEphemeral();
        var bytes = ReportEnclave.Sign(key);

        Assert.Equal(SigStructError.None, SigStruct.TryRead(bytes, out var signed));
        Assert.Equal(SigStructSignature.Valid, signed.Verify());
        Assert.Equal(MrEnclave, Convert.ToHexStringLower(signed.MrEnclave));
        Assert.Equal((EnclaveFlags.Mode64Bit, (EnclaveFlags)ulong.MaxValue), (signed.Flags, signed.FlagsMask));
        Assert.Equal((3UL, ulong.MaxValue), (signed.Xfrm, signed.XfrmMask));
        Assert.Equal((0U, uint.MaxValue, 0U), (signed.MiscSelect, signed.MiscMask, signed.Vendor));
    }

    // Written out once more, apart from the code under test.
    private static IEnumerable<(int Offset, int Flags, byte[] Page)> Pages()
    {
        var tcs = new byte[4096];
        BinaryPrimitives.WriteInt64LittleEndian(tcs.AsSpan(16), 0x1000);   // OSSA
        BinaryPrimitives.WriteInt32LittleEndian(tcs.AsSpan(28), 2);        // NSSA
        BinaryPrimitives.WriteInt64LittleEndian(tcs.AsSpan(32), 0x3000);   // OENTRY
        BinaryPrimitives.WriteInt32LittleEndian(tcs.AsSpan(64), 0xFFF);    // FSLIMIT
        BinaryPrimitives.WriteInt32LittleEndian(tcs.AsSpan(68), 0xFFF);    // GSLIMIT
        var code = new byte[4096];
        ReportEnclave.Code.CopyTo(code);
        var empty = new byte[4096];
        return [(0, 0x100, tcs), (0x1000, 0x203, empty), (0x2000, 0x203, empty), (0x3000, 0x205, code), (0x4000, 0x203, empty)];
    }

    private static void Record(MemoryStream hash, string name, params byte[] fields)
    {
        var record = new byte[64];
        System.Text.Encoding.ASCII.GetBytes(name).CopyTo(record, 0);
        fields.CopyTo(record, 8);
        hash.Write(record);
    }
}
