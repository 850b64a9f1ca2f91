using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;
using Casemate.Quoting.Simulated;

namespace Casemate.Quoting.Tests.Simulated;

public sealed class SimulatedEvidenceProviderTests(SimulatedPlatformFixture fixture) : IClassFixture<SimulatedPlatformFixture>
{
    private static readonly byte[] ReportData = RandomNumberGenerator.GetBytes(64);

    [Theory]
    [InlineData(Tee.Snp, "snp")]
    [InlineData(Tee.Sgx, "sgx")]
    [InlineData(Tee.Tdx, "tdx")]
    public async Task Makes_EvidenceThatVerifiesUnderItsOwnRoot(Tee tee, string name)
    {
        var provider = Provider(tee);

        var verdict = await VerifyAsync(tee, await EvidenceAsync(provider), fixture.Platform.Allow(TrustRoots.None));

        Assert.Equal(name, provider.Tee);
        Assert.True(verdict.Accepted, string.Join("; ", verdict.Reasons));
        Assert.True(verdict.Simulated);
        Assert.Equal(ReportData, verdict.Claims!.ReportData);
    }

    [Theory]
    [InlineData(Tee.Snp)]
    [InlineData(Tee.Sgx)]
    [InlineData(Tee.Tdx)]
    public async Task Makes_NothingThatVerifiesUnderProductionRoots(Tee tee)
    {
        var verdict = await VerifyAsync(tee, await EvidenceAsync(Provider(tee)), TrustRoots.Production);

        Assert.False(verdict.Accepted);
        Assert.Contains(verdict.Reasons, check => check.Id is CheckId.TrustRoot);
    }

    [Theory]
    [InlineData(Tee.Snp)]
    [InlineData(Tee.Sgx)]
    [InlineData(Tee.Tdx)]
    public async Task Reports_TheCommandsMeasurement(Tee tee)
    {
        var verdict = await VerifyAsync(tee, await EvidenceAsync(Provider(tee)), fixture.Platform.Allow(TrustRoots.None));

        var (expected, reported) = verdict.Claims switch
        {
            SnpClaims snp => (fixture.Measurement.Measurement, snp.Measurement),
            Attestation.Sgx.SgxClaims sgx => (fixture.Measurement.MrEnclave, sgx.MrEnclave),
            TdxClaims tdx => (fixture.Measurement.MrTd, tdx.MrTd),
            _ => throw new InvalidOperationException(),
        };
        Assert.Equal(expected, reported);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(48)]
    [InlineData(65)]
    public async Task Wants_ExactlySixtyFourBytes(int size)
    {
        foreach (var tee in new[] { Tee.Snp, Tee.Tdx })
        {
            await Assert.ThrowsAsync<ArgumentException>(
                () => Provider(tee).GetEvidenceAsync(new byte[size], CancellationToken.None).AsTask());
        }
    }

    [Theory]
    [InlineData(Tee.Snp)]
    [InlineData(Tee.Sgx)]
    public void HasNoRuntimeMeasurements_WhereTheHardwareHasNone(Tee tee) =>
        Assert.IsNotType<IRuntimeMeasurements>(Provider(tee), exactMatch: false);

    [Fact]
    public async Task Extends_Rtmr3WithWhatTheEventLogSays()
    {
        var provider = Provider(Tee.Tdx);
        var measurements = Assert.IsType<IRuntimeMeasurements>(provider, exactMatch: false);
        await measurements.ExtendAsync("app load first", CancellationToken.None);
        await measurements.ExtendAsync("app load second", CancellationToken.None);

        var evidence = await EvidenceAsync(provider);

        using var json = JsonDocument.Parse(evidence);
        Assert.True(KbsEvidence.TryReadTdx(json.RootElement, out var read, out var error), error);
        var verdict = await VerifyAsync(Tee.Tdx, evidence, fixture.Platform.Allow(TrustRoots.None));
        var claims = Assert.IsType<TdxClaims>(verdict.Claims);
        Assert.Equal(Replay(read.EventLog!, out var entries), claims.Rtmrs[3]);
        Assert.Equal(["app load first", "app load second"], entries);
        Assert.All(claims.Rtmrs[..3], rtmr => Assert.Equal(new byte[48], rtmr));
    }

    [Fact]
    public async Task Refuses_AnEntryWhenTheEventLogIsFull()
    {
        var measurements = (IRuntimeMeasurements)Provider(Tee.Tdx);
        var entry = new string('x', 100_000);
        await measurements.ExtendAsync(entry, CancellationToken.None);
        await measurements.ExtendAsync(entry, CancellationToken.None);

        await Assert.ThrowsAsync<EvidenceProviderException>(() => measurements.ExtendAsync(entry, CancellationToken.None).AsTask());
    }

