using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Nvidia;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;
using Casemate.Attestation.Tests;
using Casemate.Attestation.Tests.Azure;
using Casemate.Attestation.Tests.Cose;
using Casemate.Attestation.Tests.Nvidia;
using Casemate.Primitives.Cose;
using Casemate.Testing;

namespace Casemate.Fuzz.Flips;

/// <content>What wraps or accompanies hardware evidence.</content>
public static partial class FlipSubjects
{
    private const int HclReportOffset = 0x20;
    private const int HclRuntimeOffset = 0x4C0;

    private static IEnumerable<FlipSubject> AzureVms()
    {
        var milan = CorpusCase.Get("azure-hcl-milan-vtpm");
        var chain = Certificates(milan.File("vcek-chain.pem"));
        var real = new SnpEndorsements { Vek = chain[0], Ask = chain[1], Ark = chain[2] };
        var v1 = new JsonObject
        {
            ["version"] = 1,
            ["tpm_quote"] = JsonNode.Parse(milan.File("tpm-quote-v1.json")),
            ["hcl_report"] = System.Buffers.Text.Base64Url.EncodeToString(milan.File("hcl-report.bin")),
            ["vcek"] = System.Buffers.Text.Base64Url.EncodeToString(chain[0]),
        };
        var simulated = new AzureVm();
        return
        [
            .. AzureOnSnp("azure-hcl-milan-vtpm", AzureEvidenceOf(Encoding.UTF8.GetBytes(v1.ToJsonString())), real, TrustRoots.Production, milan.VerifyAt),
            .. AzureOnSnp(
                "azure-snp-evidence-v2", AzureEvidenceOf(RealEvidence.AzureSnpEvidenceV2), real, TrustRoots.Production,
                new DateTimeOffset(2025, 11, 1, 0, 0, 0, TimeSpan.Zero)),
            .. AzureOnSnp("simulated Azure VM on SNP", simulated.OnSnp(), Simulated.Milan.Endorsements(Simulated.Noon), Simulated.Roots, Simulated.Noon),
            .. AzureOnTdx("simulated Azure VM on TDX", simulated.OnTdx()),
        ];
    }

    private static IEnumerable<FlipSubject> AzureOnSnp(
        string name, AzureEvidence evidence, SnpEndorsements endorsements, TrustRoots roots, DateTimeOffset at)
    {
        var policy = AzurePolicy(evidence);
        var cache = new VerificationCache();
        FlipOutcome Verify(AzureEvidence changed, VerificationCache? c) =>
            Of(AzureVerifier.Verify(changed, endorsements, roots, at, policy, c));

        foreach (var subject in AzureParts(name, evidence, Verify, cache))
        {
            yield return subject;
        }

        var vcek = evidence.Vcek!.Value;
        yield return new FlipSubject(
            $"{name}, VCEK", vcek.ToArray(), new FlipLayout(vcek.ToArray()).Rest(FlipRegions.Vek).Parts,
            (b, c) => Verify(evidence with { Vcek = b }, c))
        {
            SaysTheSame = changed => SameCertificate(vcek.Span, changed),
            Cache = cache,
        };
    }

    private static IEnumerable<FlipSubject> AzureOnTdx(string name, AzureEvidence evidence)
    {
        var collateral = Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon);
        var policy = AzurePolicy(evidence);
        var cache = new VerificationCache();
        FlipOutcome Verify(AzureEvidence changed, VerificationCache? c) =>
            Of(AzureVerifier.Verify(changed, collateral, Simulated.Roots, Simulated.Noon, policy, c));

        foreach (var subject in AzureParts(name, evidence, Verify, cache))
        {
            yield return subject;
        }

