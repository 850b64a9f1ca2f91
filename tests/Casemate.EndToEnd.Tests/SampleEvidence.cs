using Casemate.Attestation.ConfidentialContainers;
using Casemate.Quoting;

namespace Casemate.EndToEnd.Tests;

/// <summary>Evidence that anybody can write.</summary>
internal sealed class SampleEvidence : IEvidenceProvider
{
    public string Tee => KbsTee.Sample;

    // The protocol's sample carries the digest alone, without the zeros that fill hardware's report data.
    public ValueTask<ReadOnlyMemory<byte>> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken) =>
        ValueTask.FromResult<ReadOnlyMemory<byte>>(KbsEvidence.WriteSample(reportData.Span[..KbsRuntimeData.DigestSize]));
}
