using System.Text;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Nvidia;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Tdx;
using Casemate.Attestation.Tests.Azure;
using Casemate.Attestation.Tests.Cose;
using Casemate.Attestation.Tests.Nvidia;
using Casemate.Primitives.Cose;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>
/// What wraps or accompanies hardware evidence, changed at every byte or at thousands of random places: never an exception, and never
/// accepted unless what was changed is something that nobody reads. The seed is fixed.
/// </summary>
public sealed class WrappedMutationTests
{
    private static readonly EvidencePolicy s_policy = EvidencePolicy.EvidenceOnly with
    {
        AcceptUnboundEvidence = false,
        ReportData = AzureVm.NonceAsReportData,
        Vtpm = new VtpmPolicy { RequireUserData = true },
    };

    [Fact]
    public void RefusesEveryMutatedByte_OfAzureSnpEvidence()
    {
        var evidence = new AzureVm().OnSnp();
        var endorsements = Simulated.Milan.Endorsements(Simulated.Noon);
        var cache = new VerificationCache();
        bool Accepts(AzureEvidence changed) =>
            AzureVerifier.Verify(changed, endorsements, Simulated.Roots, Simulated.Noon, s_policy, cache).Accepted;

        Assert.True(Accepts(evidence), "the unchanged evidence must be accepted, or the test proves nothing");
        AssertEveryFlip("HCL report", evidence.HclReport, EndOfRuntimeData(evidence), b => Accepts(evidence with { HclReport = b }));
        AssertEveryFlip("quote", evidence.Quote.Message, null, b => Accepts(evidence with { Quote = evidence.Quote with { Message = b } }));
        AssertEveryFlip(
            "signature", evidence.Quote.Signature, null, b => Accepts(evidence with { Quote = evidence.Quote with { Signature = b } }));
        AssertEveryFlip("VCEK", evidence.Vcek!.Value, null, b => Accepts(evidence with { Vcek = b }));
        for (var i = 0; i < evidence.Quote.Pcrs.Length; i++)
        {
            var pcr = i;
            AssertEveryFlip($"PCR{i}", evidence.Quote.Pcrs[i], null, b => Accepts(
                evidence with { Quote = evidence.Quote with { Pcrs = evidence.Quote.Pcrs.SetItem(pcr, b) } }));
        }
    }

    [Fact]
    public void RefusesEveryMutatedByte_OfAzureTdxEvidence_ThatIsRead()
    {
        var evidence = new AzureVm().OnTdx();
        var collateral = Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon);
        var cache = new VerificationCache();
        bool Accepts(AzureEvidence changed) =>
            AzureVerifier.Verify(changed, collateral, Simulated.Roots, Simulated.Noon, s_policy, cache).Accepted;

        Assert.True(Accepts(evidence));

