using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Simulator;
using Casemate.Simulator.Dcap;
using Casemate.Simulator.Pki;

namespace Casemate.Attestation.Tests;

/// <summary>A cache saves work and nothing else: it stays bounded, stands for exact bytes, and changes no verdict.</summary>
public sealed class VerificationCacheTests
{
    private static readonly Lazy<(byte[] Quote, DcapCollateral Collateral)[]> s_quotes = new(() => [.. Scenarios().Select(
        dcap => (dcap.QuoteTdx(Simulated.Td, new byte[64], 5), dcap.Collateral(Tee.Tdx, Simulated.Noon)))]);

    private static readonly Lazy<(byte[] Report, SnpEndorsements Endorsements)[]> s_reports = new(() =>
    [
        .. new[]
        {
            Simulated.Milan,
            Simulated.Milan.With(s => s with { Signers = s.Signers with { Vek = SignedBy.Stranger } }),
            Simulated.Milan.With(s => s with { Revoked = [Simulator.Snp.SnpCertificate.Ask] }),
            Simulated.Milan.With(s => s with { Signers = s.Signers with { Report = SignedBy.Stranger } }),
        }.Select(snp => (snp.Report(Simulated.Guest, new byte[64]), snp.Endorsements(Simulated.Noon))),
    ]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4096)]
    public void GivesTheVerdictOfNoCache_WhateverCameBefore(int capacity)
    {
        var random = new Random(20261124);
        var cache = new VerificationCache(capacity, capacity, capacity, capacity);
        var (accepted, refused) = (0, 0);
        DateTimeOffset[] instants = [Simulated.Noon, Simulated.Noon.AddDays(40), Simulated.Noon.AddDays(-3), Simulated.Noon.AddYears(30)];
        TrustRoots[] roots = [Simulated.Roots, TrustRoots.Production];
        EvidencePolicy[] policies = [EvidencePolicy.EvidenceOnly, EvidencePolicy.Default];
        for (var i = 0; i < 400; i++)
        {
            var at = random.Next(3) > 0 ? instants[0] : instants[random.Next(4)];
            var (trusted, policy) = (roots[random.Next(4) / 3], policies[random.Next(4) / 3]);
            Verdict cold, warm;
            if (random.Next(4) > 0)
            {
                // A quote with the collateral of another scenario now and then, or with one byte of its own changed.
                var (quote, collateral) = s_quotes.Value[random.Next(s_quotes.Value.Length)];
                collateral = random.Next(4) > 0 ? collateral : s_quotes.Value[random.Next(s_quotes.Value.Length)].Collateral;
                quote = random.Next(3) > 0 ? quote : Changed(quote, random);
                cold = QuoteVerifier.Verify(quote, collateral, trusted, at, policy);
                warm = QuoteVerifier.Verify(quote, collateral, trusted, at, policy, cache);
            }
            else
            {
                var (report, endorsements) = s_reports.Value[random.Next(s_reports.Value.Length)];
                endorsements = random.Next(4) > 0 ? endorsements : s_reports.Value[random.Next(s_reports.Value.Length)].Endorsements;
                report = random.Next(3) > 0 ? report : Changed(report, random);
                cold = SnpReportVerifier.Verify(report, endorsements, trusted, at, policy);
                warm = SnpReportVerifier.Verify(report, endorsements, trusted, at, policy, cache);
            }

            Assert.Equal<Check>(cold.Checks, warm.Checks);
            Assert.Equal((cold.Accepted, cold.Simulated, cold.TcbStatus), (warm.Accepted, warm.Simulated, warm.TcbStatus));
            _ = cold.Accepted ? accepted++ : refused++;
        }

        Assert.True(accepted > 20 && refused > 100, $"{accepted} accepted, {refused} refused: the run is one-sided");
    }

    [Fact]
    public void NeverTurnsAFailureIntoAPass_WhenOneByteBehindAKeyChanges()
    {
        var (quote, collateral) = (Simulated.Dcap.QuoteTdx(Simulated.Td, new byte[64]), Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon));
        var cache = new VerificationCache();
        Assert.True(Verify(quote, collateral, cache).Accepted);
        var random = new Random(20261125);
        for (var i = 0; i < 12; i++)
        {
            DcapCollateral[] changed =
            [
                collateral with { TcbInfo = collateral.TcbInfo with { Body = Changed(collateral.TcbInfo.Body.ToArray(), random) } },
                collateral with { TcbInfo = collateral.TcbInfo with { Signature = Changed(collateral.TcbInfo.Signature.ToArray(), random) } },
                collateral with { QeIdentity = collateral.QeIdentity with { Body = Changed(collateral.QeIdentity.Body.ToArray(), random) } },
                collateral with { QeIdentity = collateral.QeIdentity with { Signature = Changed(collateral.QeIdentity.Signature.ToArray(), random) } },
                collateral with { RootCaCrl = Changed(collateral.RootCaCrl.ToArray(), random) },
                collateral with { PckCrl = Changed(collateral.PckCrl.ToArray(), random) },
            ];
            Assert.All(changed, c => Assert.False(Verify(quote, c, cache).Accepted));
            var signed = Changed(quote[..632], random);
            Assert.False(Verify([.. signed, .. quote[632..]], collateral, cache).Accepted);
            Assert.True(Verify(quote, collateral, cache).Accepted);
        }
    }

    [Fact]
    public void KeepsNoFailure()
    {
        var cache = new VerificationCache();
        var stranger = Simulated.Dcap.With(s => s with { Signers = s.Signers with { Pck = SignedBy.Stranger } });

        Verify(stranger.QuoteTdx(Simulated.Td, new byte[64]), stranger.Collateral(Tee.Tdx, Simulated.Noon), cache);

        Assert.Equal((0, 0), (cache.PckChains.Count, cache.Collaterals.Count));

        var forged = Simulated.Dcap.With(s => s with { Signers = s.Signers with { QeReport = SignedBy.Stranger, TcbInfo = SignedBy.Stranger } });
        Verify(forged.QuoteTdx(Simulated.Td, new byte[64]), forged.Collateral(Tee.Tdx, Simulated.Noon), cache);
        Assert.Equal((1, 0, 0), (cache.PckChains.Count, cache.AttestationKeys.Count, cache.Collaterals.Count));
    }

    [Fact]
    public void KeepsNothing_OfAChainUnderNoAcceptedRoot()
    {
        // Else anybody could push the entries of good platforms out with chains of his own making.
        var cache = new VerificationCache();
        var (quote, collateral) = s_quotes.Value[0];
        QuoteVerifier.Verify(quote, collateral, TrustRoots.Production, Simulated.Noon, EvidencePolicy.EvidenceOnly, cache);
        var (report, endorsements) = s_reports.Value[0];
        SnpReportVerifier.Verify(report, endorsements, TrustRoots.Production, Simulated.Noon, EvidencePolicy.EvidenceOnly, cache);

        Assert.Equal(0, cache.PckChains.Count + cache.AttestationKeys.Count + cache.Collaterals.Count + cache.Veks.Count + cache.SnpIssuers.Count);
    }

    [Fact]
    public void StaysBounded_OverMorePlatformsThanItHolds()
    {
        var cache = new VerificationCache(pckChains: 4, attestationKeys: 4, collaterals: 4, veks: 4);
        for (var i = 0; i < 24; i++)
        {
            var dcap = Simulated.Dcap.With(s => s with { Machine = s.Machine with { Ppid = [(byte)i, .. new byte[15]] } });
            Assert.True(Verify(dcap.QuoteTdx(Simulated.Td, new byte[64]), dcap.Collateral(Tee.Tdx, Simulated.Noon.AddDays(-(i % 12))), cache).Accepted);
        }

        Assert.InRange(cache.PckChains.Count, 1, 4);
        Assert.InRange(cache.AttestationKeys.Count, 1, 4);
        Assert.InRange(cache.Collaterals.Count, 1, 4);
    }

    private static IEnumerable<SimulatedDcap> Scenarios()
    {
        yield return Simulated.Dcap;
        foreach (var change in new Func<DcapScenario, DcapScenario>[]
        {
            s => s with { Machine = s.Machine with { PceSvn = 12 } },
            s => s with { CertificationDataType = 3 },
            s => s with { CertificationDataType = 4 },
            s => s with { Signers = s.Signers with { Pck = SignedBy.Stranger } },
            s => s with { Signers = s.Signers with { QeReport = SignedBy.Stranger } },
            s => s with { Signers = s.Signers with { Quote = SignedBy.Stranger } },
            s => s with { Signers = s.Signers with { TcbInfo = SignedBy.Stranger } },
            s => s with { Revoked = [DcapCertificate.Pck] },
            s => s with { Revoked = [DcapCertificate.TcbSigner] },
            s => s with { TdxTcbInfo = s.TdxTcbInfo.WithNewestLevel("Revoked") },
            s => s with { TdQuotingEnclave = s.TdQuotingEnclave with { IsvSvn = 4 } },
            s => s with { QeReportPatches = [new BytePatch(320 + 40, [1])] },
        })
        {
            yield return Simulated.Dcap.With(change);
        }
    }

    private static byte[] Changed(byte[] bytes, Random random)
    {
        var copy = (byte[])bytes.Clone();
        copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        return copy;
    }

    private static Verdict Verify(byte[] quote, DcapCollateral collateral, VerificationCache? cache) =>
        QuoteVerifier.Verify(quote, collateral, Simulated.Roots, Simulated.Noon, EvidencePolicy.EvidenceOnly, cache);
}
