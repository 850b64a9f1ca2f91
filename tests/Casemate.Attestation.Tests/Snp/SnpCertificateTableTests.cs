using System.Buffers.Binary;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Testing;
using static Casemate.Testing.CertificateTableBytes;

namespace Casemate.Attestation.Tests.Snp;

/// <summary>The certificates that a host hands over with a report.</summary>
public sealed class SnpCertificateTableTests
{
    private const string Unknown = "00112233445566778899aabbccddeeff";

    [Fact]
    public void Reads_EveryCertificate_ByItsName()
    {
        var table = Read(Write(
            (Crl, "crl"u8.ToArray()), (Vcek, "vcek"u8.ToArray()), (Vlek, "vlek"u8.ToArray()), (Ask, "ask"u8.ToArray()),
            (Ark, "ark"u8.ToArray())));

        Assert.Equal(5, table.Count);
        Assert.Equal("vcek"u8.ToArray(), table.Vcek!.Value.ToArray());
        Assert.Equal("vlek"u8.ToArray(), table.Vlek!.Value.ToArray());
        Assert.Equal("ask"u8.ToArray(), table.Ask!.Value.ToArray());
        Assert.Equal("ark"u8.ToArray(), table.Ark!.Value.ToArray());
        Assert.Equal("crl"u8.ToArray(), table.Crl!.Value.ToArray());
    }

    [Fact]
    public void Reads_EmptyTable_AndUnknownNames()
    {
        var empty = Read(Write());
        Assert.Equal(0, empty.Count);
        Assert.Null(empty.Vcek);
        Assert.Null(empty.Crl);

        var other = Read(Write((Unknown, [1]), (Vcek, [2])));
        Assert.Equal(2, other.Count);
        Assert.Equal([2], other.Vcek!.Value.ToArray());
        Assert.Null(other.Vlek);
    }

    [Fact]
    public void Ignores_BytesAfterTheLastCertificate() => Assert.Equal(1, Read([.. Write((Ark, [1, 2])), .. new byte[4096]]).Count);

    [Fact]
    public void VerifiesReport_WithTheCertificatesOfTheTable()
    {
        var item = CorpusCase.Get("virtee-milan-v2-vcek");
        var real = item.SnpEndorsements();
        var table = Read(Write((Ark, real.Ark.ToArray()), (Ask, real.Ask.ToArray()), (Vcek, real.Vek.ToArray())));

        Assert.True(table.TryComplete(SnpSigner.Vcek, null, out var endorsements, out var error), error);

        Assert.True(SnpReportVerifier.Verify(
            item.Report, endorsements, TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly).Accepted);
        Assert.Null(endorsements.Crl);
    }

    [Fact]
    public void Completes_WithTheKeyThatTheReportNames()
    {
        var both = Read(Write((Vcek, [1]), (Vlek, [2]), (Ask, [3]), (Ark, [4]), (Crl, [5])));

        Assert.True(both.TryComplete(SnpSigner.Vcek, null, out var vcek, out _));
        Assert.True(both.TryComplete(SnpSigner.Vlek, null, out var vlek, out _));

        Assert.Equal([1], vcek.Vek.ToArray());
        Assert.Equal([2], vlek.Vek.ToArray());
        Assert.Equal([3], vlek.Ask.ToArray());
        Assert.Equal([4], vlek.Ark.ToArray());
        Assert.Equal([5], vlek.Crl!.Value.ToArray());
    }

    [Fact]
    public void Completes_WhatIsMissing_FromElsewhere()
    {
        var elsewhere = new SnpEndorsements { Vek = (byte[])[11], Ask = (byte[])[12], Ark = (byte[])[13], Crl = (byte[])[14] };

        Assert.True(Read(Write((Vcek, [1]))).TryComplete(SnpSigner.Vcek, elsewhere, out var endorsements, out _));

        Assert.Equal([1], endorsements.Vek.ToArray());
        Assert.Equal([12], endorsements.Ask.ToArray());
        Assert.Equal([13], endorsements.Ark.ToArray());
        Assert.Equal([14], endorsements.Crl!.Value.ToArray());
    }

    [Theory]
    [InlineData(Vcek, SnpSigner.Vlek, "no VLEK")]
    [InlineData(Vlek, SnpSigner.Vcek, "no VCEK")]
    [InlineData(Vcek, SnpSigner.Vcek, "no ASK or ASVK")]
    public void Names_WhatIsMissing(string present, SnpSigner signer, string why)
    {
        Assert.False(Read(Write((present, [1]), (Ark, [2]))).TryComplete(signer, null, out var endorsements, out var error));

        Assert.Null(endorsements);
        Assert.Contains(why, error, StringComparison.Ordinal);
        Assert.False(Read(Write((Vcek, [1]), (Ask, [2]))).TryComplete(SnpSigner.Vcek, null, out _, out error));
        Assert.Contains("no ARK", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_OneNameTwice() => AssertRefused("two certificates are named 63da758d", Write((Vcek, [1]), (Vcek, [2])));

    [Theory]
    [InlineData(0u, 4u)]                                                    // inside the table itself
    [InlineData(71u, 4u)]
    [InlineData(73u, 4u)]                                                   // over the other certificate
    [InlineData(76u, 0u)]
    [InlineData(76u, 5u)]                                                   // a byte beyond the end
    [InlineData(0xFFFFFFFFu, 1u)]
    [InlineData(80u, 1u)]
    [InlineData(76u, 0xFFFFFFFFu)]
    [InlineData(0xFFFFFFFFu, 0xFFFFFFFFu)]
    public void Refuses_CertificatesThatOverlapOrEndOutside(uint offset, uint length)
    {
        var bytes = Write((Vcek, [1, 2, 3, 4]), (Ark, [5, 6, 7, 8]));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24 + 16), offset);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24 + 20), length);

        AssertRefused("overlaps another part of the table or ends outside", bytes);
    }

    [Fact]
    public void Refuses_TablesWithoutEnd()
    {
        AssertRefused("does not end with an entry of zeros", []);
        AssertRefused("does not end with an entry of zeros", new byte[23]);
        AssertRefused("does not end with an entry of zeros", Write((Vcek, [1]))[..24]);
        AssertRefused("more than 16 entries", [.. Enumerable.Repeat((byte)1, 24 * 17)]);
        AssertRefused("larger than", new byte[SnpCertificateTable.MaxSize + 1]);
    }

    private static SnpCertificateTable Read(byte[] bytes)
    {
        Assert.True(SnpCertificateTable.TryRead(bytes, out var table, out var error), error);
        return table;
    }

    private static void AssertRefused(string why, byte[] bytes)
    {
        Assert.False(SnpCertificateTable.TryRead(bytes, out var table, out var error));
        Assert.Null(table);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }
}