        // The quote speaks for the TD; the TDREPORT at 0x20, which only its own machine could verify, is not read.
        AssertEveryFlip(
            "HCL report", evidence.HclReport, EndOfRuntimeData(evidence), b => Accepts(evidence with { HclReport = b }),
            at => at is >= 0x20 and < 0x4C0);
        var body = evidence.TdQuote!.Value[..700];
        AssertEveryFlip(
            "TD quote", body, null, b => Accepts(evidence with { TdQuote = (byte[])[.. b, .. evidence.TdQuote.Value[700..].Span] }));
    }

    [Fact]
    public void RefusesMutatedJson_OfAzureEvidence_UnlessItSaysTheSame()
    {
        var original = new AzureVm().OnSnp();
        var json = original.Write();
        var endorsements = Simulated.Milan.Endorsements(Simulated.Noon);
        var cache = new VerificationCache();
        var (accepted, random) = (0, new Random(20260401));
        for (var i = 0; i < 6000; i++)
        {
            var mutated = Mutate(json, random);
            if (!AzureEvidence.TryRead(mutated, Tee.Snp, out var evidence, out _)
                || !AzureVerifier.Verify(evidence, endorsements, Simulated.Roots, Simulated.Noon, s_policy, cache).Accepted)
            {
                continue;
            }

            accepted++;
            Assert.True(SaysTheSame(original, evidence), $"mutation {i} changed the evidence, still accepted");
        }

        Assert.InRange(accepted, 10, 2000);
    }

    [Fact]
    public void RefusesMutatedEventLogs_UnlessTheyExtendTheSame()
    {
        var log = EventLogWriter.Ovmf().ToArray();
        var original = Extensions(log);
        Assert.True(CcEventLog.TryRead(log, out var parsed, out _));
        var td = Simulated.Td with { Rtmrs = parsed.Replay() };
        var (quote, collateral) = (Simulated.Dcap.QuoteTdx(td, new byte[64]), Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon));
        var policy = EvidencePolicy.EvidenceOnly with { Tdx = new TdxPolicy { EventLog = new EventLogPolicy { Rtmrs = [0, 1, 2, 3] } } };
        var cache = new VerificationCache();
        bool Accepts(byte[] changed) =>
            EventLogVerifier.Verify(quote, changed, collateral, Simulated.Roots, Simulated.Noon, policy, cache).Accepted;

        Assert.True(Accepts(log));
        var accepted = 0;
        foreach (var mutated in EveryFlip(log).Concat(RandomMutations(log, 2000)))
        {
            if (Accepts(mutated))
            {
                accepted++;
                Assert.Equal(original, Extensions(mutated));
            }
        }

        Assert.InRange(accepted, 100, log.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RefusesEveryMutatedEndorsement_UnlessTheUnsignedPartChanged(bool real)
    {
        var (message, did) = real ? (RealEvidence.UvmReferenceInfo, "") : new ImagePublisher().Endorse();
        Assert.True(CoseSign1.TryRead(message, out var original, out _));
        var now = real ? new DateTimeOffset(2024, 11, 20, 0, 0, 0, TimeSpan.Zero) : Simulated.Noon;
        var signer = new TrustedImageSigner(real ? original.FindText("iss")! : did, original.FindText("feed")!, 1);
        var policy = new GuestImagePolicy { Signers = [signer] };
        bool Accepts(byte[] changed) => GuestImageVerifier.Verify(changed, now, policy).Accepted;

        Assert.True(Accepts(message));
        foreach (var mutated in (real ? [] : EveryFlip(message)).Concat(RandomMutations(message, 3000)))
        {
            if (Accepts(mutated))
            {
                Assert.True(CoseSign1.TryRead(mutated, out var changed, out _));
                Assert.Equal(original.ToBeSigned(), changed.ToBeSigned());
                Assert.Equal(original.Signature.ToArray(), changed.Signature.ToArray());
            }
        }
    }

    [Fact]
    public void RefusesEveryMutatedByte_OfAGpusReport()
    {
        var (report, chain) = (new GpuDevice().Report(), Encoding.ASCII.GetBytes(new GpuDevice().ChainPem()));
        var policy = new GpuPolicy { Nonce = GpuDevice.Nonce, AcceptUnknownRevocation = true, AcceptAnyMeasurements = true };
        bool Accepts(byte[] changedReport, byte[] changedChain) =>
            GpuReportVerifier.Verify(changedReport, changedChain, GpuDevice.Roots, Simulated.Noon, policy).Accepted;

        Assert.True(Accepts(report, chain));
        AssertEveryFlip("report", report, null, b => Accepts(b, chain));
        foreach (var mutated in EveryFlip(chain).Concat(RandomMutations(chain, 1000)))
        {
            Assert.True(!Accepts(report, mutated) || SameCertificates(chain, mutated), "another chain is accepted");
        }

        var (realReport, realChain, nonce) = RealEvidence.GpuReports.First();
        var at = CorpusCase.Get("hopper-report").VerifyAt;
        foreach (var mutated in RandomMutations(realReport, 500))
        {
            var verdict = GpuReportVerifier.Verify(mutated, realChain, GpuTrustRoots.Production, at, policy with { Nonce = nonce });
            Assert.False(verdict.Accepted && !mutated.AsSpan().StartsWith(realReport), "a changed report is accepted");
        }
    }

    [Fact]
    public void NeverThrows_OnNonsense()
    {
        var random = new Random(20260402);
        var endorsements = Simulated.Milan.Endorsements(Simulated.Noon);
        var collateral = Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon);
        var quote = Simulated.Dcap.QuoteTdx(Simulated.Td, new byte[64]);
        for (var i = 0; i < 1000; i++)
        {
            var nonsense = new byte[random.Next(0, 3000)];
            random.NextBytes(nonsense);
            var evidence = new AzureEvidence
            {
                Version = 2,
                HclReport = nonsense,
                Quote = new VtpmQuote(nonsense, nonsense, [nonsense]),
                Vcek = nonsense,
                TdQuote = nonsense,
            };
            Assert.False(AzureVerifier.Verify(evidence, endorsements, Simulated.Roots, Simulated.Noon, s_policy).Accepted);
            Assert.False(AzureVerifier.Verify(evidence, collateral, Simulated.Roots, Simulated.Noon, s_policy).Accepted);
            Assert.False(EventLogVerifier.Verify(quote, nonsense, collateral, Simulated.Roots, Simulated.Noon, s_policy).Accepted);
            Assert.False(GuestImageVerifier.Verify(nonsense, Simulated.Noon, new GuestImagePolicy()).Accepted);
            Assert.False(GpuReportVerifier.Verify(nonsense, nonsense, GpuTrustRoots.Production, Simulated.Noon, new GpuPolicy()).Accepted);
        }
    }

    private static int EndOfRuntimeData(AzureEvidence evidence)
    {
        Assert.True(HclReport.TryRead(evidence.HclReport.Span, out var report, out _));
        return evidence.HclReport.Length - report.TrailingBytes;
    }

    private static void AssertEveryFlip(
        string name, ReadOnlyMemory<byte> bytes, int? end, Func<byte[], bool> accepts, Func<int, bool>? isUnread = null)
    {
        var original = bytes.ToArray();
        for (var at = 0; at < (end ?? original.Length); at++)
        {
            var mutated = (byte[])original.Clone();
            mutated[at] ^= (byte)(1 << (at & 7));
            Assert.True(accepts(mutated) == (isUnread?.Invoke(at) ?? false), $"{name}: byte {at} flipped");
        }

        for (var length = 0; length < (end ?? original.Length); length += 13)
        {
            Assert.False(accepts(original[..length]), $"{name}: cut to {length} bytes, still accepted");
        }
    }

    private static IEnumerable<byte[]> EveryFlip(byte[] bytes) => Enumerable.Range(0, bytes.Length).Select(at =>
    {
        var mutated = (byte[])bytes.Clone();
        mutated[at] ^= (byte)(1 << (at & 7));
        return mutated;
    });

    private static IEnumerable<byte[]> RandomMutations(byte[] bytes, int count)
    {
        var random = new Random(bytes.Length);
        return Enumerable.Range(0, count).Select(_ => Mutate(bytes, random));
    }

    // A byte replaced, removed or doubled, or the end cut off.
    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length);
        switch (random.Next(6))
        {
            case 0:
                return [.. bytes[..at], .. bytes[(at + 1)..]];
            case 1:
                return [.. bytes[..at], bytes[at], .. bytes[at..]];
            case 2:
                return bytes[..at];
            default:
                var mutated = (byte[])bytes.Clone();
                mutated[at] = (byte)random.Next(256);
                return mutated;
        }
    }

    // The version says only which checks the guest expects; the policy here asks all of them. Nobody reads what follows the runtime data.
    private static bool SaysTheSame(AzureEvidence expected, AzureEvidence actual) =>
        expected.HclReport.Span[..EndOfRuntimeData(expected)].SequenceEqual(actual.HclReport.Span[..EndOfRuntimeData(actual)])
        && expected.Quote.Message.Span.SequenceEqual(actual.Quote.Message.Span)
        && expected.Quote.Signature.Span.SequenceEqual(actual.Quote.Signature.Span)
        && expected.Vcek!.Value.Span.SequenceEqual(actual.Vcek!.Value.Span)
        && expected.Quote.Pcrs.Select(Convert.ToHexString).SequenceEqual(actual.Quote.Pcrs.Select(Convert.ToHexString));

    private static List<(int Rtmr, string Digest)> Extensions(byte[] log)
    {
        Assert.True(CcEventLog.TryRead(log, out var parsed, out _));
        return [.. parsed.Events.Where(e => e.Rtmr is not null).OrderBy(e => e.Rtmr)
            .Select(e => (e.Rtmr!.Value, Convert.ToHexString(e.Digest.Span)))];
    }

    private static bool SameCertificates(byte[] original, byte[] mutated) =>
        PemCertificates.TryRead(original, out var before, out _) && PemCertificates.TryRead(mutated, out var after, out _)
        && before.Select(c => Convert.ToHexString(c.Der.Span)).SequenceEqual(after.Select(c => Convert.ToHexString(c.Der.Span)));
}