        var quote = evidence.TdQuote!.Value.ToArray();
        var size = QuoteOf(quote).SignedBytes.Length;
        yield return new FlipSubject(
            $"{name}, TD quote", quote, new FlipLayout(quote).Add(FlipRegions.AzureTdQuote, size).Parts,
            (b, c) => Verify(evidence with { TdQuote = b }, c))
        {
            Cache = cache,
        };
    }

    private static IEnumerable<FlipSubject> AzureParts(
        string name, AzureEvidence evidence, Func<AzureEvidence, VerificationCache?, FlipOutcome> verify, VerificationCache cache)
    {
        var hcl = evidence.HclReport.ToArray();
        if (!HclReport.TryRead(hcl, out var report, out var error))
        {
            throw new InvalidDataException(error);
        }

        var onSnp = report.Tee is Tee.Snp;
        var layout = new FlipLayout(hcl).Add(FlipRegions.HclHeader, HclReportOffset);
        layout = onSnp ? layout.Add(FlipRegions.HclHardwareReport, SnpReport.Size) : layout.Add(FlipRegions.HclTdReport, HclRuntimeOffset - HclReportOffset);
        layout.Add(FlipRegions.HclRuntimeHeader, hcl.Length - report.TrailingBytes - report.RuntimeData.Length - layout.End)
            .Add(FlipRegions.HclRuntimeData, report.RuntimeData).Rest(FlipRegions.HclTrailing);
        var (signedStart, signedEnd, end) = (HclReportOffset, HclRuntimeOffset, hcl.Length - report.TrailingBytes);
        yield return new FlipSubject(
            $"{name}, HCL report", hcl, layout.Parts, (b, c) => verify(evidence with { HclReport = b }, c))
        {
            // What no check reads: a TDREPORT, and what follows the runtime data.
            SaysTheSame = changed => hcl.AsSpan(0, signedStart).SequenceEqual(changed.AsSpan(0, signedStart))
                && hcl.AsSpan(signedEnd..end).SequenceEqual(changed.AsSpan(signedEnd..end))
                && (!onSnp || hcl.AsSpan(signedStart..signedEnd).SequenceEqual(changed.AsSpan(signedStart..signedEnd))),
            Cache = cache,
        };
        yield return Whole("TPMS_ATTEST", evidence.Quote.Message, FlipRegions.TpmMessage, b => evidence with { Quote = evidence.Quote with { Message = b } });
        yield return Whole("TPM signature", evidence.Quote.Signature, FlipRegions.TpmSignature, b => evidence with { Quote = evidence.Quote with { Signature = b } });
        for (var i = 0; i < evidence.Quote.Pcrs.Length; i++)
        {
            var pcr = i;
            yield return Whole(
                $"PCR {i}", evidence.Quote.Pcrs[i], FlipRegions.Pcr,
                b => evidence with { Quote = evidence.Quote with { Pcrs = evidence.Quote.Pcrs.SetItem(pcr, b) } });
        }

        FlipSubject Whole(string what, ReadOnlyMemory<byte> bytes, FlipRegion region, Func<byte[], AzureEvidence> with) => new(
            $"{name}, {what}", bytes.ToArray(), new FlipLayout(bytes.ToArray()).Rest(region).Parts,
            (b, c) => verify(with(b), c))
        {
            Cache = cache,
        };
    }

    // The nonce of each evidence is what its own TPM quoted.
    private static EvidencePolicy AzurePolicy(AzureEvidence evidence)
    {
        if (!TpmQuote.TryRead(evidence.Quote.Message.Span, out var quote, out var error))
        {
            throw new InvalidDataException(error);
        }

        byte[] nonce = [.. quote.ExtraData, .. new byte[64 - quote.ExtraData.Length]];
        return Lenient with { AcceptUnboundEvidence = false, ReportData = nonce };
    }

    private static IEnumerable<FlipSubject> Endorsements()
    {
        var publisher = new ImagePublisher();
        foreach (var (name, message, did, at) in (IEnumerable<(string, byte[], string?, DateTimeOffset)>)
        [
            ("uvm-reference-info", RealEvidence.UvmReferenceInfo, null, new DateTimeOffset(2024, 11, 20, 0, 0, 0, TimeSpan.Zero)),
            ("simulated endorsement", publisher.Endorse().Message, null, Simulated.Noon),
        ])
        {
            var original = CoseSign1.TryRead(message, out var read, out var error) ? read : throw new InvalidDataException(error);
            var policy = new GuestImagePolicy
            {
                Signers = [new TrustedImageSigner(did ?? original.FindText("iss")!, original.FindText("feed")!, 1)],
            };
            yield return new FlipSubject(
                name, message, LayCose(message, original).Parts, (b, _) =>
                {
                    var verdict = GuestImageVerifier.Verify(b, at, policy);
                    return new FlipOutcome(verdict.Accepted, verdict.Endorsement is not null, verdict.Checks);
                })
            {
                SaysTheSame = changed => CoseSign1.TryRead(changed, out var after, out _)
                    && after.ToBeSigned().AsSpan().SequenceEqual(original.ToBeSigned()) && after.Signature.Span.SequenceEqual(original.Signature.Span),
            };
        }
    }

    private static FlipLayout LayCose(byte[] message, CoseSign1 read)
    {
        int At(ReadOnlyMemory<byte> part) => message.AsSpan().LastIndexOf(part.Span);
        var (header, payload, signature) = (At(read.ProtectedHeader), At(read.Payload), At(read.Signature));
        var layout = new FlipLayout(message).Add(FlipRegions.CoseFrame, header).Add(FlipRegions.CoseProtected, read.ProtectedHeader.Length);

        // Between header and payload: the unprotected header, then the payload's own length.
        var before = SizeOfLength(read.Payload.Length);
        return layout.Add(FlipRegions.CoseUnprotected, payload - before - layout.End).Add(FlipRegions.CoseFrame, before)
            .Add(FlipRegions.CosePayload, read.Payload.Length)
            .Add(FlipRegions.CoseFrame, signature - payload - read.Payload.Length).Add(FlipRegions.CoseSignature, read.Signature.Length);

        static int SizeOfLength(int length) => length < 24 ? 1 : length < 256 ? 2 : 3;
    }

    private static IEnumerable<FlipSubject> Gpus()
    {
        var number = 0;
        var at = CorpusCase.Get("hopper-report").VerifyAt;
        IEnumerable<(string, byte[], byte[], byte[], GpuTrustRoots, DateTimeOffset)> cases =
        [
            .. RealEvidence.GpuReports.Select(r => ($"hopper-report {++number}", r.Report, r.ChainPem, r.Nonce, GpuTrustRoots.Production, at)),
            ("simulated GPU", new GpuDevice().Report(), Encoding.ASCII.GetBytes(new GpuDevice().ChainPem()), GpuDevice.Nonce, GpuDevice.Roots, Simulated.Noon),
        ];
        foreach (var (name, report, chain, nonce, roots, now) in cases)
        {
            var policy = new GpuPolicy { Nonce = nonce, AcceptUnknownRevocation = true, AcceptAnyMeasurements = true };
            FlipOutcome Verify(byte[] changedReport, byte[] changedChain)
            {
                var verdict = GpuReportVerifier.Verify(changedReport, changedChain, roots, now, policy);
                return new FlipOutcome(verdict.Accepted, verdict.Claims is not null, verdict.Checks);
            }

            if (!GpuReport.TryRead(report, out var read, out var error))
            {
                throw new InvalidDataException(error);
            }

            yield return new FlipSubject(
                name, report,
                new FlipLayout(report).Add(FlipRegions.GpuSigned, read.SignedBytes).Add(FlipRegions.GpuSignature, read.Signature)
                    .Rest(FlipRegions.GpuTrailing).Parts,
                (b, _) => Verify(b, chain));
            yield return new FlipSubject(
                $"{name}, chain", chain, new FlipLayout(chain).AddPem(chain.Length, _ => FlipRegions.GpuCertificates).Parts,
                (b, _) => Verify(report, b))
            {
                SaysTheSame = changed => FlipLayout.SameCertificates(chain, changed),
            };
        }
    }

    private static IEnumerable<FlipSubject> EventLogs()
    {
        var log = EventLogWriter.Ovmf().ToArray();
        var original = ReadLog(log) ?? throw new InvalidDataException("not an event log");
        var quote = Simulated.Dcap.QuoteTdx(Simulated.Td with { Rtmrs = original.Replay() }, new byte[64]);
        var collateral = Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon);
        var policy = Lenient with { Tdx = Lenient.Tdx with { EventLog = new EventLogPolicy { Rtmrs = [0, 1, 2, 3] } } };
        yield return new FlipSubject(
            "rebuilt OVMF log", log, new FlipLayout(log).Rest(FlipRegions.EventLog).Parts,
            (b, c) => Of(EventLogVerifier.Verify(quote, b, collateral, Simulated.Roots, Simulated.Noon, policy, c)))
        {
            SaysTheSame = changed => ReadLog(changed) is { } after && SameExtensions(original, after),
        };
    }

    private static CcEventLog? ReadLog(byte[] bytes) => CcEventLog.TryRead(bytes, out var log, out _) ? log : null;

    private static bool SameExtensions(CcEventLog before, CcEventLog after) => Enumerable.Range(0, 4).All(rtmr =>
        before.Events.Where(e => e.Rtmr == rtmr).Select(e => Convert.ToHexString(e.Digest.Span))
            .SequenceEqual(after.Events.Where(e => e.Rtmr == rtmr).Select(e => Convert.ToHexString(e.Digest.Span))));

    private static AzureEvidence AzureEvidenceOf(byte[] json) =>
        AzureEvidence.TryRead(json, Tee.Snp, out var evidence, out var error) ? evidence : throw new InvalidDataException(error);

    private static List<byte[]> Certificates(byte[] pem) => PemCertificates.TryRead(pem, out var certificates, out var error)
        ? [.. certificates.Select(c => c.Der.ToArray())]
        : throw new InvalidDataException(error);
}