    // Reads the log as a verifier would: the header, then entries with one SHA-384 digest each, then the end mark.
    private static byte[] Replay(byte[] log, out List<string> entries)
    {
        entries = [];
        var register = new byte[48];
        var reader = new BinaryReader(new MemoryStream(log));
        Assert.Equal(3, (reader.ReadInt32(), reader.ReadInt32()).Item2);
        reader.ReadBytes(20);
        reader.ReadBytes(reader.ReadInt32());
        while (reader.ReadUInt32() is var index && index != uint.MaxValue)
        {
            Assert.Equal((4u, 6u, 1u, (ushort)0x0C), (index, reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt16()));
            var digest = reader.ReadBytes(48);
            var data = reader.ReadBytes(reader.ReadInt32());
            Assert.Equal(SHA384.HashData(data), digest);
            Assert.Equal("LEAA", System.Text.Encoding.ASCII.GetString(data, 0, 4));
            entries.Add(System.Text.Encoding.UTF8.GetString(data, 8, BitConverter.ToInt32(data, 4)));
            register = SHA384.HashData([.. register, .. digest]);
        }

        Assert.Equal(uint.MaxValue, reader.ReadUInt32());
        Assert.Equal(log.Length, reader.BaseStream.Position);
        return register;
    }

    [Theory]
    [InlineData(Tee.Snp, 32)]
    [InlineData(Tee.Tdx, 48)]
    public async Task Reports_WhatTheHostBound(Tee tee, int size)
    {
        byte[] bound = [.. Enumerable.Range(1, size).Select(i => (byte)i)];
        var provider = SimulatedEvidenceProvider.Create(fixture.Platform, tee, fixture.Measurement, TimeProvider.System, bound);

        var verdict = await VerifyAsync(tee, await EvidenceAsync(provider), fixture.Platform.Allow(TrustRoots.None));
        var without = await VerifyAsync(tee, await EvidenceAsync(Provider(tee)), fixture.Platform.Allow(TrustRoots.None));

        Assert.True(verdict.Accepted, string.Join("; ", verdict.Reasons));
        Assert.Equal(bound, HostDataOf(verdict));
        Assert.Equal(new byte[size], HostDataOf(without));
    }

    [Theory]
    [InlineData(Tee.Snp, 48)]
    [InlineData(Tee.Tdx, 32)]
    [InlineData(Tee.Sgx, 64)]
    public void Refuses_WhatTheEvidenceCannotCarry(Tee tee, int size) => Assert.Throws<ArgumentException>(
        () => SimulatedEvidenceProvider.Create(fixture.Platform, tee, fixture.Measurement, TimeProvider.System, new byte[size]));

    private static byte[] HostDataOf(Verdict verdict) => verdict.Claims switch
    {
        SnpClaims snp => snp.HostData,
        TdxClaims tdx => tdx.MrConfigId,
        _ => throw new InvalidOperationException(),
    };

    private static async Task<ReadOnlyMemory<byte>> EvidenceAsync(IEvidenceProvider provider) =>
        await provider.GetEvidenceAsync(ReportData, CancellationToken.None);

    private IEvidenceProvider Provider(Tee tee) =>
        SimulatedEvidenceProvider.Create(fixture.Platform, tee, fixture.Measurement, TimeProvider.System);

    private async Task<Verdict> VerifyAsync(Tee tee, ReadOnlyMemory<byte> evidence, TrustRoots roots)
    {
        var source = new SimulatedCollateralSource(fixture.Platform, TimeProvider.System);
        var policy = EvidencePolicy.EvidenceOnly;
        var now = DateTimeOffset.UtcNow;
        using var json = JsonDocument.Parse(evidence);
        if (tee is Tee.Snp)
        {
            Assert.True(KbsEvidence.TryReadSnp(json.RootElement, out var snp, out var snpError), snpError);
            var endorsements = await source.FindSnpEndorsementsAsync(SnpEndorsementQuery.TryCreate(snp.Report)!, CancellationToken.None);
            return SnpReportVerifier.Verify(snp.Report, endorsements!, roots, now, policy);
        }

        byte[] quote;
        if (tee is Tee.Sgx)
        {
            Assert.True(KbsEvidence.TryReadSgx(json.RootElement, out quote!, out var error), error);
        }
        else
        {
            Assert.True(KbsEvidence.TryReadTdx(json.RootElement, out var tdx, out var error), error);
            quote = tdx.Quote;
        }

        var collateral = await source.FindDcapCollateralAsync(DcapCollateralQuery.TryCreate(quote)!, CancellationToken.None);
        return QuoteVerifier.Verify(quote, collateral!, roots, now, policy);
    }
}
