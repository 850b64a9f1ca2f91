using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Guests;

/// <summary>A guest's evidence as the key broker protocol wants it.</summary>
public sealed class GuestEvidenceAdapterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Tdx_HasQuoteAndEventLog()
    {
        File.WriteAllBytes(_directory.File("CCEL"), [1, 2, 3]);
        var quote = SimulatedGuests.Quote(SimulatedGuests.ReportData);

        var (tee, json) = await WriteAsync(new GuestEvidence(Tee.Tdx, quote), _directory.File("CCEL"));

        Assert.Equal("tdx", tee);
        Assert.True(KbsEvidence.TryReadTdx(json, out var read, out var error), error);
        Assert.Equal(quote, read.Quote);
        Assert.Equal([1, 2, 3], read.EventLog);
    }

    [Fact]
    public async Task Tdx_WithoutEventLog_HasNone()
    {
        var (_, json) = await WriteAsync(
            new GuestEvidence(Tee.Tdx, SimulatedGuests.Quote(SimulatedGuests.ReportData)), _directory.File("CCEL"));

        Assert.True(KbsEvidence.TryReadTdx(json, out var read, out _));
        Assert.Null(read.EventLog);
    }

    [Fact]
    public async Task EventLogThatIsTooLarge_IsAnError()
    {
        File.WriteAllBytes(_directory.File("CCEL"), new byte[KbsEvidence.MaxEventLogSize + 1]);

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => WriteAsync(
            new GuestEvidence(Tee.Tdx, SimulatedGuests.Quote(SimulatedGuests.ReportData)), _directory.File("CCEL")));

        Assert.Contains("CCEL", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snp_HasReportAndCertificates()
    {
        var (tee, json) = await WriteAsync(Snp(SimulatedGuests.CertificateTable));

        Assert.Equal("snp", tee);
        Assert.True(KbsEvidence.TryReadSnp(json, out var read, out var error), error);
        Assert.Equal(["VCEK", "ASK", "ARK"], read.Certificates.Select(certificate => certificate.Type));
    }

    public static TheoryData<byte[]> UnusableTables =>
    [
        Array.Empty<byte>(),
        new byte[] { 1, 2, 3 },
        SimulatedGuests.CertificateTable[..^1],
        CertificateTableBytes.Write((CertificateTableBytes.Vcek, SimulatedGuests.Endorsements.Vek.ToArray())),
        CertificateTableBytes.Write(
            (CertificateTableBytes.Vcek, [1, 2]), (CertificateTableBytes.Ask, [3, 4]), (CertificateTableBytes.Ark, [5, 6])),
    ];

    [Theory]
    [MemberData(nameof(UnusableTables))]
    public async Task CertificatesOfAHostThatCannotBeUsed_AreLeftOut_AndTheReportStillCounts(byte[] table)
    {
        var (_, json) = await WriteAsync(Snp(table));

        Assert.True(KbsEvidence.TryReadSnp(json, out var read, out var error), error);
        Assert.Empty(read.Certificates);
    }

    private static GuestEvidence Snp(byte[] table) =>
        new(Tee.Snp, SimulatedGuests.SnpReport(SimulatedGuests.ReportData)) { CertificateTable = table };

    private static async Task<(string Tee, JsonElement Json)> WriteAsync(GuestEvidence evidence, string? eventLog = null)
    {
        var adapter = new GuestEvidenceAdapter(new Fixed(evidence), eventLog);
        var json = await adapter.GetEvidenceAsync(SimulatedGuests.ReportData, default);
        Assert.True(KbsEvidence.TryParse(json, out var document, out var error), error);
        using (document)
        {
            return (adapter.Tee, document.RootElement.Clone());
        }
    }

    private sealed class Fixed(GuestEvidence evidence) : IGuestEvidenceProvider
    {
        public Tee Tee => evidence.Tee;

        public string Name => "fixed";

        public ValueTask<GuestEvidence> GetAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken) =>
            ValueTask.FromResult(evidence);
    }
}
