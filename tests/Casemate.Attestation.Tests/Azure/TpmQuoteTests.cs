using System.Text;
using Casemate.Attestation.Azure;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Azure;

/// <summary>TPMS_ATTEST, and each part of it that is not what a PCR quote has.</summary>
public sealed class TpmQuoteTests
{
    private static readonly byte[] s_digest = Simulated.Bytes(32, 0x40);
    private static readonly byte[] s_message = AzureVm.Attest(AzureVm.Nonce, 0x800810, s_digest);

    // magic and type (6), signer (2 + 34), extraData (2 + 48), clock and version (25), then the selection.
    private const int ExtraData = 42;
    private const int Clock = ExtraData + 50;
    private const int Selection = Clock + 25;

    [Fact]
    public void Reads_EveryField()
    {
        Assert.True(TpmQuote.TryRead(s_message, out var quote, out var error), error);

        Assert.Equal(34, quote.QualifiedSigner.Length);
        Assert.Equal(AzureVm.Nonce, quote.ExtraData.ToArray());
        Assert.Equal(0x211111ul, quote.Clock);
        Assert.Equal(3u, quote.ResetCount);
        Assert.Equal(0u, quote.RestartCount);
        Assert.True(quote.IsClockSafe);
        Assert.Equal(0x2020031200120003ul, quote.FirmwareVersion);
        Assert.Equal(0x800810u, quote.PcrSelection);
        Assert.Equal(3, quote.SelectedPcrs);
        Assert.Equal(s_digest, quote.PcrDigest.ToArray());
    }

    [Fact]
    public void Reads_RealQuotes()
    {
        Assert.True(TpmQuote.TryRead(CorpusCase.Get("azure-hcl-milan-vtpm").File("tpm-quote.msg"), out var quote, out _));
        Assert.Equal("challenge", Encoding.ASCII.GetString(quote.ExtraData));
        Assert.Equal(0x40FFu, quote.PcrSelection);

        Assert.True(AzureEvidence.TryRead(RealEvidence.AzureSnpEvidenceV2, Tee.Snp, out var evidence, out _));
        Assert.True(TpmQuote.TryRead(evidence.Quote.Message.Span, out quote, out _));
        Assert.Equal(0xFFFFFFu, quote.PcrSelection);
        Assert.True(quote.IsClockSafe);
    }

    [Theory]
    [InlineData(0, 0xFE, "does not start with ff544347")]
    [InlineData(5, 0x17, "0x8017 at byte 4")]                               // TPM_ST_ATTEST_CERTIFY
    [InlineData(6, 0x01, "malformed or cut off")]
    [InlineData(7, 69, "malformed or cut off")]
    [InlineData(ExtraData + 1, 65, "malformed or cut off")]
    [InlineData(Clock + 16, 2, "malformed or cut off")]
    [InlineData(Selection + 3, 0, "exactly one bank")]
    [InlineData(Selection + 3, 2, "exactly one bank")]
    [InlineData(Selection + 5, 0x0C, "0x000c")]
    [InlineData(Selection + 5, 0x04, "0x0004")]
    [InlineData(Selection + 6, 2, "not 3 bytes")]
    [InlineData(Selection + 6, 4, "not 3 bytes")]
    [InlineData(Selection + 11, 31, "not 32 bytes")]
    [InlineData(Selection + 11, 33, "not 32 bytes")]
    public void Refuses_PartThatLies(int offset, byte value, string why)
    {
        var message = (byte[])s_message.Clone();
        message[offset] = value;

        AssertRefused(why, message);
    }

    [Fact]
    public void Refuses_QuotesOfNoPcr() => AssertRefused("no PCR is selected", AzureVm.Attest(AzureVm.Nonce, 0, s_digest));

    [Fact]
    public void Refuses_DigestsOfAnotherSize()
    {
        AssertRefused("not 32 bytes", AzureVm.Attest(AzureVm.Nonce, 1, s_digest[..20]));
        AssertRefused("not 32 bytes", AzureVm.Attest(AzureVm.Nonce, 1, [.. s_digest, .. s_digest]));
    }

    [Fact]
    public void Refuses_EveryCut_AndAByteMore()
    {
        for (var length = 0; length < s_message.Length; length++)
        {
            Assert.False(TpmQuote.TryRead(s_message.AsSpan(0, length), out _, out _), $"cut to {length} bytes");
        }

        AssertRefused("bytes follow it", [.. s_message, 0]);
        AssertRefused("are expected", [.. s_message, .. new byte[TpmQuote.MaxSize]]);
    }

    private static void AssertRefused(string why, byte[] message)
    {
        Assert.False(TpmQuote.TryRead(message, out _, out var error));
        Assert.Contains(why, error, StringComparison.Ordinal);
    }
}
